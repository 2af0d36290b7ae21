"""The ground that tests stand on: both databases, migrated once and copied for each test; the real application."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database
from app.main import create_app, state_of
from app.schema import migrate
from app.settings import Settings, load_settings
from tests.fleeting import use_memory
from tests.servers import postgres_cluster
from tests.shared_dialects import engine_of_a_kind

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
DATABASES = ["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)]
numbers = itertools.count()
WAITING = {"e2e", "faults"}
# A minute each, or nearly.
LONG = {"test_run.py", "test_cli.py"}
IN_MEMORY = pytest.StashKey[Path | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[IN_MEMORY] = use_memory()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that mostly wait, for browsers and broken networks, come between those that compute, and no long one last.

    The files of each kind keep their order, and so do the tests of each file.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if WAITING & set(path.parts)]
    computing = [path for path in files if path not in waiting]
    turns = {path: turn / len(kind) for kind in (waiting, computing) for turn, path in enumerate(kind)}
    order = sorted(files, key=lambda path: (path.name not in LONG, turns[path]))
    items[:] = [item for path in order for item in files[path]]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What failed can be looked at until the next run begins."""
    folder = session.config.stash[IN_MEMORY]
    if folder and exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """What takes its time on purpose, or once in a program's life, and in tests thousands of times."""
    with pytest.MonkeyPatch.context() as patch:
        # argon2id as everywhere, in a thousandth of the memory.
        cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr("app.accounts.passwords.hasher", cheap)
        patch.setattr("app.db.create_async_engine", engine_of_a_kind)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real requests, boundaries, photos and maps, beside the project."""
    if not SHARED.is_dir():
        assert not os.environ.get("CI"), f"{SHARED} is absent in CI"
        pytest.skip("the folder ../shared/data is absent")
    return SHARED


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    await database.close()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    with postgres_cluster() as url:
        yield url


@pytest.fixture(scope="session")
async def postgis_template(cluster: str) -> str:
    """A cluster whose database `template` is migrated, and small: it is copied for hundreds of tests."""
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE template")
    database = Database(f"{cluster}/template".replace("postgresql://", "postgresql+psycopg://"))
    await migrate(database)
    await database.close()
    with psycopg.connect(f"{cluster}/template", autocommit=True) as connection:
        # Nearly half of it are coordinate systems that nobody asks for.
        connection.execute("DELETE FROM spatial_ref_sys WHERE srid NOT IN (4326, 3857)")
        connection.execute("VACUUM FULL spatial_ref_sys")
    return cluster


@contextmanager
def database_for(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of its own, on the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        path = folder / "blockwise.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster = request.getfixturevalue("postgis_template")
    name = f"test_{next(numbers)}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        # As files: through the log, which is the default, takes several times as long.
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY")
    yield f"{cluster}/{name}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def settings_for(database_url: str, folder: Path) -> Settings:
    """The settings of a city that keeps all but its database in this folder."""
    return load_settings(
        {
            "BLOCKWISE_DATABASE_URL": database_url,
            "BLOCKWISE_MEDIA_URL": str(folder / "media"),
            "BLOCKWISE_PUBLIC_URL": "http://testserver.local",
            "BLOCKWISE_SECRET_KEY": "a secret for tests only",
            "BLOCKWISE_VAR": str(folder / "var"),
            "BLOCKWISE_EMBEDDED_WORKER": "0",
            "BLOCKWISE_GATHER_SECONDS": "0",
        }
    )


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of its own: SpatiaLite, then PostGIS."""
    with database_for(request, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, tmp_path)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """Made once: its hundreds of routes take a tenth of a second."""
    folder = tmp_path_factory.mktemp("app")
    return create_app(settings_for(f"sqlite:///{folder / 'none.sqlite'}", folder))


@pytest.fixture
def app(built_app: Litestar, settings: Settings) -> Litestar:
    """The application with a database, settings and photos of the test's own."""
    built_app.state.clear()
    built_app.state.update(state_of(settings))
    return built_app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """A browser without JavaScript: keeps cookies, talks to the real application in this process."""
    async with AsyncTestClient(app) as client:
        yield client
