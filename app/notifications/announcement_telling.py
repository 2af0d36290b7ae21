"""What people are told of an announcement, and whom it concerns: for those who write deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from app.notifications.announcement_models import Announcement
from app.notifications.announcement_words import URGENT
from app.templating import gettext, mark, translated

TITLES = {
    "alert": "%(headline)s",
    "update": mark("Changed: %(headline)s"),
    "cancel": mark("No longer in force: %(headline)s"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One message about an announcement. `key` names it for ever, so that nobody is told twice.

    `reach` is "all", "areas" (then `areas` as (layer, code)) or "circle" (then `circle` as lat and long in decimal
    degrees WGS84, and metres). `urgent` does not wait for quiet hours to end.
    """

    key: str
    title: str
    text: str
    path: str
    urgent: bool
    reach: str
    areas: tuple[tuple[str, str], ...] = ()
    circle: tuple[float, float, float] | None = None


def told_of(announcement: Announcement) -> Told:
    """Its last message in the locale of the moment. Needs `messages` loaded."""
    message = announcement.messages[-1]
    withdrawn = message.kind == "cancel"
    parts = [translated(message, "note")] if withdrawn else []
    if not withdrawn:
        parts = [translated(announcement, "description"), translated(announcement, "instruction")]
    circle = None
    if announcement.lat is not None and announcement.long is not None and announcement.radius_m is not None:
        circle = (announcement.lat, announcement.long, announcement.radius_m)
    return Told(
        key=f"announcement:{announcement.id}:{message.version}",
        title=gettext(TITLES[message.kind], headline=translated(announcement, "headline")),
        text="\n\n".join(part for part in parts if part),
        path=f"/announcements/{announcement.id}",
        urgent=announcement.severity in URGENT and not withdrawn,
        reach=announcement.reach,
        areas=tuple((layer, code) for layer, code in announcement.areas),
        circle=circle,
    )
