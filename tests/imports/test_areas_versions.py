"""Areas follow one another in time: what a new file does to what is there."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from shapely import MultiPolygon

from app.imports.area_versions import DatesOverlap, KeptArea, NewArea, plan_import

OLD, NEW = date(2012, 7, 1), date(2022, 5, 1)


def box(east: float) -> MultiPolygon:
    return MultiPolygon([shapely.box(0, 0, east, 1)])


def kept(code: str, east: float = 1, since: date | None = OLD, to: date | None = None, name: str = "") -> KeptArea:
    return KeptArea(ord(code), code, name or code, None, since, to, box(east))


def new(code: str, east: float = 1, name: str = "") -> NewArea:
    return NewArea(code, name or code, None, box(east), 1.0)


def test_the_same_areas_again_change_nothing() -> None:
    plan = plan_import([kept("a"), kept("b")], [new("a"), new("b")], None, None)
    assert plan.unchanged == 2
    assert not (plan.insert or plan.correct or plan.end or plan.missing)


def test_a_ring_that_begins_elsewhere_is_the_same_shape() -> None:
    turned = NewArea("a", "a", None, MultiPolygon([([(1, 1), (0, 1), (0, 0), (1, 0)], [])]), 1.0)
    assert plan_import([kept("a")], [turned], NEW, None).unchanged == 1


def test_a_new_first_day_ends_what_differs_or_is_gone_and_keeps_what_is_the_same() -> None:
    plan = plan_import([kept("a"), kept("b"), kept("c")], [new("a"), new("b", 2), new("d")], NEW, None)
    assert plan.unchanged == 1
    assert {row.code for row in plan.end} == {"b", "c"}
    assert {area.code for area in plan.insert} == {"b", "d"}
    assert plan.replaced == 1


def test_the_second_import_of_a_new_first_day_changes_nothing() -> None:
    rows = [kept("a"), kept("b", to=NEW), kept("b", 2, since=NEW)]
    plan = plan_import(rows, [new("a"), new("b", 2)], NEW, None)
    assert (plan.unchanged, plan.insert, plan.end, plan.correct) == (2, [], [], [])


def test_without_dates_another_shape_or_name_is_a_correction() -> None:
    plan = plan_import([kept("a"), kept("b")], [new("a", 2), new("b", name="Bee")], None, None)
    assert [row.code for row, _ in plan.correct] == ["a", "b"]
    assert not (plan.insert or plan.end)


def test_the_same_first_day_with_another_shape_is_a_correction() -> None:
    plan = plan_import([kept("a", since=NEW), kept("b", since=NEW)], [new("a", 2)], NEW, None)
    assert [row.code for row, _ in plan.correct] == ["a"]
    assert [row.code for row in plan.missing] == ["b"]
    assert not (plan.insert or plan.end)


def test_without_dates_what_is_not_in_the_file_stays_and_is_told() -> None:
    plan = plan_import([kept("a"), kept("b")], [new("a")], None, None)
    assert [row.code for row in plan.missing] == ["b"]
    assert not plan.end


def test_the_past_goes_before_areas_without_a_first_day() -> None:
    plan = plan_import([kept("a", since=None)], [new("a", 2)], OLD, NEW)
    assert [row.code for row in plan.begin] == ["a"]
    assert [area.code for area in plan.insert] == ["a"]


def test_the_past_twice_changes_nothing() -> None:
    rows = [kept("a", since=NEW), kept("a", 2, since=OLD, to=NEW)]
    plan = plan_import(rows, [new("a", 2)], OLD, NEW)
    assert (plan.unchanged, plan.insert, plan.begin, plan.end) == (1, [], [], [])


def test_dates_that_overlap_other_areas_are_refused() -> None:
    with pytest.raises(DatesOverlap, match="valid from 2012-07-01 on"):
        plan_import([kept("a")], [new("a", 2)], date(2000, 1, 1), NEW)


def test_a_correction_of_today_leaves_the_past_alone() -> None:
    rows = [kept("a", 3, since=None, to=OLD), kept("a")]
    plan = plan_import(rows, [new("a", 2)], None, None)
    assert [(row.valid_from, area.code) for row, area in plan.correct] == [(OLD, "a")]
