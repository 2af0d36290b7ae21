"""A promise that was missed is explained before the city closes, and what it owes for that is owed by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Database
from app.errors import Refused
from app.notifications.news import news_of
from app.service_requests.change_status import change_status
from app.service_requests.counts import differences
from app.service_requests.late import sweep_late
from app.service_requests.missed import Missed, explain
from app.service_requests.missed_models import MissedReason
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.redress import give
from app.service_requests.redress_models import RedressCase, RedressRule
from app.settings import Settings
from tests.accounts.signed_in import grant, person
from tests.service_requests.city import POTHOLE, TREE, report, set_facts, stored
from tests.service_requests.conftest import Person

WHY = Missed("weather", "Snow lay on it for three weeks.")


def ahead(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


async def missed(database: Database, **facts: Any) -> ServiceRequest:
    """A report whose promise has passed."""
    request = await report(database, **facts)
    await set_facts(database, request, expected_datetime=ahead(-2), at_risk_datetime=ahead(-3))
    return await stored(database, request)


async def timeline(database: Database, request: ServiceRequest) -> list[Update]:
    async with database.reading() as session:
        rows = select(Update).where(Update.request_id == request.id).order_by(Update.id)
        return list((await session.execute(rows)).scalars())


async def close(database: Database, request: ServiceRequest, to: str = "fixed", **facts: Any) -> Update:
    async with database.writing() as session:
        return await change_status(session, await stored(database, request), to, **facts)


async def owed(database: Database) -> list[tuple[int, bool]]:
    async with database.reading() as session:
        cases = (await session.execute(select(RedressCase).order_by(RedressCase.id))).scalars()
        return [(case.request_id, case.given_datetime is None) for case in cases]


async def declare(database: Database, **facts: Any) -> int:
    async with database.writing() as session:
        rule = RedressRule(**{"kind": "fee", "words": "The fee is paid back.", "valid_from": ahead(-30), **facts})
        session.add(rule)
        await session.flush()
        return rule.id


async def test_a_missed_promise_is_not_closed_without_a_reason_and_words(city: Database) -> None:
    request = await missed(city)
    for said, wrong in [
        (None, {"missed_reason", "missed_words"}),
        (Missed("laziness", "So it was."), {"missed_reason"}),
        (Missed("weather"), {"missed_words"}),
    ]:
        with pytest.raises(Refused) as refused:
            await close(city, request, missed=said)
        assert refused.value.status == 422
        assert {problem.field for problem in refused.value.problems} == wrong
        assert (await stored(city, request)).status == "received"
    await close(city, request, missed=WHY)
    assert (await stored(city, request)).missed_reason == "weather"
    assert [update.kind for update in await timeline(city, request)] == ["received", "explained", "status"]


async def test_what_was_kept_and_what_the_city_does_not_end_needs_no_reason(city: Database) -> None:
    for request, to, facts in [
        (await report(city), "fixed", {}),
        (await report(city, service_code="graffiti"), "fixed", {}),
        (await missed(city), "withdrawn", {"author": "reporter"}),
        (await missed(city), "duplicate", {"duplicate_of": await report(city)}),
        (await missed(city), "in_progress", {}),
    ]:
        await close(city, request, to, **facts)
        assert (await stored(city, request)).missed_reason is None


async def test_the_reporter_reads_the_reason_and_a_new_date_while_it_stays_open(
    city: Database, ana: Person, stranger: Person, settings: Settings
) -> None:
    request = await missed(city, device_hash=ana.device_hash)
    for until in (None, ahead(-1)):
        with pytest.raises(Refused) as refused:
            async with city.writing() as session:
                await explain(session, request, Missed("weather", "Snow.", until))
        assert [problem.field for problem in refused.value.problems] == ["missed_until"]
    async with city.writing() as session:
        reason = await session.get_one(MissedReason, WHY.reason)
        reason.translations = {"es": {"label": "Por el mal tiempo"}}
        await explain(session, request, Missed(WHY.reason, WHY.words, ahead(4)))
    news = news_of(settings, (await timeline(city, request))[-1], await stored(city, request), "Pothole", [], own=True)
    assert news.words == WHY.words and news.meaning.startswith("The weather did not allow it.")
    assert news.promise.startswith("The city now means to act by ") and news.promise in news.meaning
    page = f"/requests/{request.service_request_id}"
    for told in ((await ana.get(page)).text, (await stranger.get(page)).text):
        assert WHY.words in told and "The weather did not allow it. The city now means to act by " in told
    in_spanish = (await stranger.get(page, headers={"Accept-Language": "es"})).text
    assert WHY.words in in_spanish and "Por el mal tiempo." in in_spanish
    # Explained once, it can be closed; the promise that was missed stays the one that was given.
    await close(city, request)
    now = await stored(city, request)
    assert now.status == "fixed" and now.expected_datetime == request.expected_datetime


async def test_nothing_is_explained_that_was_not_missed(city: Database) -> None:
    for request in (await report(city), await report(city, service_code="graffiti")):
        with pytest.raises(Refused) as refused:
            async with city.writing() as session:
                await explain(session, request, Missed("weather", "Snow.", ahead(4)))
        assert refused.value.status == 409


async def test_what_the_city_owes_is_owed_from_the_moment_that_it_is_late_and_once(
    city: Database, stranger: Person
) -> None:
    for facts in (
        {"service_id": POTHOLE, "translations": {"es": {"words": "Se devuelve la tarifa."}}},
        {"group": "streets", "kind": "priority", "words": "It goes first."},
        {"service_id": TREE},
        {"service_id": POTHOLE, "valid_to": ahead(-1)},
    ):
        await declare(city, **facts)
    kept, request = await report(city), await missed(city)
    for _ in range(2):
        await sweep_late(city)
    assert await owed(city) == [(request.id, True), (request.id, False)]
    assert ((await stored(city, request)).priority, (await stored(city, kept)).priority) == ("high", None)
    told = [(update.kind, update.text) for update in await timeline(city, request)]
    assert told == [("received", ""), ("late", ""), ("redress", "The fee is paid back."), ("redress", "It goes first.")]
    page = f"/requests/{request.service_request_id}"
    assert "Se devuelve la tarifa." in (await stranger.get(page, headers={"Accept-Language": "es"})).text


async def test_what_is_closed_before_a_sweep_has_seen_it_is_owed_the_same_and_once(city: Database) -> None:
    await declare(city)
    request = await missed(city)
    await close(city, request, missed=WHY)
    assert await owed(city) == [(request.id, True)]
    await close(city, request, "reopened")
    await sweep_late(city)
    assert await owed(city) == [(request.id, True)]


async def test_what_becomes_late_while_it_is_closed_is_said_and_owed_once_when_it_is_open_again(city: Database) -> None:
    await declare(city)
    request = await report(city)
    await close(city, request)
    await set_facts(city, request, expected_datetime=ahead(-2), at_risk_datetime=ahead(-3))
    await close(city, request, "reopened")
    await sweep_late(city)
    kinds = ["received", "status", "status", "late", "redress"]
    assert [update.kind for update in await timeline(city, request)] == kinds
    assert (await stored(city, request)).late and await owed(city) == [(request.id, True)]
    await close(city, request, missed=WHY)
    await close(city, request, "reopened")
    assert (await stored(city, request)).late
    await sweep_late(city)
    kinds += ["explained", "status", "status"]
    assert [update.kind for update in await timeline(city, request)] == kinds
    async with city.reading() as session:
        assert not await differences(session)


async def test_what_is_owed_is_given_once_with_words_and_the_timeline_says_so(city: Database) -> None:
    clerk = await person(city, grant("supervisor"))
    await declare(city)
    request = await missed(city)
    await sweep_late(city)
    async with city.reading() as session:
        case_id = (await session.execute(select(RedressCase.id))).scalar_one()
    for words, status in (("", 422), ("Check 1204, 12 May.", 0), ("Check 1205.", 409)):
        try:
            async with city.writing() as session:
                await give(session, case_id, words, account_id=clerk)
            assert status == 0
        except Refused as refused:
            assert refused.status == status
    assert await owed(city) == [(request.id, False)]
    last = (await timeline(city, request))[-1]
    assert (last.kind, last.text, last.facts) == ("redress", "", {"given": True})
