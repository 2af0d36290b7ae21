"""How an area's figures are said."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent

from app.templating import current_locale, gettext, ngettext, say_number

# Of less than this a change in per cent says nothing.
FEWEST = 10


def change_said(now: int, before: int) -> str:
    """ "+12%" against the figure before; "" where that is too small to compare with."""
    if before < FEWEST:
        return ""
    change = (now - before) / before
    said = format_percent(abs(change), locale=current_locale.get())
    return ("+" if round(change, 2) > 0 else "−" if round(change, 2) < 0 else "±") + said


def days_said(days: float | None) -> str:
    """ "4.5 days", "under a day"; a dash for what is not known."""
    if days is None:
        return "–"
    if days < 1:
        return gettext("under a day")
    rounded = round(days, 1)
    whole = int(rounded) if rounded.is_integer() else 2
    return ngettext("%(days)s day", "%(days)s days", whole, days=say_number(rounded))


def date_said(day: date) -> str:
    """ "November 22, 2026"."""
    return format_date(day, "long", locale=current_locale.get())


def month_said(day: date) -> str:
    """ "October 2026"."""
    return str(format_skeleton("yMMMM", day, locale=current_locale.get()))
