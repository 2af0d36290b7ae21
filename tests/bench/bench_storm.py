"""A storm's day: New York's most reports on one day, each through the real form, routing, promise and three followers.

One server, one worker, PostGIS and a push service, all on this machine. Each report is heard of by three people who
follow its kind of problem at its place, each with a browser of their own: none of them may hear nothing, or twice.
`BLOCKWISE_BENCH_STORM=2000 make bench ONLY=storm` runs a small one, whose rate the whole day is reckoned from.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.types.json import Json
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.db import Database
from app.notifications.places import keys_of
from app.notifications.vapid import make_vapid_key
from app.service_requests.report_draft import new_stamp
from app.services.models import Service, ServiceAttribute
from app.settings import async_url, load_settings
from tests.bench.__main__ import Row
from tests.bench.bench_fanout import counted, push_service
from tests.bench.bench_intake import CLIENTS, round_of
from tests.bench.city import SECRET, demo_city
from tests.notifications.browser import Browser
from tests.servers import ROOT, blockwise_server

# The most contacts that New York had on one day.
DAY = 276_827
REPORTS = int(os.environ.get("BLOCKWISE_BENCH_STORM", DAY))
FOLLOWERS = 3
LIMIT_SECONDS = 3600
SEED = 311
BROWSERS = 500
RADIUS_M = 5
# Addresses of this grid's every other square, so that no circle reaches another's middle; in degrees.
GRID = 0.0003
AT_ONCE = 2000
STILL_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Spot:
    lat: float
    long: float


@dataclass(frozen=True, slots=True)
class Report:
    number: uuid.UUID
    service: Service
    spot: Spot


def run() -> Iterator[Row]:
    """Rows `{name, value, unit, limit, ratio, ok, detail}`; every figure is from this run."""
    with demo_city("postgis") as city, push_service() as push:
        environ = {
            **city.environ,
            "BLOCKWISE_EMBEDDED_WORKER": "0",
            "BLOCKWISE_PRIVATE_ENDPOINTS": "1",
            "BLOCKWISE_VAPID_SUBJECT": "mailto:311@harborpoint.example",
        }
        make_vapid_key(load_settings(environ))
        url = environ["BLOCKWISE_DATABASE_URL"]
        reports = asyncio.run(drawn(url))
        follow(url, reports, push)
        with blockwise_server(environ) as (address, _), worker(environ):
            started = time.perf_counter()
            asyncio.run(send_all(int(address.rpartition(":")[2]), reports))
            sent = time.perf_counter() - started
            told = wait_until_told(push)
            # The messages of the last minute were gathered for another one.
            took = time.perf_counter() - started - told
        yield from rows(took, sent, verdict(url, reports), counted(push))


async def drawn(url: str) -> list[Report]:
    """So many reports: another kind of problem or another place each."""
    database = Database(async_url(url))
    async with database.reading() as session:
        wanted = select(Service).where(Service.active, ~Service.private, Service.type == "realtime")
        found = (await session.execute(wanted.options(selectinload(Service.attributes)))).scalars().all()
    await database.close()
    services = [service for service in found if service.contact_rule != "required"]
    draw = random.Random(SEED)
    pairs = [(service, spot) for spot in spots(url, -(-REPORTS // len(services))) for service in services]
    draw.shuffle(pairs)
    return [Report(uuid.UUID(int=draw.getrandbits(128), version=4), *pair) for pair in pairs[:REPORTS]]


def spots(url: str, count: int) -> list[Spot]:
    squares: dict[tuple[int, int], Spot] = {}
    with psycopg.connect(url) as connection:
        asked = "SELECT st_y(location), st_x(location) FROM places WHERE kind = 'address' ORDER BY id"
        for lat, long in connection.execute(asked):
            square = int(lat / GRID), int(long / GRID)
            if square[0] % 2 == square[1] % 2 == 0:
                squares.setdefault(square, Spot(lat, long))
    assert len(squares) >= count, f"{len(squares)} places are too few for {REPORTS} reports"
    return list(squares.values())[:count]


def follow(url: str, reports: Sequence[Report], push: str) -> None:
    """Three people for each report: their browsers, and what they follow. Not part of what is measured."""
    now = datetime.now(UTC)
    browsers = [Browser(push).endpoint for _ in range(BROWSERS)]
    people = [(number, report) for number, report in enumerate(report for report in reports for _ in range(FOLLOWERS))]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        [(first,)] = cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM subscribers")

        def copy(table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as target:
                for row in rows:
                    target.write_row(row)

        columns = (
            "id, device_hash, email_state, phone_state, by_push, by_email, by_sms, locale, cadence, on_changed, "
            "on_closed, on_late, notices, seen_id, created_datetime"
        )
        rest = ("none", "none", True, True, False, "en", "at_once", True, True, True, "urgent", 0, now)
        copy("subscribers", columns, ((first + number, f"storm {number}", *rest) for number, _ in people))
        copy(
            "push_endpoints",
            "subscriber_id, endpoint, p256dh, auth, failures, created_datetime",
            (
                (first + number, f"{push}/{number}", one.p256dh, one.auth, 0, now)
                for number, _ in people
                for one in [browsers[number % BROWSERS]]
            ),
        )
        columns = (
            "id, subscriber_id, what, service_id, arguments, fingerprint, on_new, on_changed, on_closed, on_late, "
            "cadence, created_datetime, told_datetime"
        )
        rest = (True, False, True, False, "at_once", now, now)
        copy(
            "subscriptions",
            columns,
            ((first + n, first + n, "circle", one.service.id, Json(circle(one)), str(n), *rest) for n, one in people),
        )
        copy(
            "subscription_places",
            "place, service_id, subscription_id",
            ((key, one.service.id, first + number) for number, one in people for key in keys_of("circle", circle(one))),
        )
        for table in ("subscribers", "subscriptions"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("ANALYZE")


def circle(report: Report) -> dict[str, Any]:
    return {"lat": report.spot.lat, "long": report.spot.long, "radius_m": RADIUS_M, "label": "storm"}


@contextlib.contextmanager
def worker(environ: dict[str, str]) -> Iterator[None]:
    """A `blockwise worker`, which must not end by itself."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"], env=settings, cwd=ROOT, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield
            assert process.poll() is None, "the worker ended"
        finally:
            process.terminate()


