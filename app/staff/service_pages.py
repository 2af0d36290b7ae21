"""The kinds of problems and their questions, as an administrator changes them: what is kept counts at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Refused, wants_json
from app.service_requests.forms import clean
from app.services import question_actions as actions
from app.services.catalogue import Catalogue
from app.services.models import Service, ServiceAttribute
from app.services.queries import current_catalogue
from app.staff.question_form import (
    KINDS,
    LISTS,
    MOST_NAME,
    OTHERS,
    WORDS,
    earlier_lists,
    new_code,
    read_question,
    row_numbers,
    typed_of,
)
from app.staff.request_page import NO_STORE
from app.templating import LOCALES

PageRequest = Request[Any, Any, State]
SERVICES = {"permission": "services.manage"}
HOME = "/staff/services/{service_code:str}"
STEPS = {"up": -1, "down": 1}


@get("/staff/services", opt=SERVICES)
async def show_services(session: AsyncSession) -> Template:
    catalogue = await current_catalogue(session)
    context = {"groups": [(group, catalogue.in_group(group.code)) for group in catalogue.groups]}
    return Template("staff/services.html", context=context, headers=NO_STORE)


@get(HOME, opt=SERVICES)
async def show_service(session: AsyncSession, service_code: str, done: str = "") -> Template:
    """The questions of a service in their order, and those that are asked no more."""
    catalogue = await current_catalogue(session)
    return service_page(catalogue, service_or_404(catalogue, service_code), done=done)


@get([HOME + "/new-question", HOME + "/questions/{code:str}"], opt=SERVICES)
async def show_question(session: AsyncSession, service_code: str, code: str = "") -> Template:
    catalogue = await current_catalogue(session)
    service = service_or_404(catalogue, service_code)
    attribute = question_or_404(service, code) if code else None
    form = typed_of(attribute) if attribute else {"datatype": "", "required": ""}
    return question_page(catalogue, service, attribute, form)


# Two addresses of one name have no place in the description for programs.
@post([HOME + "/questions", HOME + "/questions/{code:str}"], opt=SERVICES, status_code=200, include_in_schema=False)
async def post_question(
    request: PageRequest, session: AsyncSession, account: Account, service_code: str, code: str = ""
) -> Response[Any]:
    """A new question, or a change of one: 303 to the service; 409 or 422 with the form and what is wrong."""
    catalogue = await current_catalogue(session)
    known = service_or_404(catalogue, service_code)
    before = question_or_404(known, code) if code else None
    pairs = [(name, clean(str(value))) for name, value in (await request.form()).multi_items()]
    form = dict(pairs)
    try:
        fields = read_question(form, pairs, before)
        service = await locked(session, service_code, form)
        if code:
            attribute = question_or_404(service, code)
            changed, action = await actions.change_question(session, service, attribute, fields), "question.changed"
        else:
            past = {row.code for row in catalogue.past_questions.get(service.id, ())}
            fields["code"] = new_code(form["description"], past | {one.code for one in service.attributes})
            attribute = await actions.add_question(session, service, fields)
            changed, action = True, "question.added"
    except Refused as refused:
        if wants_json(request):
            raise
        # What the change had begun is not kept.
        session.expunge_all()
        chosen = [value for name, value in pairs if name == "show_if"]
        return question_page(catalogue, known, before, form, refused, chosen)
    if changed:
        await note(session, account, action, about=service_code, facts={"question": attribute.code})
    return Redirect(f"/staff/services/{service_code}?done=question", status_code=303)


@post(HOME + "/questions/{code:str}/{act:str}", opt=SERVICES, status_code=200)
async def post_act(
    request: PageRequest, session: AsyncSession, account: Account, service_code: str, code: str, act: str
) -> Response[Any]:
    """`up`, `down` or `retirement`: 303 to the service; 409 or 422 with what is wrong."""
    if act not in (*STEPS, "retirement"):
        raise NotFoundException
    catalogue = await current_catalogue(session)
    known = service_or_404(catalogue, service_code)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        service = await locked(session, service_code, form)
        attribute = question_or_404(service, code)
        if act in STEPS:
            changed, action = await actions.move_question(session, service, attribute, STEPS[act]), "question.moved"
        else:
            await actions.retire_question(session, service, attribute)
            changed, action = True, "question.retired"
    except Refused as refused:
        if wants_json(request):
            raise
        # What the change had begun is not kept.
        session.expunge_all()
        return service_page(catalogue, known, refused=refused)
    if changed:
        await note(session, account, action, about=service_code, facts={"question": code})
    return Redirect(f"/staff/services/{service_code}?done={act}", status_code=303)


async def locked(session: AsyncSession, service_code: str, form: Mapping[str, str]) -> Service:
    seen = form.get("seen", "")
    service = await actions.locked_service(session, service_code, int(seen) if is_version(seen) else None)
    if service is None:
        raise NotFoundException
    return service


def is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def service_or_404(catalogue: Catalogue, service_code: str) -> Service:
    service = next((one for one in catalogue.by_id.values() if one.service_code == service_code), None)
    if service is None:
        raise NotFoundException
    return service


def question_or_404(service: Service, code: str) -> ServiceAttribute:
    attribute = next((one for one in service.attributes if one.code == code), None)
    if attribute is None:
        raise NotFoundException
    return attribute


def service_page(catalogue: Catalogue, service: Service, *, done: str = "", refused: Refused | None = None) -> Template:
    asked = {one.code for one in service.attributes}
    past = [row for row in catalogue.past_questions.get(service.id, ()) if row.question]
    context = {
        "service": service,
        "kinds": KINDS,
        "version": catalogue.version[0],
        "retired": list({row.code: row for row in reversed(past) if row.code not in asked}.values()),
        "changed": {row.code: row.asked_until for row in reversed(past) if row.code in asked},
        "done": done,
        "problems": said(refused),
    }
    status = refused.status if refused else 200
    return Template("staff/service.html", context=context, status_code=status, headers=NO_STORE)


def question_page(
    catalogue: Catalogue,
    service: Service,
    attribute: ServiceAttribute | None,
    form: Mapping[str, str],
    refused: Refused | None = None,
    chosen: list[str] | None = None,
) -> Template:
    condition = (attribute.show_if if attribute else None) or {"code": "", "values": []}
    context = {
        "service": service,
        "question": attribute,
        "form": form,
        "kinds": KINDS,
        "lists": LISTS,
        "most": {**WORDS, "name": MOST_NAME},
        "others": {code: LOCALES[code] for code in OTHERS},
        "rows": row_numbers(form),
        "earlier": earlier_lists(service, attribute),
        "chosen": [f"{condition['code']}|{key}" for key in condition["values"]] if chosen is None else chosen,
        "version": catalogue.version[0],
        "conflict": refused is not None and refused.status == 409,
        "problems": said(refused),
    }
    status = refused.status if refused else 200
    return Template("staff/question.html", context=context, status_code=status, headers=NO_STORE)


def said(refused: Refused | None) -> dict[str, str]:
    return {problem.field: problem.said() for problem in refused.problems} if refused else {}


route_handlers = [show_services, show_service, show_question, post_question, post_act]
