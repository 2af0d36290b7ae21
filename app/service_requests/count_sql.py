"""What is counted of a request, and how changes are summed up: SQL that both databases understand.

`counted(dialect, row)` is what one row counts as. `SUMS` are the tables of sums, each with the statement that
makes its rows from any relation of changes: those that wait, or the requests themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.service_requests.count_models import (
    ALL,
    LAST_GROUP_LEVEL,
    LAST_MONTH_LEVEL,
    LAST_SOURCE_LEVEL,
    LEVELS,
    STANDINGS,
)
from app.service_requests.workflow import OPEN

CHANGE = ("cell", "service_id", "standing", "filed", "closed", "days_to_close", "source")
CELL_BITS = 48


def standing(row: str) -> str:
    codes = ", ".join(f"'{code}'" for code in OPEN)
    return (
        f"CASE WHEN {row}.status = 'duplicate' THEN 'duplicate'"
        f" WHEN {row}.status NOT IN ({codes}) THEN 'closed' WHEN {row}.late THEN 'late' ELSE 'open' END"
    )


def local_day(dialect: str, instant: str) -> str:
    """The day of an instant in the city's time zone, as YYYYMMDD; in UTC where there is no city yet."""
    offset = f"(SELECT seconds FROM utc_offsets WHERE since_datetime <= {instant} ORDER BY since_datetime DESC LIMIT 1)"
    if dialect == "sqlite":
        # Without the fraction, which SQLite would round up into the next day.
        return f"CAST(strftime('%Y%m%d', substr({instant}, 1, 19), COALESCE({offset}, 0) || ' seconds') AS INTEGER)"
    return (
        f"CAST(to_char({instant} AT TIME ZONE 'UTC' + COALESCE({offset}, 0) * interval '1 second', 'YYYYMMDD')"
        " AS integer)"
    )


def days_between(dialect: str, first: str, last: str) -> str:
    """Whole days from an instant to a later one, in full seconds; 0 where the later one is not later."""
    if dialect == "sqlite":
        seconds = " - ".join(f"CAST(strftime('%s', substr({one}, 1, 19)) AS INTEGER)" for one in (last, first))
        return f"MAX(0, ({seconds}) / 86400)"
    seconds = " - ".join(f"floor(extract(epoch FROM {one}))" for one in (last, first))
    return f"CAST(greatest(0, floor(({seconds}) / 86400)) AS integer)"


def counted(dialect: str, row: str) -> str:
    """The columns CHANGE of a row of service_requests that is called `row`."""
    was_closed = f"CASE WHEN {standing(row)} = 'closed' AND {row}.closed_datetime IS NOT NULL THEN"
    return (
        f"{row}.cell AS cell, {row}.service_id AS service_id, {standing(row)} AS standing,"
        f" {local_day(dialect, f'{row}.requested_datetime')} AS filed,"
        f" {was_closed} {local_day(dialect, f'{row}.closed_datetime')} END AS closed,"
        f" {was_closed} {days_between(dialect, f'{row}.requested_datetime', f'{row}.closed_datetime')} END"
        f" AS days_to_close, {row}.source AS source"
    )


def every_request(dialect: str) -> str:
    """All requests and their areas as changes: a relation like count_changes, made from the rows themselves."""
    facts = ", ".join(f"f.{name} AS {name}" for name in CHANGE)
    return (
        f"(WITH facts AS MATERIALIZED (SELECT r.id AS id, {counted(dialect, 'r')} FROM service_requests r)"
        f" SELECT 1 AS sign, 0 AS area_id, {facts} FROM facts f UNION ALL"
        f" SELECT 1 AS sign, a.area_id AS area_id, {facts} FROM request_areas a JOIN facts f ON f.id = a.request_id)"
    )


def of_standing() -> str:
    return ", ".join(f"CASE WHEN standing = '{one}' THEN sign ELSE 0 END AS {one}" for one in STANDINGS)


