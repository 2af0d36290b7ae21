"""The rollups' tables: what has changed and is not summed up yet, and the sums. See docs/decisions/0008.

All of it is derived from `service_requests` and `request_areas`, and has no foreign keys: `recount` makes it again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey

# Web Mercator zooms at which requests are counted by cell; a cell is `ServiceRequest.cell >> 2 * (24 - level)`.
LEVELS = (12, 14, 16, 18, 20, 24)
# Up to this level each month is counted too; beyond it there are about as many cells as requests.
LAST_MONTH_LEVEL = 16
# Up to this level groups are counted; in smaller cells there are about as many groups as services.
LAST_GROUP_LEVEL = 20
# Up to this level sources are counted; what stands in smaller cells is on a screen of some streets, and is read.
LAST_SOURCE_LEVEL = 20
STANDINGS = ("open", "late", "closed", "duplicate")
# `service_id` of the sum over all public services; `month` and `period` of all time; `area_id` of the whole city.
ALL = 0


class CountChange(Base):
    """One request that is counted (`sign` 1) or no longer counted (-1) in one area. Written by triggers only."""

    __tablename__ = "count_changes"
    __table_args__ = (Index(None, "area_id", "cell"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sign: Mapped[int]
    # 0: the request itself, for the cells and for the whole city.
    area_id: Mapped[int]
    cell: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[int]
    # One of STANDINGS.
    standing: Mapped[str] = mapped_column(String(9))
    # Days of the city's time zone, as YYYYMMDD. `closed` and `days_to_close` only where it stands as closed.
    filed: Mapped[int]
    closed: Mapped[int | None]
    # Whole days (of 24 hours) from filing to closing.
    days_to_close: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(20))


class CountingPaused(Base):
    """While a transaction has a row here, what it inserts notes no change: `count_bulk` counts it in the same one."""

    __tablename__ = "counting_paused"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)


class Standings:
    """How many requests stand how, now."""

    open: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)


class CellCount(Standings, Base):
    """The requests of one cell of a level, of a service or ALL public ones, filed in a month (YYYYMM) or ALL time.

    The public ones of a group are together under a negative `service_id`: its key (`count_sql.GROUP_KEYS`).
    """

    __tablename__ = "cell_counts"
    __table_args__ = {"sqlite_with_rowid": False}

    # The cell is last: the cells of a tile are one run of the index for each service and month.
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class SourceCount(Standings, Base):
    """The public requests of one cell of a level that came by one source: of each group for ALL time, and of ALL
    groups together by month of filing (YYYYMM).
    """

    __tablename__ = "source_counts"
    __table_args__ = {"sqlite_with_rowid": False}

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # Its key (`count_sql.GROUP_KEYS`). Last: all groups of a tile's cells are one run of the index.
    group_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class AreaCount(Standings, Base):
    """The requests of an area, filed in a period, by how they stand now; `closings`: how many were closed in it.

    `period` is a day (YYYYMMDD), a month (YYYYMM00) or ALL time. One service is counted by month, not by day.
    """

    __tablename__ = "area_counts"
    __table_args__ = {"sqlite_with_rowid": False}

    area_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closings: Mapped[int] = mapped_column(default=0)


class AreaClosingDays(Base):
    """How many of an area's public requests that were closed in a month (YYYYMM) had taken so many whole days."""

    __tablename__ = "area_closing_days"
    __table_args__ = {"sqlite_with_rowid": False}

    area_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(default=0)
