"""New York, Chicago and Los Angeles come in with one command each, and agree with a count of their own files."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.db import Database
from app.imports.areas import import_areas
from app.imports.history import History, import_requests
from app.imports.mapping import mapping_named
from app.jurisdictions.models import Area
from app.service_requests.counts import ALL, AreaCount, differences
from app.service_requests.models import RequestArea, ServiceRequest
from app.services.models import Service
from app.services.queries import forget_catalogues

Row = dict[str, str]
EVERY_ROW = bool(os.environ.get("BLOCKWISE_TEST_EVERY_ROW"))


@dataclass(frozen=True)
class City:
    """A city's file, how its rows are to be counted, and which layer of areas a column of it names.

    `layers`: layer → (file, options, code as the row writes it → as the area has it, share that must agree).
    `share`: one of so many rows is taken, those of one place together.
    """

    file: str
    format: str
    name: str
    timezone: str
    key: str
    service: str
    status: str
    place: str
    closed: tuple[str, ...]
    layers: dict[str, tuple[str, dict[str, Any], Callable[[Row], str], float]]
    share: int
    is_duplicate: Callable[[Row], bool]


def word(name: str) -> Callable[[Row], str]:
    return lambda row: row[name].strip()


LA_LAYERS: dict[str, tuple[str, dict[str, Any], Callable[[Row], str], float]] = {
    "council": ("la_council_district_2012", {"boundary": True}, word("CD"), 0.99),
}
CITIES = [
    City(
        "nyc_2019-10.csv", "nyc", "New York", "America/New_York", "Key", "Type", "Status", "Latitude", ("Closed",),
        {"borough": ("nyc_borough", {"boundary": True}, lambda row: row["Borough"].title(), 0.995)},
        46, lambda row: any(words in row["Resolution"] for words in ("duplicate", "previously reported")),
    ),
    City(
        "chicago_sanitation_2011-2015.csv", "chicago", "Chicago", "America/Chicago", "Service_Request_Number",
        "Type_of_Service_Request", "Status", "Latitude", ("Completed", "Completed - Dup", "Open - Dup"),
        {
            "community": ("chicago_community_area", {"boundary": True}, word("Community_Area"), 0.975),
            "ward": ("chicago_ward_2022", {}, word("Ward"), 0.6),
        },
        80, lambda row: row["Status"].endswith("Dup"),
    ),
    *(
        City(
            f"la_2018-{month}.csv", "la", "Los Angeles", "America/Los_Angeles", "SRNumber", "RequestType", "Status",
            "Latitude", ("Closed", "Cancelled", "Referred Out"), LA_LAYERS, 18, lambda _row: False,
        )
        for month in ("01", "12")
    ),
]  # fmt: skip


def some_rows(city: City, shared_data: Path, folder: Path) -> tuple[Path, list[Row]]:
    """A share of the file as a file of its own, with the rows; all of it when asked for."""
    source = shared_data / "requests" / city.file
    with source.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        names = reader.fieldnames or []
    if EVERY_ROW:
        return source, rows
    rows = [row for row in rows if crc32((row[city.place] or row[city.key]).encode()) % city.share == 0]
    path = folder / city.file
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path, rows


async def load(database: Database, city: City, shared_data: Path, path: Path, rejects: Path) -> History:
    """What docs/history.md does with the commands."""
    forget_catalogues()
    where = {"city_name": city.name, "timezone": city.timezone}
    for layer, (file, options, _code, _share) in city.layers.items():
        await import_areas(database, shared_data / "areas" / f"{file}.geojson", layer=layer, **where, **options)
    return await import_requests(database, path, mapping_named(city.format), create_services=True, rejects=rejects)


def last_of_each(city: City, rows: Sequence[Row]) -> list[Row]:
    """The rows that must be here: of each number the last, where it has a place."""
    return [row for row in {row[city.key]: row for row in rows}.values() if row[city.place]]


async def figures(database: Database) -> tuple[int, Counter[str], Counter[str]]:
    """(requests, by the name of their service in small letters, open or closed or duplicate) in the database."""
    async with database.reading() as session:
        by_service = select(func.lower(Service.service_name), func.count()).join(ServiceRequest).group_by(Service.id)
        services = Counter({name: int(count) for name, count in await session.execute(by_service)})
        sums = [func.sum(getattr(AreaCount, name)) for name in ("open", "late", "closed", "duplicate")]
        everything = AreaCount.area_id == 0, AreaCount.service_id == ALL, AreaCount.period == ALL
        counted = select(*sums).where(*everything)
        opened, late, closed, duplicate = (await session.execute(counted)).one()
        assert await differences(session) == []
    return services.total(), services, Counter({"open": opened + late, "closed": closed, "duplicate": duplicate})


async def areas_of(database: Database, layer: str) -> dict[str, set[str]]:
    """import_key → the codes and names of the layer's areas."""
    async with database.reading() as session:
        wanted = select(ServiceRequest.import_key, Area.code, Area.name).join(
            RequestArea, RequestArea.request_id == ServiceRequest.id
        )
        found: dict[str, set[str]] = {}
        for key, code, name in await session.execute(
            wanted.join(Area, Area.id == RequestArea.area_id).where(Area.layer == layer)
        ):
            found.setdefault(key, set()).update((code, name))
    return found


