"""Why something of a public report should not be public. Imports nothing but the marker of texts."""

from __future__ import annotations

from app.templating import mark

REASONS = {
    "person": mark("It shows a person, a name, a number or a license plate"),
    "offensive": mark("It insults or threatens somebody"),
    "untrue": mark("It is advertising, or not about this place"),
    "other": mark("Something else"),
}
