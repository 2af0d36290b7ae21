"""A browser by the name that its owner knows: "Firefox on Android", from its User-Agent."""

from __future__ import annotations

from app.templating import gettext, mark

# In this order: most browsers also say that they are the ones they descend from.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
ON = mark("%(browser)s on %(system)s")
UNKNOWN = mark("An unknown browser")


def device_of(user_agent: str) -> str:
    """ "Firefox|Android": the browser and its system, or empty."""
    browser = next((name for token, name in BROWSERS if token in user_agent), "")
    system = next((name for token, name in SYSTEMS if token in user_agent), "")
    return f"{browser}|{system}" if browser or system else ""


def device_said(device: str | None) -> str:
    """What `device_of` found, in the reader's words."""
    browser, _, system = (device or "").partition("|")
    if browser and system:
        return gettext(ON, browser=browser, system=system)
    return browser or system or gettext(UNKNOWN)