def count_by_hand(city: City, rows: Sequence[Row]) -> tuple[int, Counter[str], Counter[str]]:
    standings = Counter(
        "duplicate" if city.is_duplicate(row) else "closed" if row[city.status] in ("Closed", *city.closed) else "open"
        for row in rows
    )
    return len(rows), Counter(" ".join(row[city.service].lower().split()) for row in rows), standings


@pytest.mark.parametrize("city", CITIES, ids=[city.file for city in CITIES])
async def test_a_citys_file_comes_in_and_agrees_with_a_count_of_its_own(
    database: Database, shared_data: Path, tmp_path: Path, city: City, record_property: Callable[[str, object], None]
) -> None:
    path, rows = some_rows(city, shared_data, tmp_path)
    rejects = tmp_path / "rejects.csv"
    history = await load(database, city, shared_data, path, rejects)
    record_property("summary", str(history.summary))
    wanted = last_of_each(city, rows)
    far = history.summary.left_out["far_away"]
    assert far <= len(rows) / 1_000
    total, services, standings = await figures(database)
    expected_total, expected_services, expected_standings = count_by_hand(city, wanted)
    assert total + far == expected_total == history.summary.taken + far
    assert (expected_services - services).total() == (expected_standings - standings).total() == far
    assert not services - expected_services and not standings - expected_standings
    with rejects.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows) - total == history.summary.left_out.total()
    for layer, (_file, _options, code, share) in city.layers.items():
        here = await areas_of(database, layer)
        told = [(code(row), here.get(f"{city.format}:{row[city.key]}", set())) for row in wanted if code(row)]
        right = sum(words in codes for words, codes in told)
        record_property(layer, f"{right} of {len(told)}")
        assert right / len(told) >= share, f"{layer}: {right} of {len(told)}"
    again = await import_requests(database, path, mapping_named(city.format), create_services=True)
    assert (again.summary.taken, again.summary.changed, again.summary.unchanged) == (0, 0, total)


async def test_chicagos_labelled_duplicates_are_linked_to_an_earlier_request_at_their_place(
    database: Database, shared_data: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """That the originals are the right ones is seen by what plays no part in finding them: almost all were still open
    when the duplicate was filed (of chance pairs a quarter), and were closed with it (of chance pairs a tenth)."""
    city = CITIES[1]
    path, _rows = some_rows(city, shared_data, tmp_path)
    links = (await load(database, city, shared_data, path, tmp_path / "rejects.csv")).summary.links
    assert links.by_place / links.looked_at > 0.9, links
    original = aliased(ServiceRequest)
    async with database.reading() as session:
        pairs = select(
            ServiceRequest.requested_datetime, original.requested_datetime, original.status,
            func.ST_Y(ServiceRequest.location) - func.ST_Y(original.location),
            ServiceRequest.closed_datetime, original.closed_datetime,
        ).join(original, original.id == ServiceRequest.duplicate_of_id)  # fmt: skip
        found = (await session.execute(pairs)).all()
    assert len(found) == links.by_place
    still_open = sum(done is None or done >= filed for filed, *_, done in found)
    together = sum(closed == done for *_, closed, done in found)
    record_property("links", str(links))
    record_property("still open, closed together", str((len(found), still_open, together)))
    assert still_open / len(found) > 0.97 and together / len(found) > 0.9
    for filed, first, status, apart, _closed, _done in found:
        assert isinstance(filed, datetime)
        assert 0 <= (filed - first).days <= 30
        assert status != "duplicate"
        assert abs(apart) < 1e-5
