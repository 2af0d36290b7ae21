"""What other systems can be told of, as data. Imports nothing but the marker of texts."""

from __future__ import annotations

from app.templating import mark

HANDED_OVER = "work_order.handed_over"
TEST = "webhook.test"
# What a system may ask for. An order that was handed to it is told to it whatever it asks for.
EVENTS = {
    "work_order.made": mark("A work order was made"),
    "work_order.changed": mark("A work order was planned, begun or changed"),
    "work_order.done": mark("A work order is done"),
    "work_order.cancelled": mark("A work order was called off"),
    "request.received": mark("A report came in"),
    "request.status": mark("A report has a new status"),
    "request.updated": mark("Something else happened to a report"),
}
# Of these nobody asks.
BY_THEMSELVES = {HANDED_OVER: mark("An order was handed over"), TEST: mark("A test")}
