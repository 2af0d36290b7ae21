"""What is no table of requests is refused in one line, before anything is written; what is odd is read."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli.commands import cli
from app.db import Database
from app.imports.history import import_requests, undisturbed
from app.imports.mapped_rows import RowReader, column_places
from app.imports.mapping import mapping_named, read_mapping
from app.imports.moments import Clock
from app.imports.problems import ImportRefused
from app.imports.request_row import RequestRow
from app.service_requests.models import ServiceRequest

from .test_request_rows import city as city  # the fixture

HEAD = "service_request_id,requested_datetime,service_name,status,lat,long,address,status_notes\n"
ROW = '{0},2019-10-01T0{0}:00:00,Pothole,open,40.710{0},-74.0111,"{0} Elm Street, Testville",Né{0}\n'
GOOD = HEAD + "".join(ROW.format(number) for number in range(1, 6))
MAPPING = """
extends: csv
source: ours
columns: {key: Number, requested: Filed on}
"""


async def taken(database: Database, path: Path) -> int:
    return (await import_requests(database, path, mapping_named("csv"), create_services=True)).summary.taken


async def held(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(ServiceRequest))).scalar_one()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_a_table_is_read_as_what_it_is_written_in(city: Database, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(GOOD.encode(encoding))
    assert await taken(city, path) == 5
    async with city.reading() as session:
        assert set((await session.execute(select(ServiceRequest.status_notes))).scalars()) == {
            f"Né{number}" for number in range(1, 6)
        }


@pytest.mark.parametrize("separator", [";", "\t", "|"])
async def test_the_separator_is_told_by_the_header(city: Database, tmp_path: Path, separator: str) -> None:
    path = tmp_path / "requests.txt"
    path.write_text(GOOD.replace(", Testville", "").replace(",", separator), encoding="utf-8")
    assert await taken(city, path) == 5


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("requests.csv", text)
    return buffer.getvalue()


REFUSED: list[tuple[str, bytes, str]] = [
    ("empty", b"", "the file is empty"),
    ("blank", b" \n\n", "the file is empty"),
    ("zip", zipped(GOOD), "zip archive"),
    ("gzip", gzip.compress(GOOD.encode()), "compressed with gzip"),
    ("binary", b"SQLite format 3\0" + bytes(range(256)) * 20, "no text"),
    ("html", b"<!doctype html><title>Sign in</title>", "a web page"),
    ("header only", HEAD.encode(), "no rows"),
    ("cut off", GOOD.encode()[:-40], "was cut off"),
    ("open quote", (GOOD + '6,"2019-10-01,Pothole,open,40.71,-74.01,,\n').encode(), "never closed"),
    ("long open quote", (GOOD + '6,"' + "Pothole\n" * 20_000).encode(), "never closed"),
    ("a million columns", ("a," * 1_000_000 + "\n1\n").encode(), "characters: is this a table"),
    ("a long name", b"a" * 500_000 + b"\n1\n", "the header cannot be read"),
    ("many columns", ("a," * 3_000 + "\n1\n").encode(), "more than 2,000 columns"),
    ("one endless line", GOOD.encode() + b"x" * 1_100_000, "longer than 1,000,000 characters"),
    ("other columns", b"a,b,c\n1,2,3\n", "service_request_id (key)"),
    ("other dates", GOOD.replace("2019-10-01T0", "01.10.2019 0").encode(), "a date cannot be read"),
    ("half of UTF-16", GOOD.encode("utf-16")[:-1], "the text is broken here"),
]


@pytest.mark.parametrize(("content", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_what_is_no_whole_table_is_refused_and_nothing_of_it_kept(
    city: Database, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"^requests\.csv.*") as refused:
        await taken(city, path)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert await held(city) == 0


async def test_a_broken_row_is_left_out_and_named(city: Database, tmp_path: Path) -> None:
    path, rejects = tmp_path / "requests.csv", tmp_path / "rejects.csv"
    broken = '6,2019-10-01,"Pot"hole,open,40.7,-74.0,,\n7,2019-10-01\n8,a,b,c,d,e,f,g,h\n'
    broken += "9,1900-01-01,Pothole,open,40.7123,-74.0123,,\n"
    path.write_text(GOOD + broken + ROW.format(6), encoding="utf-8")
    found = await import_requests(city, path, mapping_named("csv"), create_services=True, rejects=rejects)
    assert found.summary.taken == 6
    assert rejects.read_text(encoding="utf-8").splitlines() == [
        "line,key,reason,detail",
        "7,,it cannot be read,\"',' expected after '\"\"'\"",
        "8,,the row has fewer cells than the header,2 of 8",
        "9,,the row has more cells than the header,9 of 8",
        "10,csv:9,it was filed on an impossible day,1900-01-01T05:00:00+00:00",
    ]


async def test_a_row_that_no_file_can_hold_is_listed_all_the_same(city: Database, tmp_path: Path) -> None:
    path, rejects = tmp_path / "requests.jsonl", tmp_path / "rejects.csv"
    record = dict(zip(HEAD.strip().split(","), ROW.format(1).strip().split(",", 7), strict=True))
    lines = [record | {"service_request_id": "2", "status": "\ud800"}, record]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = await import_requests(city, path, mapping_named("csv"), create_services=True, rejects=rejects)
    assert found.summary.taken == 1
    assert rejects.read_text(encoding="utf-8").splitlines()[1] == "1,csv:2,the status is not in the mapping,\\ud800"


async def test_json_lines_are_a_table_too(city: Database, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    line = '{{"service_request_id": {0}, "requested_datetime": "2019-10-01", "service_name": "Pothole",'
    line += ' "status": "open", "lat": 40.7{0}01, "long": -74.0111, "status_notes": null}}\n'
    path.write_text("".join(line.format(number) for number in (10, 11)), encoding="utf-8")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("extends: csv\nsource: lines\ncolumns: {address: 'address?'}\n", encoding="utf-8")
    found = await import_requests(city, path, read_mapping(mapping), create_services=True)
    assert found.summary.taken == 2


async def test_a_mapping_of_ones_own_says_which_column_means_what(city: Database, tmp_path: Path) -> None:
    mapping, path = tmp_path / "ours.yaml", tmp_path / "requests.csv"
    mapping.write_text(MAPPING + "dates: ['%d/%m/%Y %H:%M']\nnot_places: [[40.7102, -74.0111]]\n", encoding="utf-8")
    text = GOOD.replace("service_request_id,requested_datetime", "Number,Filed On")
    for number in range(1, 6):
        text = text.replace(f"2019-10-01T0{number}:00:00", f"21/10/2019 1{number}:30")
    path.write_text(text, encoding="utf-8")
    found = await import_requests(city, path, read_mapping(mapping), create_services=True)
    assert (found.summary.taken, dict(found.summary.left_out)) == (4, {"not_a_place": 1})
    async with city.reading() as session:
        wanted = select(ServiceRequest.requested_datetime).where(ServiceRequest.import_key == "ours:3")
        assert str((await session.execute(wanted)).scalar_one()) == "2019-10-21 17:30:00+00:00"


def test_a_column_is_found_by_its_name_also_where_that_asks_something(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("extends: csv\ncolumns: {key: Case  ID, group: 'Open??', department: 'Who?'}\n", encoding="utf-8")
    names = ["case id", "Open?", "requested_datetime", "Service_Name", "status", "lat", "long", "address"]
    places = column_places(read_mapping(path), names, "requests.csv")
    assert (places["key"], places["group"], places["service"], "department" in places) == (0, 1, 3, False)
    assert mapping_named("chicago").columns["description"].names[1] == "What is the Nature of this Code Violation?"


def test_a_date_is_read_by_the_first_pattern_that_fits_whatever_came_before_it() -> None:
    clock = Clock(["%m/%d/%Y", "%d/%m/%Y"], ZoneInfo("UTC"))
    days = [clock.utc(text)[0].date().isoformat() for text in ("02/03/2020", "13/01/2020", "02/03/2020")]
    assert days == ["2020-02-03", "2020-01-13", "2020-02-03"]


BAD_MAPPINGS: list[tuple[str, str]] = [
    ("", "this is no mapping"),
    ("source: a\n", "dates is missing"),
    ("extends: nowhere\n", "extends: one of"),
    ("extends: csv\ncolumns: {key: [a, b], whose: c}\n", "'whose' is not known here"),
    ("extends: csv\nstatuses: {Done: finished}\n", "'finished' is no status"),
    ("extends: csv\ndates: ['%A %d']\n", "%A is not known here"),
    ("extends: csv\ncolumns: {x: X, y: Y}\n", "crs is missing"),
    ("extends: csv\ncrs: EPSG:99999999\n", "is not known"),
    ("extends: csv\nnot_places: [here]\n", "each is [lat, long]"),
    ("extends: csv\nzipcode_digits: 3\n", "zipcode_digits cannot be"),
    ("extends: csv\nsource: Not a code\n", "source cannot be"),
    ("extends: csv\nservices: {Pot hole: a hole}\n", "'a hole' cannot be a service_code"),
    ("a: [1\n", "this is not YAML"),
]


@pytest.mark.parametrize(("text", "reason"), BAD_MAPPINGS)
def test_a_bad_mapping_is_refused_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"mapping\.yaml:1?") as refused:
        read_mapping(path)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("said", "zipcode"),
    [
        ("2116", "02116"),
        ("501", "00501"),
        ("02116", "02116"),
        ("21160", "21160"),
        ("12", "12"),
        ("", ""),
        ("K1A", "K1A"),
    ],
)
def test_a_zip_that_lost_its_zeros_gets_them_back_where_the_mapping_says_how_long_it_is(
    tmp_path: Path, said: str, zipcode: str
) -> None:
    columns = ["service_request_id", "requested_datetime", "service_name", "status", "lat", "long", "zipcode"]
    values = ["1", "2026-01-05T10:00:00Z", "Pothole", "open", "42.35", "-71.05", said]
    read = {}
    for digits in ("zipcode_digits: 5", ""):
        path = tmp_path / "mapping.yaml"
        path.write_text(f"extends: csv\nsource: springfield\n{digits}\n")
        found = RowReader(read_mapping(path), columns, ZoneInfo("America/New_York"), "requests.csv").row(2, values)
        assert isinstance(found, RequestRow)
        read[digits] = found
    assert [row.zipcode for row in read.values()] == [zipcode, said]
    assert ("short_zipcode" in read["zipcode_digits: 5"].mended) == (said != zipcode)


async def test_a_mapping_that_names_a_missing_column_is_refused_with_the_columns_that_there_are(
    city: Database, tmp_path: Path
) -> None:
    mapping, path = tmp_path / "ours.yaml", tmp_path / "requests.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        await import_requests(city, path, read_mapping(mapping), create_services=True)
    assert str(refused.value).startswith("requests.csv:1: the columns Number (key); Filed on (requested) are missing;")
    assert "service_request_id" in str(refused.value)


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ImportRefused, match="there is no format 'nowhere': known are baltimore, boston"):
        mapping_named("nowhere")


async def test_the_command_says_what_became_of_the_rows(
    city: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(GOOD + ROW.format(9).replace("40.7109", "0").replace("-74.0111", "0"), encoding="utf-8")
    await city.close()
    monkeypatch.setenv("BLOCKWISE_DATABASE_URL", database_url)
    command = ["import", "requests", str(path), "--format", "csv"]
    refused = await asyncio.to_thread(CliRunner().invoke, cli, command)
    assert (refused.exit_code, str(refused.exception)) == (1, "requests.csv: not one row could be taken")
    done = await asyncio.to_thread(CliRunner().invoke, cli, [*command, "--create-services"])
    assert done.exit_code == 0, done.output
    assert "5 new, 0 changed, 0 as before, 1 left out" in done.output
    assert "left out, 1: its coordinates are 0, 0" in done.output


def test_an_import_that_is_refused_leaves_the_collector_of_garbage_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ImportRefused), undisturbed():
        raise ImportRefused([])
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
