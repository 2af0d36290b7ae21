"""Another geocoder (Nominatim or Photon), asked where the own index has no good answer. Its failure costs nothing.

It is set by BLOCKWISE_GEOCODER_URL and _KIND. It is given what people type or the position of their pin, so a city
should run its own. Answers: https://nominatim.org/release-docs/latest/api/Output/ and https://photon.komoot.io.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import structlog

from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.geodesy import box_around, distance_m
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.place_search import FoundPlace
from app.settings import Settings

log = structlog.get_logger()

TIMEOUT_S = 1.5
MAX_BYTES = 512_000
MAX_LABEL = 300
# After so many failures in a row it is left alone for a while.
FAILURES, PAUSE_S = 3, 60.0
# What bounds the answers while no boundary has been imported.
CITY_RADIUS_M = 50_000
# Whole cities and states: not places where a lamp is out.
TOO_WIDE = ("boundary", "place")

Answer = Iterator[FoundPlace]


class NoAnswer(Exception):
    """The other geocoder did not answer in time, in size, or in sense."""


@dataclass(slots=True)
class Breaker:
    """How often a geocoder has failed in a row, and until when (monotonic seconds) it is not asked."""

    failures: int = 0
    silent_until: float = 0.0

    def note(self, *, failed: bool) -> None:
        self.failures = self.failures + 1 if failed else 0
        if self.failures >= FAILURES:
            self.silent_until = time.monotonic() + PAUSE_S


breakers: dict[str, Breaker] = {}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The city: what lies outside is not an answer."""

    city: Jurisdiction
    areas: AreaIndex

    @property
    def box(self) -> tuple[float, float, float, float]:
        return box_around(self.city.lat, self.city.long, CITY_RADIUS_M)

    def hold(self, lat: float, long: float) -> bool:
        west, south, east, north = self.box
        return west <= long <= east and south <= lat <= north and self.areas.contains_city(lat, long)


async def search_outside(
    http: httpx.AsyncClient, settings: Settings, words: str, bounds: Bounds, *, locale: str = "en", limit: int = 8
) -> list[FoundPlace]:
    """What the other geocoder finds for `words` in the city; nothing when there is none or it fails. Never raises.

    Call it with no database transaction open.
    """
    west, south, east, north = bounds.box
    if settings.geocoder_kind == "photon":
        path, read = "api", photon_places
        query = {"q": words, "bbox": f"{west},{south},{east},{north}", "lang": locale}
    else:
        path, read = "search", nominatim_places
        query = {"q": words, "viewbox": f"{west},{north},{east},{south}", "bounded": "1"} | nominatim_options(locale)
    found = await ask(http, settings, path, query | {"limit": str(limit)}, read)
    return [place for place in found if bounds.hold(place.lat, place.long)][:limit]


async def nearest_outside(
    http: httpx.AsyncClient,
    settings: Settings,
    lat: float,
    long: float,
    bounds: Bounds,
    *,
    locale: str = "en",
    radius_m: float = 250,
) -> FoundPlace | None:
    """What the other geocoder knows within `radius_m` metres of a point, with its distance; or None. Never raises."""
    query = {"lat": repr(lat), "lon": repr(long)}
    if settings.geocoder_kind == "photon":
        query, read = query | {"lang": locale}, photon_places
    else:
        query, read = query | {"zoom": "18"} | nominatim_options(locale), nominatim_places
    for place in await ask(http, settings, "reverse", query, read):
        metres = round(distance_m(lat, long, place.lat, place.long), 1)
        if metres <= radius_m and bounds.hold(place.lat, place.long):
            return msgspec.structs.replace(place, distance_m=metres)
    return None


def nominatim_options(locale: str) -> dict[str, str]:
    return {"format": "jsonv2", "addressdetails": "1", "accept-language": locale}


async def ask(
    http: httpx.AsyncClient, settings: Settings, path: str, query: dict[str, str], read: Callable[[Any], Answer]
) -> list[FoundPlace]:
    """The places of one answer; none while there is no geocoder, it rests, or it fails."""
    url = (settings.geocoder_url or "").rstrip("/")
    breaker = breakers.setdefault(url, Breaker())
    if not url or time.monotonic() < breaker.silent_until:
        return []
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = list(read(await get_json(http, f"{url}/{path}", query, settings.public_url)))
    except (NoAnswer, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        breaker.note(failed=True)
        # The address that was asked for holds what somebody typed: it is not logged.
        log.warning("geocoder failed", reason=type(error).__name__, failures=breaker.failures)
        return []
    breaker.note(failed=False)
    return found


async def get_json(http: httpx.AsyncClient, url: str, query: dict[str, str], public_url: str) -> Any:
    """A JSON answer of at most MAX_BYTES. Raises NoAnswer for another status, another form, or more."""
    headers = {"User-Agent": f"Blockwise ({public_url})", "Accept": "application/json"}
    async with http.stream("GET", url, params=query, headers=headers, timeout=TIMEOUT_S) as response:
        if response.status_code != 200:
            raise NoAnswer(response.status_code)
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise NoAnswer("too large")
    try:
        return msgspec.json.decode(bytes(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoAnswer("not JSON") from error


def nominatim_places(answer: Any) -> Answer:
    """Places of a Nominatim answer, search (a list) or reverse (one object), `json` or `jsonv2`."""
    for item in answer if isinstance(answer, list) else [answer]:
        if not isinstance(item, dict):
            continue
        wide = item.get("category", item.get("class")) in TOO_WIDE and item.get("type") != "house"
        at = read_point(item.get("lat"), item.get("lon"))
        said = [part.strip() for part in str(item.get("display_name") or "").split(",")]
        parts = item.get("address")
        address: dict[str, Any] = parts if isinstance(parts, dict) else {}
        number, street = address.get("house_number"), address.get("road")
        if said[0][:1].isdigit() and len(said) > 1 and not street:
            number, street = said[0], said[1]
        label = f"{number} {street}" if number and street else said[0]
        zipcode = address.get("postcode") or next((part for part in said if part.isdigit() and len(part) == 5), None)
        if at and label and not wide:
            hint = ", ".join(part for part in said[1:4] if part != street)
            yield outside_place(label, bool(number), at, zipcode, hint)


def photon_places(answer: Any) -> Answer:
    """Places of a Photon answer: GeoJSON features with the parts of an address as properties."""
    features = answer.get("features") if isinstance(answer, dict) else None
    for feature in features if isinstance(features, list) else []:
        try:
            about, (long, lat, *_) = feature["properties"], feature["geometry"]["coordinates"]
            wide = about.get("osm_key") in TOO_WIDE and about.get("osm_value") != "house"
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        number, street = about.get("housenumber"), about.get("street")
        label = f"{number} {street}" if number and street else about.get("name") or street
        at = read_point(lat, long)
        if at and label and not wide:
            hint = about.get("district") or about.get("city")
            yield outside_place(str(label), bool(number), at, about.get("postcode"), hint)


def read_point(lat: Any, long: Any) -> tuple[float, float] | None:
    try:
        point = float(lat), float(long)
    except (TypeError, ValueError):
        return None
    return point if all(map(math.isfinite, point)) else None


def outside_place(label: str, is_address: bool, at: tuple[float, float], zipcode: Any, hint: Any) -> FoundPlace:
    return FoundPlace(
        label[:MAX_LABEL],
        "address" if is_address else "poi",
        *at,
        zipcode=str(zipcode)[:12] if zipcode else None,
        hint=str(hint)[:MAX_LABEL] if hint else None,
    )
