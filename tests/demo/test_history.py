"""The plan of past requests has the rhythm of a city."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import shapely

from app.demo.city import City
from app.demo.history import PastRequest, filed_since, make_history
from app.demo.pictures import PICTURES
from app.demo.rhythm import TIMEZONE
from app.demo.themes import themes_of
from app.service_requests.workflow import ANSWERED, STATUSES
from app.services.answers import is_asked, stop_of
from app.services.models import Service
from tests.demo.conftest import NOW

LOCAL = ZoneInfo(TIMEZONE)


def test_the_same_seed_and_moment_make_the_same_past(
    city: City, services: list[Service], history: list[PastRequest]
) -> None:
    assert make_history(city, services, NOW) == history
    assert make_history(city, services, NOW, seed=7, count=300) != make_history(city, services, NOW, count=300)


def test_five_thousand_in_eighteen_months_and_none_in_the_future(history: list[PastRequest]) -> None:
    assert len(history) == 5000
    assert [r.requested_datetime for r in history] == sorted(r.requested_datetime for r in history)
    assert NOW - timedelta(days=550) < history[0].requested_datetime < NOW - timedelta(days=540)
    assert all(step.at <= NOW for request in history for step in request.timeline)
    assert all(at <= NOW for request in history for at in request.reporters)
    assert 12 <= filed_since(history, NOW - timedelta(days=1)) <= 45


def test_weekdays_and_mornings_are_busier(history: list[PastRequest]) -> None:
    local = [request.requested_datetime.astimezone(LOCAL) for request in history]
    days = Counter(moment.weekday() for moment in local)
    assert min(days[day] for day in range(5)) > 1.15 * max(days[5], days[6])
    hours = Counter(moment.hour for moment in local)
    assert hours[10] > 4 * hours[3]


def test_each_problem_has_its_season(history: list[PastRequest]) -> None:
    def share(theme: str, months: set[int]) -> float:
        found = [r.requested_datetime.month for r in history if r.theme == theme]
        return sum(month in months for month in found) / len(found)

    assert share("lot", {5, 6, 7, 8, 9}) > 0.7
    assert share("snow", {12, 1, 2, 3}) > 0.9
    assert share("heat", {11, 12, 1, 2, 3}) > 0.6
    assert share("pothole", {2, 3, 4}) > 0.3


def test_a_storm_brings_some_five_times_the_usual_day(history: list[PastRequest]) -> None:
    days = Counter(request.requested_datetime.astimezone(LOCAL).date() for request in history)
    worst, count = days.most_common(1)[0]
    usual = len(history) / 548
    assert 4 < count / usual < 7
    themes = Counter(r.theme for r in history if r.requested_datetime.astimezone(LOCAL).date() == worst)
    assert {"tree", "drain"} & {theme for theme, _ in themes.most_common(3)}


def test_problems_come_back_to_the_same_corners(history: list[PastRequest]) -> None:
    for theme in ("graffiti", "dumping", "pothole"):
        spots = [r.spot.at for r in history if r.theme == theme and r.duplicate_of is None]
        cells = Counter((int(x // 300), int(y // 300)) for x, y in spots)
        busiest = sum(n for _, n in cells.most_common(12))
        assert busiest / len(spots) > 0.25, theme


def test_one_in_nine_repeats_an_earlier_report_close_by(history: list[PastRequest]) -> None:
    again = [request for request in history if request.duplicate_of is not None]
    assert 0.10 <= len(again) / len(history) <= 0.12
    for request in again:
        first = history[request.duplicate_of or 0]
        assert first.requested_datetime <= request.requested_datetime
        assert first.service_code == request.service_code
        assert math.dist(first.spot.at, request.spot.at) < 80
        assert first.duplicate_of is None
        assert first.closed_datetime is None or request.requested_datetime <= first.closed_datetime
        assert request.status == "duplicate"


def test_nine_of_ten_promises_are_kept_and_some_missed_by_far(history: list[PastRequest]) -> None:
    done = [(r.closed_datetime, r.expected_datetime) for r in history if r.status in ANSWERED]
    promised = [(closed, due) for closed, due in done if closed and due]
    kept = sum(closed <= due for closed, due in promised) / len(promised)
    assert 0.87 <= kept <= 0.93
    assert max(closed - due for closed, due in promised) > timedelta(days=60)
    late = [r for r in history if r.is_open and r.expected_datetime and r.expected_datetime < NOW]
    assert 20 <= len(late) <= 110


def test_departments_differ_in_keeping_their_word(history: list[PastRequest]) -> None:
    def kept(theme: str) -> float:
        done = [r for r in history if r.theme == theme and r.status in ANSWERED and r.expected_datetime]
        return sum((r.closed_datetime or NOW) <= (r.expected_datetime or NOW) for r in done) / len(done)

    assert kept("missed") > kept("property") + 0.03


def test_some_hundred_and_eighty_are_open_now(history: list[PastRequest]) -> None:
    assert 150 <= sum(request.is_open for request in history) <= 250
    assert len({request.status for request in history if request.is_open}) >= 4


def test_timelines_follow_the_workflow(history: list[PastRequest]) -> None:
    for request in history:
        changes = [step for step in request.timeline if step.status]
        assert changes[0].status == "received"
        assert changes[0].at == request.requested_datetime
        for before, after in itertools.pairwise(changes):
            assert before.at <= after.at
            assert after.status in STATUSES[before.status or ""].next, (before, after)
        assert all(step.closes == (not STATUSES[step.status or ""].is_open) for step in changes)


def test_some_are_reopened_referred_withdrawn_and_not_found(history: list[PastRequest]) -> None:
    ends = Counter(request.status for request in history)
    assert all(ends[status] > 20 for status in ("referred", "withdrawn", "not_found", "no_action"))
    assert sum(any(step.status == "reopened" for step in r.timeline) for r in history) > 60


def test_what_lies_on_state_land_is_referred_to_its_agency(city: City, history: list[PastRequest]) -> None:
    land = {area.agency: area.shape for area in city.agency_areas}
    abroad = [request for request in history if request.agency]
    assert {request.agency for request in abroad} == {"state-highways", "state-parks", "port-authority"}
    assert all(shapely.contains_xy(land[request.agency], *request.spot.at) for request in abroad)
    settled = [r for r in abroad if r.requested_datetime < NOW - timedelta(days=5)]
    assert {request.status for request in settled} == {"referred"}


def test_every_place_lies_in_the_city(city: City, history: list[PastRequest]) -> None:
    x, y = zip(*(request.spot.at for request in history), strict=True)
    assert shapely.contains_xy(city.boundary.buffer(1), x, y).all()


def test_answers_fit_their_questions_and_none_ends_the_report(
    services: list[Service], history: list[PastRequest]
) -> None:
    by_code = {service.service_code: service for service in services}
    datatypes = set()
    for request in history:
        questions = {question.code: question for question in by_code[request.service_code].attributes}
        for code, answer in request.answers.items():
            question = questions[code]
            datatypes.add(question.datatype)
            assert is_asked(question, request.answers)
            if question.datatype.endswith("list"):
                keys = {value["key"] for value in question.values}
                assert set(answer if isinstance(answer, list) else [answer]) <= keys
                assert stop_of(question, answer, "en") is None
        missing = {q.code for q in questions.values() if q.required and q.variable and is_asked(q, request.answers)}
        assert missing <= request.answers.keys()
    assert datatypes == {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


def test_words_are_filled_in_varied_and_partly_spanish(history: list[PastRequest]) -> None:
    texts = [request.description for request in history if request.description]
    assert not any("{" in text or "}" in text for text in texts)
    assert len(set(texts)) > 2000
    assert 0.08 < sum(request.locale == "es" for request in history) / len(history) < 0.2


def test_every_picture_is_one_that_can_be_drawn(services: list[Service], history: list[PastRequest]) -> None:
    pictures = {request.picture for request in history if request.picture}
    assert 40 <= len(pictures) <= 60
    assert {name.rpartition("-")[0] for name in pictures} <= set(PICTURES)
    assert {theme.picture for theme in themes_of(services)} <= set(PICTURES)
    assert not any(request.picture for request in history if request.source == "phone")


def test_each_service_of_the_catalogue_is_used(services: list[Service], history: list[PastRequest]) -> None:
    used = {request.service_code for request in history}
    assert len(used) > 0.9 * len(services)