def by_standing(sign: str = "sign") -> str:
    return ", ".join(f"SUM(CASE WHEN standing = '{one}' THEN {sign} ELSE 0 END) AS {one}" for one in STANDINGS)


def values(*numbers: int) -> str:
    """A relation of one column, which both databases call column1."""
    return f"(VALUES {', '.join(f'({number})' for number in numbers)})"


# A group's own number beside those of services: the lowest id of its services, negative.
GROUP_KEYS = "(SELECT group_code, -MIN(id) AS key FROM services GROUP BY group_code)"


def cell_sums(changes: str) -> str:
    """One sorted pass for each level: for each service, each group and all, for all time and, where it is kept, by
    month."""
    base = (
        f"SELECT c.cell AS cell, c.service_id AS service_id, k.key AS group_key, c.filed / 100 AS month,"
        f" s.private AS private, {by_standing()} FROM {changes} c JOIN services s ON s.id = c.service_id"
        f" JOIN {GROUP_KEYS} k ON k.group_code = s.group_code"
        " WHERE c.area_id = 0 GROUP BY c.cell, c.service_id, k.key, c.filed / 100, s.private"
    )
    passes = [
        cell_pass(level, service, by_month=by_month)
        for level in LEVELS
        for service in (str(ALL), *(("b.group_key",) if level <= LAST_GROUP_LEVEL else ()), "b.service_id")
        for by_month in ((False, True) if level <= LAST_MONTH_LEVEL else (False,))
    ]
    return f"WITH base AS MATERIALIZED ({base}) {' UNION ALL '.join(passes)}"


def cell_pass(level: int, service: str, *, by_month: bool) -> str:
    """`service` is the column to count by, or ALL. Only single services are counted when they are private."""
    cell = f"b.cell >> {CELL_BITS - 2 * level}"
    public = "" if service == "b.service_id" else "WHERE NOT b.private "
    month = "b.month" if by_month else str(ALL)
    key = ", ".join(part for part in (service, month, cell) if part != str(ALL))
    sums = ", ".join(f"SUM(b.{one}) AS {one}" for one in STANDINGS)
    return (
        f"SELECT {level} AS level, {service} AS service_id, {month} AS month, {cell} AS cell, {sums}"
        f" FROM base b {public}GROUP BY {key}"
    )


def source_sums(changes: str) -> str:
    """For each source its groups for all time and, where it is kept, all of it by month."""
    base = (
        f"SELECT c.source AS source, k.key AS group_key, c.filed / 100 AS month, c.cell AS cell, {of_standing()}"
        f" FROM {changes} c JOIN services s ON s.id = c.service_id JOIN {GROUP_KEYS} k ON k.group_code = s.group_code"
        " WHERE c.area_id = 0 AND NOT s.private"
    )
    parts, rows = [("base", base)], []
    for of_each, finest in (("group_key", LAST_SOURCE_LEVEL), ("month", LAST_MONTH_LEVEL)):
        made = by_level(of_each, [level for level in LEVELS if level <= finest])
        parts += made.items()
        others = f"{ALL} AS month, cell, group_key" if of_each == "group_key" else f"month, cell, {ALL} AS group_key"
        rows += [f"SELECT level, source, {others}, {', '.join(STANDINGS)} FROM {name}" for name in made]
    written = ", ".join(f"{name} AS MATERIALIZED ({part})" for name, part in parts)
    return f"WITH {written} {' UNION ALL '.join(rows)}"


def by_level(of_each: str, levels: Sequence[int]) -> dict[str, str]:
    """{name: the select that makes it}: each level is summed up from the next finer one, the finest from `base`."""
    sums = ", ".join(f"CAST(SUM({one}) AS bigint) AS {one}" for one in STANDINGS)
    made: dict[str, str] = {}
    finer, bits = "base", CELL_BITS
    for level in reversed(levels):
        key = f"source, {of_each}, cell >> {bits - 2 * level}"
        made[f"{of_each}_{level}"] = f"SELECT {level} AS level, {key} AS cell, {sums} FROM {finer} GROUP BY {key}"
        finer, bits = f"{of_each}_{level}", 2 * level
    return made


