"""What SQL says differently on the two databases, and what SQLAlchemy has no word for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Join,
    Select,
    TableValuedAlias,
    column,
    false,
    inspect,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

Row = TypeVar("Row")


def holds(column: ColumnElement[int] | InstrumentedAttribute[int], number: int) -> bool:
    """Whether a column can hold a number that somebody wrote; PostgreSQL breaks on any other, asked for or compared."""
    most = 2**63 - 1 if isinstance(column.type, BigInteger) else 2**31 - 1
    return abs(number) <= most


async def find_row(session: AsyncSession, kind: type[Row], number: int, *, lock: bool = False) -> Row | None:
    """The row of this number, which may be any; with `lock` kept from other writers."""
    (key,) = inspect(kind).primary_key
    return await session.get(kind, number, with_for_update=lock) if holds(key, number) else None


def among(value: Any, known: Iterable[int | str]) -> ColumnElement[bool]:
    """Whether a value is one of a list of the house's own numbers or codes, written out.

    As parameters they are hundreds in a statement about the map, and cost more to put in than it costs to run.
    Raises ValueError for a code that is not of letters, digits and underscores.
    """
    written = []
    for one in known:
        if isinstance(one, str) and not one.isidentifier():
            raise ValueError(f"{one!r} is no code")
        written.append(f"'{one}'" if isinstance(one, str) else str(int(one)))
    if not written:
        return false()
    found: ColumnElement[bool] = value.op("IN", return_type=Boolean())(literal_column(f"({', '.join(written)})"))
    return found


class InBox(ColumnElement[bool]):
    """Whether a geometry column's own box meets a box (west, south, east, north, in degrees): by the spatial index."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: InstrumentedAttribute[Any], box: tuple[float, float, float, float]) -> None:
        self.table = column.class_.__tablename__
        self.column = column.key
        self.west, self.south, self.east, self.north = (float(side) for side in box)

    def self_group(self, against: Any = None) -> InBox:
        # As it stands: SQLAlchemy would compare it with 1 on SQLite, which then reads the whole table.
        return self


@compiles(InBox, "sqlite")
def compile_in_box_sqlite(element: InBox, compiler: Any, **_: Any) -> str:
    # SpatiaLite's index is a table of its own (an R*Tree named idx_<table>_<column>), which nobody consults for us.
    return (
        f"{element.table}.id IN (SELECT pkid FROM idx_{element.table}_{element.column}"
        f" WHERE xmin <= {element.east!r} AND xmax >= {element.west!r}"
        f" AND ymin <= {element.north!r} AND ymax >= {element.south!r})"
    )


@compiles(InBox)
def compile_in_box_postgis(element: InBox, compiler: Any, **_: Any) -> str:
    sides = ", ".join(repr(side) for side in (element.west, element.south, element.east, element.north))
    return f"{element.table}.{element.column} && ST_MakeEnvelope({sides}, 4326)"


class Runs(FunctionElement[Any]):
    """A table of runs of numbers, `first` and `after` (first one after it), from a text like "[[3, 7], [9, 10]]"."""

    name = "runs"
    inherit_cache = True

    def named(self) -> TableValuedAlias:
        return self.table_valued(column("first", BigInteger), column("after", BigInteger))


@compiles(Runs, "sqlite")
def compile_runs_sqlite(element: Runs, compiler: Any, **how: Any) -> str:
    given = compiler.process(element.clauses, **how)
    return (
        f"(SELECT json_extract(value, '$[0]') AS first, json_extract(value, '$[1]') AS after FROM json_each({given}))"
    )


@compiles(Runs)
def compile_runs_postgresql(element: Runs, compiler: Any, **how: Any) -> str:
    given = compiler.process(element.clauses, **how)
    each = f"json_array_elements(CAST({given} AS json)) AS run"
    return f"(SELECT CAST(run ->> 0 AS bigint) AS first, CAST(run ->> 1 AS bigint) AS after FROM {each})"


class Either(FunctionElement[Any]):
    """One of two selects of the same columns: the first is SQLite's."""

    name = "either"
    inherit_cache = True


@compiles(Either, "sqlite")
def compile_either_sqlite(element: Either, compiler: Any, **how: Any) -> str:
    first, _ = element.clauses
    return str(compiler.process(first, **how))


@compiles(Either)
def compile_either_postgresql(element: Either, compiler: Any, **how: Any) -> str:
    _, second = element.clauses
    return str(compiler.process(second, **how))


def found_in_runs(runs: Runs, rows: Callable[[Any, Any], Select[Any]]) -> TableValuedAlias:
    """The rows that a select finds from `first` to before `after`, for each run; run by run, each a search by index.

    PostgreSQL takes any run for a two-hundredth of a table and would read all of it: OFFSET keeps it from that.
    """
    run = runs.named()
    one = rows(run.c.first, run.c.after)
    (table,) = (part for part in one.get_final_froms() if part is not run)
    by_run = one.select_from(InOrder(run, table, true()))
    apart = one.offset(0).lateral()
    searched = select(apart).select_from(run.join(apart, true()))
    columns = [column(part.name, part.type) for part in one.selected_columns]
    return Either(by_run.scalar_subquery(), searched.scalar_subquery()).table_valued(*columns)


class InOrder(Join):
    """Two tables joined without a condition, of which SQLite reads the left one first."""

    __visit_name__ = "in_order"
    inherit_cache = True


@compiles(InOrder)
def compile_in_order(element: InOrder, compiler: Any, **how: Any) -> str:
    left, right = (compiler.process(side, **{**how, "asfrom": True}) for side in (element.left, element.right))
    return f"{left} CROSS JOIN {right}"


class Aside(ColumnElement[bool]):
    """A condition that SQLite is to look for by no index: it would rather read all of a status than a place."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, condition: ColumnElement[bool]) -> None:
        self.condition = condition


@compiles(Aside, "sqlite")
def compile_aside_sqlite(element: Aside, compiler: Any, **how: Any) -> str:
    return f"+({compiler.process(element.condition, **how)})"


@compiles(Aside)
def compile_aside(element: Aside, compiler: Any, **how: Any) -> str:
    return f"({compiler.process(element.condition, **how)})"
