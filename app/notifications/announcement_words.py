"""The lists that an announcement chooses from: the codes of CAP 1.2 in small letters, and what people read for them."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import mark


@dataclass(frozen=True, slots=True)
class Choice:
    """One value: as CAP 1.2 writes it, and as people read it."""

    cap: str
    label: str
    meaning: str = ""


# From the worst down.
SEVERITIES = {
    "extreme": Choice("Extreme", mark("Extreme"), mark("Life is in danger. A banner stands on every page.")),
    "severe": Choice("Severe", mark("Severe"), mark("Life or property may be hurt. A banner stands on every page.")),
    "moderate": Choice("Moderate", mark("Moderate"), mark("Some harm or trouble is possible.")),
    "minor": Choice("Minor", mark("Minor"), mark("Good to know: little or no harm.")),
}
# These stand in the banner.
URGENT = ("extreme", "severe")
CATEGORIES = {
    "met": Choice("Met", mark("Weather and flood")),
    "fire": Choice("Fire", mark("Fire")),
    "geo": Choice("Geo", mark("Earthquake or landslide")),
    "health": Choice("Health", mark("Health")),
    "env": Choice("Env", mark("Air, water or pollution")),
    "transport": Choice("Transport", mark("Streets and transport")),
    "infra": Choice("Infra", mark("Power, water and other utilities")),
    "safety": Choice("Safety", mark("Public safety")),
    "security": Choice("Security", mark("Police and security")),
    "rescue": Choice("Rescue", mark("Rescue")),
    "cbrne": Choice("CBRNE", mark("Chemical or explosive danger")),
    "other": Choice("Other", mark("Something else")),
}
URGENCIES = {
    "immediate": Choice("Immediate", mark("Act now")),
    "expected": Choice("Expected", mark("Act soon, within the hour")),
    "future": Choice("Future", mark("Act in the days to come")),
    "past": Choice("Past", mark("Nothing has to be done any more")),
    "unknown": Choice("Unknown", mark("Not known")),
}
CERTAINTIES = {
    "observed": Choice("Observed", mark("It has happened, or is happening")),
    "likely": Choice("Likely", mark("Likely")),
    "possible": Choice("Possible", mark("Possible, but not likely")),
    "unlikely": Choice("Unlikely", mark("Not expected")),
    "unknown": Choice("Unknown", mark("Not known")),
}
REACHES = {
    "all": mark("The whole city"),
    "areas": mark("Some areas"),
    "circle": mark("A circle around a place"),
}
PLACE_KINDS = {"shelter": mark("Shelter"), "closure": mark("Closed"), "help": mark("Help point")}
# What a message says of an announcement, as CAP 1.2 writes it.
MESSAGES = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}
