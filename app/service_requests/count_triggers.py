"""The triggers that note every counted change of a request: no code path can forget it, and a rollback takes it along.

Made by a migration; one that changes what is counted or which statuses are open makes them again with `statements`
(tests/service_requests/test_count_triggers.py says so when it must). Writers only append, so that none waits for
another; `counts.fold` sums up later.
"""

from __future__ import annotations

from app.service_requests.count_sql import CHANGE, counted, standing

INTO = f"INSERT INTO count_changes (sign, area_id, {', '.join(CHANGE)})"
COLUMNS = "status, late, service_id, cell, requested_datetime, closed_datetime, source"
NAMES = (
    ("count_request_filed", "service_requests"),
    ("count_request_changed", "service_requests"),
    ("count_request_deleted", "service_requests"),
    ("count_area_added", "request_areas"),
    ("count_area_changed", "request_areas"),
    ("count_area_removed", "request_areas"),
)
RECOUNT = "recount"
# Whoever writes thousands of new requests counts them together (count_bulk.py).
PAUSED = "EXISTS (SELECT 1 FROM counting_paused)"
# Whether a service counts elsewhere now: with all, and with its group.
REGROUPED = "OLD.private <> NEW.private OR OLD.group_code <> NEW.group_code"


def statements(dialect: str) -> list[str]:
    """Makes the triggers, in place of those that were there."""
    return [*removals(dialect), *(sqlite_triggers() if dialect == "sqlite" else postgresql_triggers())]


def removals(dialect: str) -> list[str]:
    names = (*NAMES, ("count_service_changed", "services"), ("count_service_hidden", "services"))
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name, _ in names]
    return [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, table in names]


def is_counted_anew(differs: str) -> str:
    """Whether an update changes what a request counts as."""
    same_type = ("cell", "service_id", "requested_datetime", "closed_datetime", "source")
    return " OR ".join(
        [f"{standing('OLD')} <> {standing('NEW')}", *(f"OLD.{name} {differs} NEW.{name}" for name in same_type)]
    )


def moved(dialect: str) -> str:
    """Takes back what a request counted as, and counts it as it is now, in itself and in each of its areas."""
    facts = ", ".join(f"v.{name}" for name in CHANGE)
    return (
        f"{INTO} SELECT v.sign, a.area_id, {facts}"
        f" FROM (SELECT -1 AS sign, {counted(dialect, 'OLD')} UNION ALL SELECT 1, {counted(dialect, 'NEW')}) v"
        " CROSS JOIN (SELECT 0 AS area_id UNION ALL"
        " SELECT area_id FROM request_areas WHERE request_id = NEW.id) a;"
    )


def in_area(dialect: str, sign: int, row: str, lock: str = "") -> str:
    return (
        f"{INTO} SELECT {sign}, {row}.area_id, {counted(dialect, 'r')}"
        f" FROM service_requests r WHERE r.id = {row}.request_id{lock};"
    )


def sqlite_triggers() -> list[str]:
    request, area = counted("sqlite", "NEW"), "request_areas BEGIN"
    added, removed = in_area("sqlite", 1, "NEW"), in_area("sqlite", -1, "OLD")
    made = {
        "count_request_filed": f"AFTER INSERT ON service_requests WHEN NOT {PAUSED} BEGIN"
        f" {INTO} SELECT 1, 0, {request};",
        "count_request_changed": f"AFTER UPDATE OF {COLUMNS} ON service_requests"
        f" WHEN {is_counted_anew('IS NOT')} BEGIN {moved('sqlite')}",
        # Before it is gone: its areas are taken back by what it counts as.
        "count_request_deleted": "BEFORE DELETE ON service_requests BEGIN"
        f" DELETE FROM request_areas WHERE request_id = OLD.id; {INTO} SELECT -1, 0, {counted('sqlite', 'OLD')};",
        "count_area_added": f"AFTER INSERT ON request_areas WHEN NOT {PAUSED} BEGIN {added}",
        "count_area_changed": f"AFTER UPDATE ON {area} {removed} {added}",
        "count_area_removed": f"AFTER DELETE ON {area} {removed}",
        "count_service_changed": f"AFTER UPDATE OF private, group_code ON services WHEN {REGROUPED} BEGIN"
        f" INSERT INTO jobs (name, arguments, run_datetime, attempts) VALUES ('{RECOUNT}', '{{}}',"
        " strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 0);",
    }
    return [f"CREATE TRIGGER {name} {body} END" for name, body in made.items()]


def postgresql_triggers() -> list[str]:
    # Locked: a status that changes beside us waits, or is read after it has changed. Both sides see each other.
    lock = " FOR NO KEY UPDATE"
    added, removed = (in_area("postgresql", sign, row, lock) for sign, row in ((1, "NEW"), (-1, "OLD")))
    unless = f"IF {PAUSED} THEN RETURN NULL; END IF; "
    many = f"{unless}{INTO} SELECT 1, 0, {counted('postgresql', 'r')} FROM added r;"
    many_areas = (
        f"{unless}{INTO} SELECT 1, a.area_id, {counted('postgresql', 'r')}"
        " FROM added a JOIN service_requests r ON r.id = a.request_id FOR NO KEY UPDATE OF r;"
    )
    gone = (
        f"DELETE FROM request_areas WHERE request_id = OLD.id; {INTO} SELECT -1, 0, {counted('postgresql', 'OLD')};"
        " RETURN OLD;"
    )
    at_once = "REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
    hidden = f"INSERT INTO jobs (name, arguments, run_datetime, attempts) VALUES ('{RECOUNT}', '{{}}', now(), 0);"
    made = {
        "count_request_filed": (many, f"AFTER INSERT ON service_requests {at_once}"),
        "count_request_changed": (
            moved("postgresql"),
            f"AFTER UPDATE OF {COLUMNS} ON service_requests FOR EACH ROW WHEN ({is_counted_anew('IS DISTINCT FROM')})",
        ),
        "count_request_deleted": (gone, "BEFORE DELETE ON service_requests FOR EACH ROW"),
        "count_area_added": (many_areas, f"AFTER INSERT ON request_areas {at_once}"),
        "count_area_changed": (f"{removed} {added}", "AFTER UPDATE ON request_areas FOR EACH ROW"),
        "count_area_removed": (removed, "AFTER DELETE ON request_areas FOR EACH ROW"),
        "count_service_changed": (
            hidden,
            f"AFTER UPDATE OF private, group_code ON services FOR EACH ROW WHEN ({REGROUPED})",
        ),
    }
    return [statement for name, (body, when) in made.items() for statement in postgresql_trigger(name, body, when)]


def postgresql_trigger(name: str, body: str, when: str) -> tuple[str, str]:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()",
    )
