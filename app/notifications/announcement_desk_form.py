"""What the form of an announcement shows: what stands in the row, or what was typed, and all that can be chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import AreaLayer, Jurisdiction
from app.jurisdictions.queries import areas_index
from app.notifications.announcement_context import departments
from app.notifications.announcement_form import (
    CHOSEN,
    FIELD_OF_PLACE,
    LEAST_RADIUS_M,
    MOST_PLACES,
    MOST_RADIUS_M,
    OTHERS,
    WORDS,
)
from app.notifications.announcement_models import Announcement
from app.notifications.announcement_words import PLACE_KINDS, REACHES
from app.templating import DEFAULT_LOCALE, LOCALES, gettext, translated

# Rows for places that are there to be filled in.
EMPTY_ROWS = 2
MINUTES = "%Y-%m-%dT%H:%M"
FIRST = {
    "severity": "minor",
    "category": "",
    "urgency": "expected",
    "certainty": "likely",
    "reach": "all",
    "radius_m": "500",
}


def typed_of(one: Announcement, zone: ZoneInfo) -> list[tuple[str, str]]:
    """The fields of a form for a row as it stands."""
    pairs = [(name, str(getattr(one, name))) for name in (*CHOSEN, *WORDS, "reach", "centre")]
    pairs += [
        ("seen", one.updated_datetime.isoformat()),
        ("starts", one.starts_datetime.astimezone(zone).strftime(MINUTES)),
        ("ends", one.ends_datetime.astimezone(zone).strftime(MINUTES)),
        ("radius_m", f"{one.radius_m:g}" if one.radius_m else FIRST["radius_m"]),
    ]
    if one.reach == "circle":
        pairs.append(("centre_known", f"{one.lat}, {one.long} {one.centre}"))
    pairs += [("area", f"{layer}:{code}") for layer, code in one.areas]
    for locale, words in one.translations.items():
        pairs += [(f"{name}_{locale}", str(words.get(name, ""))) for name in WORDS]
    for row, place in enumerate(one.places):
        start = f"place-{row}-"
        known = f"{place.lat}, {place.long} {place.address}"
        words = {"kind": place.kind, "name": place.name, "where": place.address, "known": known, "note": place.note}
        pairs += [(start + part, value) for part, value in words.items()]
        pairs += [(f"{start}note_{locale}", str(said.get("note", ""))) for locale, said in place.translations.items()]
    return pairs


async def form_context(
    session: AsyncSession, city: Jurisdiction, one: Announcement | None, pairs: list[tuple[str, str]]
) -> dict[str, Any]:
    now = datetime.now(ZoneInfo(city.timezone))
    tomorrow = now + timedelta(days=1)
    form = {**FIRST, "starts": now.strftime(MINUTES), "ends": tomorrow.strftime(MINUTES), **dict(pairs)}
    if one is not None and "department" not in form:
        form["department"] = next((row.code for row in await departments(session) if row.id == one.department_id), "")
    used = {int(found[1]) for name in form if (found := FIELD_OF_PLACE.fullmatch(name))}
    rows = sorted(used)[:MOST_PLACES]
    first = rows[-1] + 1 if rows else 0
    return {
        "one": one,
        "form": form,
        "areas": {value for name, value in pairs if name == "area"},
        "layers": await layers_of(session, city),
        "departments": await departments(session),
        "rows": [*rows, *range(first, first + EMPTY_ROWS)][:MOST_PLACES],
        "options": {name: said_options(known) for name, known in CHOSEN.items()},
        "reaches": [(code, gettext(label)) for code, label in REACHES.items()],
        "kinds": [(code, gettext(label)) for code, label in PLACE_KINDS.items()],
        "others": {code: LOCALES[code] for code in OTHERS},
        "first_language": LOCALES[DEFAULT_LOCALE],
        "most": WORDS,
        "radii": (LEAST_RADIUS_M, MOST_RADIUS_M),
    }


def said_options(known: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(code, gettext(one.label), gettext(one.meaning) if one.meaning else "") for code, one in known.items()]


async def layers_of(session: AsyncSession, city: Jurisdiction) -> list[tuple[str, list[tuple[str, str]]]]:
    """(name, [("layer:code", name of the area)]) of each layer, as the city is divided today."""
    index = await areas_index(session, city)
    today = local_day(datetime.now(UTC), ZoneInfo(city.timezone))
    areas: dict[str, list[tuple[str, str]]] = {}
    for ref, _ in index.boxes(today):
        areas.setdefault(ref.layer, []).append((f"{ref.layer}:{ref.code}", ref.name))
    rows = (await session.execute(select(AreaLayer).order_by(AreaLayer.position, AreaLayer.code))).scalars()
    return [(translated(row, "name"), areas[row.code]) for row in rows if row.code in areas]
