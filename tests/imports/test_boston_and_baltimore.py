"""Boston's and Baltimore's tables: rows as those cities write them, and one for each kind of dirt."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.db import Database
from app.imports.areas import import_areas
from app.imports.history import History, import_requests
from app.imports.mapping import Mapping, mapping_named, read_mapping
from app.imports.request_reasons import LEFT_OUT, MENDED
from app.service_requests.counts import differences
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import STATUSES
from app.services.queries import forget_catalogues

from .test_city_histories import EVERY_ROW
from .test_request_rows import square

Cells = dict[str, str]
BOSTON = csv.reader(
    [
        "case_enquiry_id,open_dt,target_dt,closed_dt,ontime,case_status,closure_reason,case_title,subject,reason,type,queue,"
        "department,submittedphoto,closedphoto,location,fire_district,pwd_district,city_council_district,police_district,"
        "neighborhood,neighborhood_services_district,ward,precinct,location_street_name,location_zipcode,latitude,longitude,"
        "source"
    ]
)
BALTIMORE = csv.reader(
    [
        "SRRecordID,ServiceRequestNum,SRType,MethodReceived,CreatedDate,SRStatus,StatusDate,DueDate,CloseDate,Agency,"
        "LastActivity,LastActivityDate,Outcome,Address,ZipCode,Neighborhood,CouncilDistrict,PoliceDistrict,PolicePost,"
        "Latitude,Longitude,GeoLocation,2010 Census Wards Precincts,2010 Census Neighborhoods,Zip Codes,DaysOpen"
    ]
)
IN_BOSTON = {
    "open_dt": "2022-01-19 11:18:00", "target_dt": "2022-01-21 08:30:00", "closed_dt": "2022-01-19 11:42:16",
    "ontime": "ONTIME", "case_status": "Closed",
    "closure_reason": "Case Closed. Closed date : Wed Jan 19 11:42:16 EST 2022 Resolved Removed  ",
    "case_title": "Needle Pickup", "subject": "Public Works Department", "reason": "Needle Program",
    "type": "Needle Pickup", "queue": "PWDx_District 1B: North End", "department": "PWDx",
    "location": "42 Cross St  Boston  MA  02113", "ward": "03", "location_street_name": "42 Cross St",
    "location_zipcode": "02113", "latitude": "42.3634", "longitude": "-71.0566", "source": "Constituent Call",
}  # fmt: skip
IN_BALTIMORE = {
    "SRType": "TRT-Traffic Signal Repairs", "MethodReceived": "Phone", "CreatedDate": "04/12/2018 11:11:26 AM",
    "SRStatus": "Closed", "StatusDate": "04/12/2018 12:45:48 PM", "DueDate": "04/13/2018 11:11:26 AM",
    "CloseDate": "04/12/2018 12:45:47 PM", "Agency": "Transportation",
    "Address": "3400 GARRISON BLVD, BALTIMORE, MD, 21215", "ZipCode": "21215", "Latitude": "39.3361541",
    "Longitude": "-76.6733154", "GeoLocation": "(39.3361541, -76.6733154)", "Zip Codes": "32839", "DaysOpen": "0",
}  # fmt: skip


@dataclass(frozen=True)
class City:
    """A city's columns, a usual row, that row's key, and where the city lies."""

    name: str
    columns: list[str]
    usual: Cells
    key: str
    west: float
    south: float

    @property
    def format(self) -> str:
        return self.name.lower()


CITY = {
    "boston": City("Boston", next(BOSTON), IN_BOSTON, "case_enquiry_id", -71.2, 42.2),
    "baltimore": City("Baltimore", next(BALTIMORE), IN_BALTIMORE, "ServiceRequestNum", -76.72, 39.19),
}
# What differs from the usual row, and what becomes of it: its status, why it is left out, what was mended.
DIRT: dict[str, list[tuple[Cells, str]]] = {
    "boston": [
        ({}, "fixed"),
        ({"case_status": "Open", "closed_dt": "", "closure_reason": " ", "ontime": "OVERDUE"}, "received"),
        ({"target_dt": ""}, "fixed"),
        ({"closure_reason": "Closed date : 2022-01-03 06:44:23.4 Duplicate of Existing Case "}, "duplicate"),
        ({"closure_reason": "Noted Case noted. Duplicate case. Posts already marked for contractor."}, "duplicate"),
        ({"closure_reason": "Resolved No violation found at this time  today is trash day."}, "not_found"),
        ({"closure_reason": "Case Closed. Closed date : 2022-01-03 10:11:24.96 Case Invalid "}, "no_action"),
        ({"closure_reason": "Case Noted This case has been closed as there is not enough information to process this"},
         "no_action"),
        ({"closure_reason": "Case Closed. Referred to External Agency"}, "referred"),
        ({"closed_dt": "2022-01-18 11:18:00"}, "closed_before_requested"),
        ({"closed_dt": "1900-01-01 00:00:00"}, "closed_out_of_range"),
        ({"closed_dt": ""}, "closed_without_date"),
        ({"case_status": "Open"}, "open_with_close_date"),
        ({"target_dt": "2059-01-01 00:00:00"}, "expected_out_of_range"),
        ({"open_dt": "2022-01-19", "closed_dt": "2022-01-19"}, "fixed"),
        ({"open_dt": "2022-11-06 01:30:00", "closed_dt": "2022-11-07 01:30:00", "target_dt": ""}, "repeated_hour"),
        ({"case_title": "I donâ€™t know"}, "mojibake"),
        ({"location_zipcode": "0"}, "bad_zipcode"),
        ({"location_zipcode": "2113"}, "short_zipcode"),
        ({"latitude": "42.3594", "longitude": "-71.0587"}, "not_a_place"),
        ({"latitude": "", "longitude": ""}, "no_place"),
        ({"latitude": "0", "longitude": "0"}, "zero_place"),
        ({"latitude": "-71.0566", "longitude": "42.3634"}, "far_away"),
        ({"latitude": "42,36x"}, "bad_place"),
        ({"open_dt": "1900-01-01 00:00:00"}, "requested_out_of_range"),
        ({"open_dt": "19/01/2022 11:18:00"}, "bad_date"),
        ({"open_dt": ""}, "no_date"),
        ({"case_status": "Reopened?"}, "unknown_status"),
        ({"type": " "}, "no_service"),
        ({"case_enquiry_id": ""}, "no_key"),
    ],
    "baltimore": [
        ({}, "fixed"),
        ({"SRStatus": "New", "CloseDate": ""}, "received"),
        ({"SRStatus": "Open", "CloseDate": "", "DueDate": ""}, "received"),
        ({"SRStatus": "Pending", "CloseDate": ""}, "accepted"),
        ({"SRStatus": "In Progress", "CloseDate": ""}, "in_progress"),
        ({"SRStatus": "Closed (Duplicate)"}, "duplicate"),
        ({"SRStatus": "Open (Duplicate)", "CloseDate": ""}, "duplicate closed_without_date"),
        ({"SRStatus": "New (Duplicate)", "CloseDate": ""}, "duplicate closed_without_date"),
        ({"SRStatus": "Closed (Transferred)"}, "referred"),
        ({"Latitude": "", "Longitude": ""}, "fixed"),
        ({"CreatedDate": "04/12/2018 12:05:00 AM", "Address": "", "ZipCode": ""}, "fixed"),
        ({"CloseDate": "04/11/2018 12:45:47 PM"}, "closed_before_requested"),
        ({"CloseDate": "01/01/1900 12:00:00 AM"}, "closed_out_of_range"),
        ({"CloseDate": ""}, "closed_without_date"),
        ({"SRStatus": "Open"}, "open_with_close_date"),
        ({"StatusDate": "01/01/2059 12:00:00 AM"}, "updated_out_of_range"),
        ({"DueDate": "04/13/2059 11:11:26 AM"}, "expected_out_of_range"),
        ({"CreatedDate": "03/11/2018 02:30:00 AM"}, "skipped_hour"),
        ({"ZipCode": "UNKNOWN"}, "bad_zipcode"),
        ({"Latitude": "39", "Longitude": "-77", "GeoLocation": "(39.0, -77.0)"}, "rounded_place"),
        ({"Latitude": "", "Longitude": "", "GeoLocation": ""}, "no_place"),
        ({"Latitude": "0.0", "Longitude": "0.0"}, "zero_place"),
        ({"Latitude": "38.9072", "Longitude": "-77.0369"}, "far_away"),
        ({"CreatedDate": "13/45/2018 11:11:26 AM"}, "bad_date"),
        ({"CreatedDate": ""}, "no_date"),
        ({"SRStatus": "Archived"}, "unknown_status"),
        ({"SRType": ""}, "no_service"),
        ({"ServiceRequestNum": ""}, "no_key"),
    ],
}  # fmt: skip


async def lay_out(database: Database, city: City, folder: Path) -> None:
    forget_catalogues()
    whole = {"type": "FeatureCollection", "features": [square("1", city.west, city.south, 0.3)]}
    path = folder / "city.geojson"
    path.write_text(json.dumps(whole), encoding="utf-8")
    where = {"city_name": city.name, "timezone": "America/New_York"}
    await import_areas(database, path, layer="board", boundary=True, valid_from=None, **where)


def written(city: City, rows: list[Cells], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, city.columns, restval="")
        table.writeheader()
        table.writerows(rows)
    return path


async def taken(database: Database, path: Path, mapping: Mapping, rejects: Path | None = None) -> History:
    return await import_requests(database, path, mapping, create_services=True, rejects=rejects)


async def kept(database: Database) -> dict[str, ServiceRequest]:
    """The requests by the number that the city gave them."""
    async with database.reading() as session:
        assert await differences(session) == []
        wanted = select(ServiceRequest).options(
            selectinload(ServiceRequest.department), selectinload(ServiceRequest.service)
        )
        return {(row.import_key or "").partition(":")[2]: row for row in (await session.execute(wanted)).scalars()}


@pytest.mark.parametrize("name", CITY)
async def test_each_kind_of_dirt_is_mended_or_left_out_and_named(database: Database, tmp_path: Path, name: str) -> None:
    city = CITY[name]
    await lay_out(database, city, tmp_path)
    # All stand at one door, where the duplicates find what they repeat. The first number comes once more at the end.
    cases = DIRT[name]
    rows = [{**city.usual, city.key: f"{number:03}", **changes} for number, (changes, _) in enumerate(cases)]
    rows.append(rows[0])
    rejects = tmp_path / "rejects.csv"
    found = await taken(database, written(city, rows, tmp_path / "rows.csv"), mapping_named(name), rejects)
    with rejects.open(encoding="utf-8", newline="") as file:
        left_out = {int(row["line"]) - 2: row["reason"] for row in csv.DictReader(file)}
    assert left_out.pop(0) == LEFT_OUT["repeated"]
    here = await kept(database)
    for number, (_changes, becomes) in enumerate(cases):
        words = set(becomes.split())
        assert {left_out.get(number)} == ({LEFT_OUT[word] for word in words & LEFT_OUT.keys()} or {None}), becomes
        assert (f"{number:03}" in here) is (number not in left_out), becomes
        for status in words & STATUSES.keys():
            assert here[f"{number:03}"].status == status
    assert found.summary.mended == Counter(word for _, becomes in cases for word in becomes.split() if word in MENDED)
    links = Counter(one.duplicate_of_id is not None for one in here.values() if one.status == "duplicate")
    assert links == {True: found.summary.links.by_place} and links[True] > 1


async def test_who_acts_in_boston_is_the_department_and_not_its_team(database: Database, tmp_path: Path) -> None:
    city = CITY["boston"]
    await lay_out(database, city, tmp_path)
    who = ["Boston Water & Sewer Commission", "Boston Police Department", "Animal Control"]
    rows = [{**city.usual, city.key: str(n), "subject": name, "department": "INFO"} for n, name in enumerate(who)]
    await taken(database, written(city, rows, tmp_path / "rows.csv"), mapping_named("boston"))
    here = await kept(database)
    assert [here[str(n)].department.name for n in range(3) if here[str(n)].department] == who


async def test_bostons_rows_say_the_same_in_each_shape_that_they_come_in(
    database: Database, shared_data: Path, tmp_path: Path
) -> None:
    city, shapes = CITY["boston"], shared_data / "requests" / "shapes"
    await lay_out(database, city, tmp_path)
    days_first = tmp_path / "days_first.yaml"
    days_first.write_text("extends: boston\ndates: ['%d/%m/%Y %H:%M:%S']\n", encoding="utf-8")
    boston = mapping_named("boston")
    with (shapes / "boston311-100.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["case_enquiry_id"]: row for row in csv.DictReader(file)}
    placed = [row for row in rows.values() if row["latitude"] != "42.3594" or row["longitude"] != "-71.0587"]
    told: dict[str, tuple[int, ...]] = {}
    for shape, mapping in (
        ("100.csv", boston), ("100-bad.tsv", boston), ("dmy-100.csv", read_mapping(days_first)),
        ("100-20dupes-random.csv", boston), ("100-with-nonascii.csv", boston), ("10.jsonl", boston),
    ):  # fmt: skip
        found = (await taken(database, shapes / f"boston311-{shape}", mapping)).summary
        told[shape] = found.taken, found.changed, found.unchanged, found.left_out["long_row"]
    assert told.pop("100.csv") == (len(placed), 0, 0, 0)
    # A tab too many in one row; two rows whose letters have accents now.
    assert told.pop("100-bad.tsv") == (0, 0, len(placed) - 1, 1)
    assert told.pop("100-with-nonascii.csv") == (0, 2, len(placed) - 2, 0)
    assert told.pop("dmy-100.csv") == (0, 0, len(placed), 0)
    assert told.pop("100-20dupes-random.csv")[:2] == (0, 0)
    # In its JSON a ZIP is a number, and has lost its zero: it is put back.
    assert told == {"10.jsonl": (0, 0, 9, 0)}
    here = await kept(database)
    assert here.keys() == {row["case_enquiry_id"] for row in placed}
    assert Counter(one.closed_datetime is not None for one in here.values()) == Counter(
        bool(row["closed_dt"]) for row in placed
    )
    departments = Counter(one.department.name for one in here.values() if one.department)
    assert departments == Counter(row["subject"] for row in placed)


def is_placed(row: Cells) -> bool:
    return bool(row["Latitude"]) and row["Latitude"] != "39"


async def test_baltimores_file_comes_in_and_agrees_with_a_count_of_its_own(
    database: Database, shared_data: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    city, path = CITY["baltimore"], shared_data / "requests" / "baltimore_2014-2019.csv"
    await lay_out(database, city, tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not EVERY_ROW:
        rows = [row for row in rows if crc32(row["ServiceRequestNum"].encode()) % 40 == 0]
        path = written(city, rows, tmp_path / "some.csv")
    found = (await taken(database, path, mapping_named("baltimore"))).summary
    record_property("summary", str(found))
    wanted = [row for row in rows if is_placed(row)]
    far = found.left_out["far_away"]
    assert far <= len(rows) / 200
    assert found.taken == len(wanted) - far
    assert found.left_out["no_place"] == sum(not row["Latitude"] for row in rows)
    assert found.left_out["rounded_place"] == sum(row["Latitude"] == "39" for row in rows)
    here = await kept(database)
    by_hand = Counter(row["SRStatus"].partition(" (")[2].rstrip(")") or row["SRStatus"] for row in wanted)
    kinds = {"duplicate": "Duplicate", "referred": "Transferred", "fixed": "Closed", "accepted": "Pending"}
    counted = Counter(kinds.get(one.status, one.status) for one in here.values())
    assert sum((by_hand - counted)[kind] for kind in kinds.values()) <= far
    services = Counter(" ".join(row["SRType"].casefold().split()) for row in wanted)
    assert (services - Counter(one.service.service_name.casefold() for one in here.values())).total() == far
    async with database.reading() as session:
        late = select(func.count()).where(ServiceRequest.late)
        due = sum(
            row["SRStatus"] in ("New", "Open", "Pending", "In Progress") and bool(row["DueDate"]) for row in wanted
        )
        assert abs((await session.execute(late)).scalar_one() - due) <= far
