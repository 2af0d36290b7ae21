"""The answers that the desk gives again and again: written, changed and removed by who manages them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import grants_of
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.sql import find_row
from app.staff.answer_models import CannedAnswer
from app.staff.answer_words import PLACEHOLDERS, placeholder_problems
from app.staff.request_page import NO_STORE, seen_datetime
from app.templating import DEFAULT_LOCALE, LOCALES, mark

PageRequest = Request[Any, Any, State]
MANAGES = {"permission": "answers.manage"}
MOST_TITLE = 100
OTHERS = [code for code in LOCALES if code != DEFAULT_LOCALE]

NO_TITLE = mark("Give it a title under which the desk finds it.")
NO_TEXT = mark("Write the answer.")
TOO_LONG = mark("Use at most %(most)d characters.")
NOT_YOURS = mark("Choose a department for which you manage answers.")
UNKNOWN_SERVICE = mark("Choose one of the services in the list.")
CHANGED = mark("Somebody changed this answer after you opened it. Open it again, then decide.")


@get("/staff/answers", opt=MANAGES)
async def show_answers(session: AsyncSession, account: Account, done: str = "") -> Template:
    catalogue = await current_catalogue(session)
    rows = (await session.execute(select(CannedAnswer).order_by(CannedAnswer.title, CannedAnswer.id))).scalars().all()
    context = {
        "answers": [row for row in rows if is_theirs(account, row.department_id)],
        "departments": catalogue.departments,
        "services": catalogue.by_id,
        "languages": LOCALES,
        "others": OTHERS,
        "done": done,
    }
    return Template("staff/answers.html", context=context, headers=NO_STORE)


@get(["/staff/new-answer", "/staff/answers/{answer_id:int}"], opt=MANAGES)
async def show_answer(session: AsyncSession, account: Account, answer_id: int | None = None) -> Template:
    catalogue = await current_catalogue(session)
    row = await theirs_or_404(session, account, answer_id) if answer_id is not None else None
    return form_page(catalogue, account, row, typed_of(row, catalogue) if row else {})


# Two addresses of one name have no place in the description for programs.
@post(["/staff/answers", "/staff/answers/{answer_id:int}"], opt=MANAGES, status_code=200, include_in_schema=False)
async def post_answer(
    request: PageRequest, session: AsyncSession, account: Account, answer_id: int | None = None
) -> Response[Any]:
    """`title`, `text`, `text_es`…, `department`, `service`: 303 to the list; 409 or 422 with the form."""
    catalogue = await current_catalogue(session)
    row = await theirs_or_404(session, account, answer_id) if answer_id is not None else None
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        fields = read_answer(form, account, catalogue)
        if row is not None and seen_datetime(form.get("seen", "")) != row.updated_datetime:
            raise Refused(Problem("seen", CHANGED), status=409)
    except Refused as refused:
        if wants_json(request):
            raise
        return form_page(catalogue, account, row, form, refused)
    kept = row or CannedAnswer()
    for name, value in fields.items():
        setattr(kept, name, value)
    kept.updated_datetime = datetime.now(UTC)
    session.add(kept)
    await session.flush()
    await note(session, account, "answer.kept", about=f"answer {kept.id}", facts={"title": kept.title})
    return Redirect("/staff/answers?done=kept", status_code=303)


@post("/staff/answers/{answer_id:int}/remove", opt=MANAGES, status_code=200)
async def post_removal(session: AsyncSession, account: Account, answer_id: int) -> Redirect:
    row = await theirs_or_404(session, account, answer_id)
    await session.delete(row)
    await note(session, account, "answer.removed", about=f"answer {row.id}", facts={"title": row.title})
    return Redirect("/staff/answers?done=removed", status_code=303)


def read_answer(form: Mapping[str, str], account: Account, catalogue: Catalogue) -> dict[str, Any]:
    """The columns. Raises Refused (422) with every problem at once."""
    problems = []
    texts = {"text": form.get("text", ""), **{f"text_{code}": form.get(f"text_{code}", "") for code in OTHERS}}
    if not form.get("title"):
        problems.append(Problem("title", NO_TITLE))
    if len(form.get("title", "")) > MOST_TITLE:
        problems.append(Problem("title", TOO_LONG, {"most": MOST_TITLE}))
    if not texts["text"]:
        problems.append(Problem("text", NO_TEXT))
    for field, text in texts.items():
        problems += placeholder_problems(field, text)
        if len(text) > MAX_DESCRIPTION:
            problems.append(Problem(field, TOO_LONG, {"most": MAX_DESCRIPTION}))
    department = next((row for row in catalogue.departments.values() if str(row.id) == form.get("department")), None)
    if (form.get("department") and department is None) or not is_theirs(account, department.id if department else None):
        problems.append(Problem("department", NOT_YOURS))
    service = next((row for row in catalogue.by_id.values() if row.service_code == form.get("service")), None)
    if form.get("service") and service is None:
        problems.append(Problem("service", UNKNOWN_SERVICE))
    if problems:
        raise Refused(*problems)
    return {
        "title": form["title"],
        "text": texts["text"],
        "translations": {code: {"text": texts[f"text_{code}"]} for code in OTHERS if texts[f"text_{code}"]},
        "department_id": department.id if department else None,
        "service_id": service.id if service else None,
    }


def is_theirs(account: Account, department_id: int | None) -> bool:
    """Who manages for one department manages its answers, and none that all departments have."""
    return any(
        not grant.is_narrow
        or (grant.department_id == department_id and grant.service_id is None and grant.area_code is None)
        for grant in grants_of(account, "answers.manage")
    )


async def theirs_or_404(session: AsyncSession, account: Account, answer_id: int) -> CannedAnswer:
    row = await find_row(session, CannedAnswer, answer_id, lock=True)
    if row is None:
        raise NotFoundException
    if not is_theirs(account, row.department_id):
        raise PermissionDeniedException
    return row


def typed_of(row: CannedAnswer, catalogue: Catalogue) -> dict[str, str]:
    return {
        "title": row.title,
        "text": row.text,
        **{f"text_{code}": str(row.translations.get(code, {}).get("text", "")) for code in OTHERS},
        "department": str(row.department_id or ""),
        "service": catalogue.by_id[row.service_id].service_code if row.service_id else "",
        "seen": row.updated_datetime.isoformat(),
    }


def form_page(
    catalogue: Catalogue,
    account: Account,
    row: CannedAnswer | None,
    form: Mapping[str, str],
    refused: Refused | None = None,
) -> Template:
    context = {
        "answer": row,
        "form": form,
        "service_code": form.get("service", ""),
        "departments": [one for one in catalogue.departments.values() if is_theirs(account, one.id)],
        "everywhere": is_theirs(account, None),
        "services": catalogue.services,
        "others": {code: LOCALES[code] for code in OTHERS},
        "placeholders": PLACEHOLDERS,
        "most": MAX_DESCRIPTION,
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
    }
    status = refused.status if refused else 200
    return Template("staff/answer.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_answers, show_answer, post_answer, post_removal]
