"""The same on PostgreSQL: one whole report by phone, in a city of its own."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.e2e.conftest import OpenPhone
from tests.e2e.resident import read_back
from tests.e2e.test_faults import environ_of
from tests.media.samples import PHOTOS, sample
from tests.servers import blockwise_server
from tests.service_requests.city import LAT, LONG


@pytest.mark.postgis
async def test_a_report_is_sent_and_followed_on_postgis(cluster: str, tmp_path: Path, open_phone: OpenPhone) -> None:
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE e2e")
    here = {"latitude": LAT, "longitude": LONG, "accuracy": 9}
    with blockwise_server(await environ_of(f"{cluster}/e2e", tmp_path)) as (address, _):
        resident = await open_phone(address, geolocation=here)
        photo = sample(PHOTOS["orientation"][0])
        number = await resident.report(photo, code="pothole", kind="pothole", words="On the other database")
        told = await read_back(address, number)
        assert (told["lat"], told["long"]) == pytest.approx((LAT, LONG), abs=1e-6)
        assert (told["address"], told["description"]) == ("12 Beacon Street", "On the other database")
        assert [area["name"] for area in told["areas"]] == ["Board 1"]
        assert len(told["photos"]) == 1
        await resident.open("/my")
        assert number in await resident.page.content()
