"""A role counts where its scope is: by the rule for one request, and by the conditions of a query alike."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.accounts.guards import may
from app.accounts.models import Account, AccountRole, Role
from app.db import Database
from app.jurisdictions.models import Area, Department
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.submission import Submission
from app.service_requests.submit import submit
from app.staff.scope import within_scope
from tests.accounts.signed_in import grant, person
from tests.open311.city import LAT, LONG, make_city

BOARD = {"layer": "board", "area_code": "7"}
SCOPES = [
    {},
    {"department_id": 1},
    {"department_id": 2},
    {"service_id": 2},
    BOARD,
    {"layer": "board", "area_code": "8"},
    {"department_id": 1, "service_id": 2},
    {"department_id": 2, **BOARD},
    {"department_id": 1, "service_id": 1, **BOARD},
]


async def loaded(database: Database, account_id: int) -> Account:
    grants = selectinload(Account.grants).joinedload(AccountRole.role)
    async with database.reading() as session:
        return (await session.execute(select(Account).where(Account.id == account_id).options(grants))).scalar_one()


@pytest.fixture
async def city(database: Database) -> Database:
    """Requests of two departments and two services, inside of board 7 and outside of any."""
    await make_city(database)
    async with database.writing() as session:
        for department, code, inside in itertools.product((1, 2, None), ("pothole", "graffiti"), (True, False)):
            sent = Submission(code, "web", lat=LAT, long=LONG, description="d")
            request = (await submit(session, sent)).request
            this = update(ServiceRequest).where(ServiceRequest.id == request.id)
            await session.execute(this.values(department_id=department))
            await session.execute(delete(RequestArea).where(RequestArea.request_id == request.id))
            if inside:
                await session.execute(insert(RequestArea).values(request_id=request.id, area_id=1))
    return database


async def seen(city: Database, account: Account, code: str) -> set[int]:
    """What the query finds; the rule for one request must say the same of each."""
    async with city.reading() as session:
        found = set((await session.execute(select(ServiceRequest.id).where(*within_scope(account, code)))).scalars())
        areas = selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code)
        everything = (await session.execute(select(ServiceRequest).options(areas))).scalars().all()
    assert found == {request.id for request in everything if may(account, code, request)}
    return found


async def test_one_scope_or_two_reach_what_they_name(city: Database) -> None:
    counts = []
    for scope in SCOPES:
        account = await loaded(city, await person(city, grant("clerk", **scope)))
        counts.append(len(await seen(city, account, "desk.view")))
    assert counts == [12, 4, 4, 6, 6, 0, 2, 2, 1]
    for one, other in itertools.combinations(SCOPES[1:], 2):
        account = await loaded(city, await person(city, grant("clerk", **one), grant("crew", **other)))
        await seen(city, account, "desk.view")


async def test_each_role_counts_in_its_own_scope_only(city: Database) -> None:
    """A clerk of one department who is an auditor of everything sees all contact data of the one only."""
    account = await loaded(city, await person(city, grant("clerk", department_id=1), grant("auditor")))
    assert len(await seen(city, account, "desk.view")) == 12
    assert len(await seen(city, account, "contacts.view")) == 4
    assert await seen(city, account, "field.use") == set()


async def test_what_is_of_the_whole_city_is_given_by_no_role_with_a_scope(city: Database) -> None:
    narrow = await loaded(city, await person(city, grant("administrator", department_id=1)))
    assert may(narrow, "desk.view")
    assert not may(narrow, "roles.manage")
    assert not may(narrow, "audit.view")
    wide = await loaded(city, await person(city, grant("administrator")))
    assert may(wide, "roles.manage")


async def test_a_role_goes_with_its_department_and_never_widens(city: Database) -> None:
    async with city.writing() as session:
        session.add(Department(id=3, code="docks", name="Docks", translations={}))
    account_id = await person(city, grant("clerk", department_id=3), grant("crew", department_id=1))
    async with city.writing() as session:
        await session.execute(delete(Department).where(Department.id == 3))
    account = await loaded(city, account_id)
    assert [given.role_code for given in account.grants] == ["crew"]


async def test_a_role_that_somebody_has_is_not_deleted(city: Database) -> None:
    await person(city, grant("board"))
    with pytest.raises(IntegrityError):
        async with city.writing() as session:
            await session.execute(delete(Role).where(Role.code == "board"))


async def test_a_permission_that_is_none_is_an_error_of_ours(city: Database) -> None:
    account = await loaded(city, await person(city, grant("clerk")))
    with pytest.raises(KeyError):
        may(account, "desk.veiw")