async def send_all(port: int, reports: Sequence[Report]) -> None:
    """All through the form, from 32 clients at once."""
    for start in range(0, len(reports), AT_ONCE):
        await round_of(port, "/report", [form(report) for report in reports[start : start + AT_ONCE]])


def form(report: Report) -> bytes:
    fields = {
        "client_request_id": str(report.number),
        "stamp": new_stamp(SECRET),
        "service_code": report.service.service_code,
        "lat": f"{report.spot.lat:.6f}",
        "long": f"{report.spot.long:.6f}",
        "accuracy": "10",
        "place_source": "device",
        "address_string": "on a storm's day",
        "description": "The storm took it down, and it lies across the pavement and half of the street.",
        "step": "send",
    }
    asked = [one for one in report.service.attributes if one.required and one.variable and not one.show_if]
    return urlencode({**fields, **{f"attribute[{one.code}]": answer(one) for one in asked}}).encode()


def answer(attribute: ServiceAttribute) -> str:
    if attribute.values:
        return str(next(value["key"] for value in attribute.values if not value.get("stop")))
    earlier = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    return {"number": "3", "datetime": earlier}.get(attribute.datatype, "seen by the storm's bench")


def wait_until_told(push: str) -> float:
    """Until each has heard, or nothing comes any more: the seconds for which nothing came."""
    last, moved = -1, time.perf_counter()
    while (count := counted(push)["messages"]) < FOLLOWERS * REPORTS:
        if count != last:
            last, moved = count, time.perf_counter()
        if time.perf_counter() - moved > STILL_SECONDS:
            return time.perf_counter() - moved
        time.sleep(0.5)
    return 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    lost: int
    unpromised: int
    idle: int
    untold: int
    twice: int


def verdict(url: str, reports: Sequence[Report]) -> Verdict:
    """What the database says of these reports."""
    told = f"""SELECT count(*) FILTER (WHERE told < {FOLLOWERS}), count(*) FILTER (WHERE told > {FOLLOWERS}) FROM (
        SELECT r.id, count(d.id) FILTER (WHERE d.channel = 'push' AND d.sent_datetime IS NOT NULL) AS told
        FROM storm JOIN service_requests r USING (client_request_id) JOIN updates u ON u.request_id = r.id
        LEFT JOIN deliveries d ON d.update_id = u.id GROUP BY r.id) AS each_request"""
    mine = "FROM storm JOIN service_requests r USING (client_request_id)"
    promised = "EXISTS (SELECT 1 FROM promise_rules p WHERE p.service_id = r.service_id)"
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE storm (client_request_id uuid PRIMARY KEY)")
        with cursor.copy("COPY storm FROM STDIN") as target:
            for report in reports:
                target.write_row([report.number])
        [(found,)] = cursor.execute(f"SELECT count(*) {mine}")
        [(unpromised,)] = cursor.execute(f"SELECT count(*) {mine} WHERE expected_datetime IS NULL AND {promised}")
        [(idle,)] = cursor.execute(f"SELECT count(*) {mine} WHERE department_id IS NULL AND triage_datetime IS NULL")
        [(untold, twice)] = cursor.execute(told)
    return Verdict(len(reports) - found, unpromised, idle, untold, twice)


def rows(took: float, sent: float, found: Verdict, pushes: dict[str, int]) -> Iterator[Row]:
    day = took / REPORTS * DAY
    yield Row(
        name="a storm's day: reported, routed, promised and told",
        value=day / 60,
        unit="min",
        limit=f"{DAY:,} reports in an hour",
        ratio=day / LIMIT_SECONDS,
        ok=day <= LIMIT_SECONDS,
        detail=f"{REPORTS:,} reports in {took:.0f} s, taken in {sent:.0f} s of it from {CLIENTS} clients",
    )
    wrong = found.lost + found.unpromised + found.idle + found.untold + found.twice
    posted_again = pushes["posts"] - FOLLOWERS * REPORTS
    yield Row(
        name="a storm's day: lost, without hands, untold or told twice",
        value=wrong,
        unit="",
        limit="0",
        ratio=None,
        ok=wrong == 0 and pushes["messages"] == FOLLOWERS * REPORTS,
        detail=f"{pushes['messages']:,} messages at the push service, {posted_again} posted again; {found}",
    )


if __name__ == "__main__":
    for row in run():
        print(row)