def area_sums(changes: str) -> str:
    """Each change counts on the day of filing and on that of closing; days for all services, months for each."""
    facts = "area_id, service_id, standing, sign"
    return (
        f"SELECT c.area_id AS area_id, CASE WHEN w.column1 < 3 THEN {ALL} ELSE c.service_id END AS service_id,"
        f" CASE w.column1 WHEN 0 THEN c.day WHEN 1 THEN c.day / 100 * 100 WHEN 3 THEN c.day / 100 * 100 ELSE {ALL} END"
        f" AS period, {by_standing()}, SUM(closing) AS closings"
        f" FROM (SELECT {facts}, filed AS day, 0 AS closing FROM {changes} f UNION ALL"
        f" SELECT area_id, service_id, '' AS standing, sign, closed AS day, sign AS closing FROM {changes} g"
        f" WHERE closed IS NOT NULL) c JOIN services s ON s.id = c.service_id CROSS JOIN {values(0, 1, 2, 3, 4)} w"
        " WHERE w.column1 >= 3 OR NOT s.private GROUP BY 1, 2, 3"
    )


def closing_day_sums(changes: str) -> str:
    return (
        "SELECT c.area_id AS area_id, c.closed / 100 AS month, c.days_to_close AS days, SUM(sign) AS n"
        f" FROM {changes} c JOIN services s ON s.id = c.service_id"
        " WHERE c.days_to_close IS NOT NULL AND NOT s.private GROUP BY 1, 2, 3"
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """A table of sums: its key, what it counts, and whether a statement over changes gives them."""

    table: str
    key: tuple[str, ...]
    figures: tuple[str, ...]

    def of(self, changes: str) -> str:
        """SELECT key, figures of a relation of changes, by key; those that come to nothing left out."""
        made = MAKERS[self.table]
        some = " OR ".join(f"{figure} <> 0" for figure in self.figures)
        return f"SELECT {', '.join(self.columns)} FROM ({made(changes)}) summed WHERE {some}"

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.figures)

    def add(self, changes: str) -> str:
        """The statement that adds the sums of changes to the table."""
        return f"{self.insert(changes)} {self.on_conflict}"

    @property
    def on_conflict(self) -> str:
        """What makes a statement that inserts sums one that adds them."""
        sums = ", ".join(f"{one} = {self.table}.{one} + excluded.{one}" for one in self.figures)
        return f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {sums}"

    def insert(self, changes: str) -> str:
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) {self.of(changes)}"

    def remove_empty(self, changes: str) -> str:
        """The statement that deletes the rows that came to nothing by adding these changes."""
        key, less = ", ".join(self.key), " OR ".join(f"{one} < 0" for one in self.figures)
        empty = " AND ".join(f"{one} = 0" for one in self.figures)
        reached = f"SELECT {key} FROM ({self.of(changes)}) reached WHERE {less}"
        return f"DELETE FROM {self.table} WHERE ({key}) IN ({reached}) AND {empty}"


MAKERS = {
    "cell_counts": cell_sums,
    "area_counts": area_sums,
    "area_closing_days": closing_day_sums,
    "source_counts": source_sums,
}
# Those that the first migrations know.
FIRST_SUMS = (
    Sums("cell_counts", ("level", "service_id", "month", "cell"), STANDINGS),
    Sums("area_counts", ("area_id", "service_id", "period"), (*STANDINGS, "closings")),
    Sums("area_closing_days", ("area_id", "month", "days"), ("n",)),
)
SOURCE_SUMS = Sums("source_counts", ("level", "source", "month", "cell", "group_key"), STANDINGS)
SUMS = (*FIRST_SUMS, SOURCE_SUMS)
