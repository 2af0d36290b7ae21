from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image
from playwright.async_api import Browser, async_playwright, expect

from tests import chromium
from tests.e2e.cities import LAT, LONG, copy_of, make_open_city, shared_harbor_point
from tests.e2e.installed import InstalledPhone, phone_in
from tests.e2e.resident import Resident
from tests.e2e.tunnel import tunnel_to
from tests.servers import blockwise_server

FLAGS = [*chromium.FLAGS, "--enable-unsafe-swiftshader"]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1}
PHOTO_LAT = LAT + 0.0027
WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)
OpenPhone = Callable[..., Awaitable[Resident]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def harbor_point(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Harbor Point as it was made. Nobody changes it: see `harbor`.

    Who writes such tests keeps one between runs, in a folder that BLOCKWISE_TEST_CITY names.
    """
    if kept := os.environ.get("BLOCKWISE_TEST_CITY"):
        return shared_harbor_point(Path(kept))
    own = tmp_path_factory.getbasetemp()
    return shared_harbor_point(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def harbor(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server, with its worker, for a copy of Harbor Point."""
    environ = copy_of(harbor_point, tmp_path_factory.mktemp("harbor") / "city")
    with blockwise_server(environ) as (address, _):
        yield address


@pytest.fixture(scope="session")
async def open_city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a real server for a city to which every place on earth belongs."""
    environ = await make_open_city(tmp_path_factory.mktemp("open-city"))
    with blockwise_server(environ) as (address, _):
        yield address


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_phone(browser: Browser) -> AsyncIterator[OpenPhone]:
    """Gives phones (each a browser of its own) at an address. No page may complain: see `Resident.listen`."""
    residents: list[Resident] = []

    async def phone(address: str, *, accuracy: float | None = 12, javascript: bool = True, **options: Any) -> Resident:
        """`accuracy` in metres of the phone's own position in Old Harbor; None when it is not shared."""
        facts: dict[str, Any] = {**PHONE, "locale": "en-US", "service_workers": "block", **options}
        if accuracy is not None:
            facts["permissions"] = ["geolocation"]
            facts.setdefault("geolocation", {"latitude": LAT, "longitude": LONG, "accuracy": accuracy})
        context = await browser.new_context(java_script_enabled=javascript, **facts)
        context.set_default_timeout(WAIT_MS)
        resident = Resident(await context.new_page(), address, javascript)
        residents.append(resident)
        return resident

    yield phone
    complaints = []
    for resident in residents:
        await resident.context.close()
        complaints += resident.complaints
    assert not complaints, complaints


@pytest.fixture
async def phone(open_phone: OpenPhone, harbor: str) -> Resident:
    """A resident in Harbor Point, whose phone knows where it is to 12 metres."""
    return await open_phone(harbor)


@pytest.fixture
async def app(harbor: str, tmp_path: Path) -> AsyncIterator[InstalledPhone]:
    """A phone on which the app can be installed: its browser can be killed, and its network can go."""
    async with tunnel_to(harbor) as tunnel, phone_in(tmp_path / "phone", tunnel) as phone:
        yield phone


@pytest.fixture(scope="session")
def photo_in_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo whose camera says that it was taken 300 metres north of where the phone is."""
    path = tmp_path_factory.mktemp("photo") / "in-town.jpg"
    exif = Image.Exif()
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (PHOTO_LAT, 0, 0), 3: "W", 4: (-LONG, 0, 0)}
    Image.radial_gradient("L").save(path, "JPEG", exif=exif)
    return path


@pytest.fixture(scope="session")
def photo(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of the street without a position."""
    taken = next((harbor_point / "media").rglob("*.webp"))
    copy = tmp_path_factory.mktemp("photo") / "street.webp"
    copy.write_bytes(taken.read_bytes())
    return copy
