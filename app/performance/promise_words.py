"""Promises and how they were kept in plain words, in the locale of the moment."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import format_percent
from babel.units import format_unit

from app.performance.figures import Figures
from app.services.promises import WORKING, Terms
from app.templating import current_locale, ngettext


def terms_said(terms: Terms) -> str:
    """ "within 3 working days"; nothing where nothing is promised."""
    working = terms.clock == WORKING
    if terms.hours is not None:
        if working:
            return ngettext("within %(num)d working hour", "within %(num)d working hours", terms.hours)
        return ngettext("within %(num)d hour", "within %(num)d hours", terms.hours)
    if terms.days is None:
        return ""
    if working:
        return ngettext("within %(num)d working day", "within %(num)d working days", terms.days)
    return ngettext("within %(num)d day", "within %(num)d days", terms.days)


def took_said(hours: float | None) -> str:
    """ "7 hours", "3.5 days"; a dash where too few are known."""
    if hours is None:
        return "–"
    unit, amount = ("hour", hours) if hours < 48 else ("day", round(hours / 24, 1))
    return format_unit(amount, f"duration-{unit}", locale=current_locale.get(), format="#,##0.#")


def percent_said(figures: Figures) -> str:
    """ "85%", "85 %"."""
    return "–" if figures.percent is None else format_percent(figures.percent / 100, locale=current_locale.get())


def points_said(points: int | None) -> str:
    """ "+3", "−2": how many more of a hundred."""
    if points is None:
        return "–"
    return f"+{points}" if points > 0 else f"−{-points}" if points else "0"


def month_said(month: int) -> str:
    """ "November 2026" of 202611."""
    return format_date(date(month // 100, month % 100, 1), "LLLL y", locale=current_locale.get())
