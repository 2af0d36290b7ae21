"""Templates and words: Jinja with gettext, the locale of the moment, and how dates are said."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, negotiate_locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine

APP = Path(__file__).resolve().parent
BUILD = APP.parent / "static" / "build"
DEFAULT_LOCALE = "en"
LOCALES = {"en": "English", "es": "Español"}
# The language that somebody chose by hand.
LOCALE_COOKIE = "locale"
# Spanish as America writes it: "1,204.5". See frontend/src/numbers.ts.
NUMBERS = {"es": "es_419"}

current_locale: ContextVar[str] = ContextVar("current_locale", default=DEFAULT_LOCALE)
current_timezone: ContextVar[str] = ContextVar("current_timezone", default="UTC")


def gettext(message: str, /, **variables: Any) -> str:
    """`message` in the locale of the moment, with its `%(name)s` filled in."""
    said = translations(current_locale.get()).ugettext(message)
    return said % variables if variables else said


def ngettext(singular: str, plural: str, n: int, **variables: Any) -> str:
    said = translations(current_locale.get()).ungettext(singular, plural, n)
    return said % {"num": n, **variables}


def mark(message: str) -> str:
    """Marks a text for translation where it stands; whoever shows it passes it to `gettext`."""
    return message


@lru_cache
def translations(locale: str) -> NullTranslations:
    """The words of a locale, compiled from its .po file when first asked for."""
    path = APP / "locales" / locale / "LC_MESSAGES" / "messages.po"
    if locale == DEFAULT_LOCALE or not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return Translations(compiled)


def choose_locale(chosen: str | None, accept_language: str) -> str:
    """The locale for a request: the one chosen by hand, else the best of `Accept-Language` (RFC 9110 §12.5.4)."""
    if chosen in LOCALES:
        return chosen
    wanted: list[tuple[float, str]] = []
    for item in accept_language.split(",")[:20]:
        tag, _, quality = item.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            wanted.append((-weight, tag))
    tags = [tag for _, tag in sorted(wanted, key=lambda pair: pair[0])]
    return negotiate_locale(tags, list(LOCALES), sep="-") or DEFAULT_LOCALE


def local(instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(current_timezone.get()))


def say_day(instant: datetime) -> str:
    """ "Thursday, November 26" in the reader's words and the city's time zone; with the year when it is another."""
    return say_date(local(instant).date())


def say_date(day: date) -> str:
    """The same of a day of the city's calendar."""
    same_year = day.year == local(datetime.now(UTC)).year
    skeleton = {"en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM"}.get(current_locale.get(), "EEEE d MMMM")
    if not same_year:
        skeleton += {"en": ", y", "es": " 'de' y"}.get(current_locale.get(), " y")
    return format_date(day, skeleton, locale=current_locale.get())


def say_moment(instant: datetime) -> str:
    """ "Nov 26, 2026, 2:30 PM", "26 nov 2026, 14:30"."""
    day = {"en": "MMM d, y"}.get(current_locale.get(), "d MMM y")
    return format_date(local(instant).date(), day, locale=current_locale.get()) + ", " + say_time(instant)


def say_time(instant: datetime) -> str:
    """ "2:30 PM", "14:30", as the phone's own pages say it too."""
    clock = {"en": "h:mm a"}.get(current_locale.get(), "H:mm")
    return format_datetime(local(instant), clock, locale=current_locale.get())


def say_ago(instant: datetime) -> str:
    """ "3 days ago", "hace 3 días"; the future is said likewise ("in 3 days")."""
    delta: timedelta = instant - datetime.now(instant.tzinfo)
    return format_timedelta(delta, add_direction=True, locale=current_locale.get())


def say_number(value: float) -> str:
    """ "1,204.5", in both languages."""
    locale = current_locale.get()
    return format_decimal(value, locale=NUMBERS.get(locale, locale))


def translated(row: Any, field: str) -> str:
    """A field of a row with `translations` in the locale of the moment, else as it stands in the row."""
    words = row.translations.get(current_locale.get(), {}).get(field)
    return str(words or getattr(row, field))


@lru_cache
def made(name: str) -> Mapping[str, Any]:
    """A table of the front end's build. Empty before the first build."""
    path = BUILD / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def manifest() -> Mapping[str, str]:
    """Source name → hashed file name."""
    return made("manifest.json")


def asset(name: str) -> str:
    """The address of a built file ("app.css") or of a committed one ("icons/icon-192.png")."""
    built = manifest().get(name)
    return f"/static/build/{built}" if built else f"/static/{name}"


def imports(name: str) -> list[str]:
    """The addresses of what a built script imports: named early, they are fetched at once and not one after another."""
    return [f"/static/build/{file}" for file in made("imports.json").get(name, [])]


def make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(APP / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: translations(current_locale.get()).ugettext(message),
        lambda one, many, n: translations(current_locale.get()).ungettext(one, many, n),
        newstyle=True,
    )
    environment.globals.update(
        asset=asset,
        imports=imports,
        current_locale=current_locale.get,
        locales=LOCALES,
        language_name=lambda: Locale.parse(current_locale.get()).get_display_name(),
    )
    environment.filters.update(
        day=say_day, date=say_date, moment=say_moment, ago=say_ago, number=say_number, said=translated
    )
    return environment


template_engine = JinjaTemplateEngine(engine_instance=make_environment())
