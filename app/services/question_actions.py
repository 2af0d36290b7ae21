"""Questions of a service are added, changed, moved and retired; how they stood before is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.errors import Problem, Refused
from app.jurisdictions.models import Jurisdiction
from app.services.models import Service, ServiceAttribute
from app.services.question_history import keep_past, question_of
from app.templating import mark

MOST_QUESTIONS = 60

CHANGED = mark(
    "Somebody changed the catalogue after you opened this page. How it stands now is below: look, then decide."
)
NEEDED = mark("Another question is put after this one’s answers: “%(question)s”. Change that one first.")
NOT_BEFORE = mark("It is asked after an answer of a question that comes later. Move that question up first.")
ENOUGH = mark("A service has at most %(most)d questions.")


async def locked_service(session: AsyncSession, service_code: str, seen: int | None) -> Service | None:
    """The service with its questions, kept from other writers of the catalogue. None for an unknown code.

    Raises Refused (409) where the catalogue is not `seen` (its version) any more.
    """
    city = select(Jurisdiction.catalogue_version).where(Jurisdiction.id == 1).with_for_update()
    version = (await session.execute(city)).scalar_one()
    if seen != version:
        raise Refused(Problem("seen", CHANGED), status=409)
    wanted = select(Service).where(Service.service_code == service_code).options(selectinload(Service.attributes))
    return (await session.execute(wanted)).scalar_one_or_none()


async def add_question(session: AsyncSession, service: Service, fields: dict[str, Any]) -> ServiceAttribute:
    """Puts a question behind the others. Raises Refused (422)."""
    if len(service.attributes) >= MOST_QUESTIONS:
        raise Refused(Problem("description", ENOUGH, {"most": MOST_QUESTIONS}))
    order = max((one.order for one in service.attributes), default=0) + 1
    attribute = ServiceAttribute(**fields, order=order)
    check_order([*service.attributes, attribute])
    service.attributes.append(attribute)
    keep_past(session, service.id, attribute.code, None)
    await raise_version(session)
    return attribute


async def change_question(
    session: AsyncSession, service: Service, attribute: ServiceAttribute, fields: dict[str, Any]
) -> bool:
    """Whether anything was different. Raises Refused (422) where another question hangs on what would go."""
    before = question_of(attribute)
    if all(before[name] == value for name, value in fields.items()):
        return False
    for name, value in fields.items():
        setattr(attribute, name, value)
    check_order(service.attributes)
    keep_past(session, service.id, attribute.code, before)
    await raise_version(session)
    return True


async def move_question(session: AsyncSession, service: Service, attribute: ServiceAttribute, step: int) -> bool:
    """One place up (-1) or down (1); False at the end. Raises Refused (422) past one that it hangs on."""
    asked = list(service.attributes)
    place = asked.index(attribute)
    if not 0 <= place + step < len(asked):
        return False
    before = {one.code: question_of(one) for one in asked}
    asked[place], asked[place + step] = asked[place + step], asked[place]
    check_order(asked)
    for order, one in enumerate(asked, 1):
        if one.order != order:
            one.order = order
            keep_past(session, service.id, one.code, before[one.code])
    await raise_version(session)
    return True


async def retire_question(session: AsyncSession, service: Service, attribute: ServiceAttribute) -> None:
    """Asks it no more; answers keep it. Raises Refused (422) where another question hangs on it."""
    check_order([one for one in service.attributes if one is not attribute])
    keep_past(session, service.id, attribute.code, question_of(attribute))
    service.attributes.remove(attribute)
    await raise_version(session)


def check_order(asked: Iterable[ServiceAttribute]) -> None:
    """Raises Refused (422) for a question whose condition is no answer of an earlier one."""
    asked, keys = list(asked), dict[str, set[str]]()
    codes = {one.code for one in asked}
    for one in asked:
        condition = one.show_if
        if condition and not set(condition["values"]) <= keys.get(condition["code"], set()):
            late = condition["code"] in codes and condition["code"] not in keys
            raise Refused(Problem("show_if", NOT_BEFORE if late else NEEDED, {"question": one.description[:80]}))
        keys[one.code] = {value["key"] for value in one.values}


async def raise_version(session: AsyncSession) -> None:
    raised = Jurisdiction.catalogue_version + 1
    await session.execute(update(Jurisdiction).where(Jurisdiction.id == 1).values(catalogue_version=raised))
    await session.flush()
