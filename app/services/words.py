"""A catalogue name in a locale: the row's own words are English, the others stand in `translations`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.services.models import Service


def said_in(thing: Any, field: str, locale: str) -> str:
    """A text field of a group, service, attribute or department in a locale ("es", "es-MX").

    Falls back from the region to the language, and from there to the text as it stands in the row.
    """
    words = of_locale(thing.translations, locale).get(field)
    return str(words or getattr(thing, field) or "")


def value_said_in(value: Mapping[str, Any], field: str, locale: str) -> str:
    """A text of an answer (`name`) or of its `stop` (`message`) in a locale, with the same fallback."""
    words = of_locale(value.get("translations") or {}, locale).get(field)
    return str(words or value.get(field) or "")


def keywords_in(service: Service, locale: str) -> list[str]:
    """The words that people use for a service in one locale; the row's own where the locale has none."""
    return list(of_locale(service.translations, locale).get("keywords") or service.keywords)


def of_locale(translations: Mapping[str, Any], locale: str) -> Mapping[str, Any]:
    language = locale.replace("_", "-").partition("-")[0]
    return translations.get(locale) or translations.get(language) or {}
