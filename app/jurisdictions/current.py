"""The city of the moment: read once in a while by each process, so that every page knows its name and its clock."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import NoCity, get_jurisdiction
from app.templating import current_timezone, template_engine

log = structlog.get_logger()

# A changed name or telephone number is shown by every process within this many seconds.
KEPT_SECONDS = 30.0

current_city: ContextVar[Jurisdiction | None] = ContextVar("current_city", default=None)


@dataclass(slots=True)
class Kept:
    city: Jurisdiction
    until: float


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


class CityOfTheMoment:
    """What templates call `city`: the current jurisdiction's fields; false before there is a city."""

    def __bool__(self) -> bool:
        return current_city.get() is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(current_city.get(), name)


template_engine.engine.globals["city"] = CityOfTheMoment()


async def enter_city(database: Database) -> None:
    """Sets the city and its time zone for what follows in this task. Costs a read every 30 seconds.

    With the database gone the last known city stays: whether a page can be had is the page's own question.
    """
    kept = _kept.get(database.engine.sync_engine)
    if kept is None or kept.until < time.monotonic():
        kept = await read_city(database) or kept
    current_city.set(kept.city if kept else None)
    current_timezone.set(kept.city.timezone if kept else "UTC")


async def read_city(database: Database) -> Kept | None:
    try:
        async with database.reading() as session:
            city = await get_jurisdiction(session)
            session.expunge(city)
    except NoCity:
        return None
    except (SQLAlchemyError, OSError) as error:
        log.warning("city not read", reason=type(error).__name__)
        return None
    kept = _kept[database.engine.sync_engine] = Kept(city, time.monotonic() + KEPT_SECONDS)
    return kept
