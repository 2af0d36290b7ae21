"""`/staff/reviews`: where too few promises were kept, and what the department says to it."""

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
from app.errors import Problem, Refused, wants_json
from app.performance import promise_words
from app.performance.models import Review
from app.performance.promises_page import reasons_said
from app.performance.reviews import answer, may_answer, reviews_of
from app.service_requests.forms import clean
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.sql import find_row
from app.templating import current_locale, mark

PageRequest = Request[Any, Any, State]
ANSWER = {"permission": "reviews.answer"}
NO_STORE = {"Cache-Control": "private, no-store"}
MOST_WORDS = 2000
SHOWN, PAST = 200, 30
TOO_LONG = mark("Use at most %(most)d characters.")


@get("/staff/reviews", opt=ANSWER)
async def show_reviews(session: AsyncSession, account: Account, done: str = "") -> Template:
    return await reviews_page(session, account, done=done)


@post("/staff/reviews/{review_id:int}", opt=ANSWER, status_code=200)
async def post_answer(request: PageRequest, session: AsyncSession, account: Account, review_id: int) -> Response[Any]:
    """`answer`: 303 back to the list, which says what is wrong with 409 or 422."""
    found = await find_row(session, Review, review_id, lock=True)
    if found is None or not may_answer(account, found):
        raise NotFoundException
    words = clean(str((await request.form()).get("answer", "")))
    try:
        if len(words) > MOST_WORDS:
            raise Refused(Problem(f"answer-{review_id}", TOO_LONG, {"most": MOST_WORDS}))
        await answer(session, found, words, account)
    except Refused as refused:
        if wants_json(request):
            raise
        return await reviews_page(session, account, form={f"answer-{review_id}": words}, refused=refused)
    await note(session, account, "review.answered", about=f"review {review_id}", facts={"month": found.month})
    return Redirect("/staff/reviews?done=answered", status_code=303)


async def reviews_page(
    session: AsyncSession,
    account: Account,
    *,
    done: str = "",
    form: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    catalogue = await current_catalogue(session)
    context = {
        "waiting": await reviews_of(session, account, answered=False, most=SHOWN),
        "answered": await reviews_of(session, account, answered=True, most=PAST),
        "reasons": await reasons_said(session),
        "services": catalogue.by_id,
        "department_of": catalogue.departments,
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "words": promise_words,
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
        "most": MOST_WORDS,
    }
    status = refused.status if refused else 200
    return Template("promises/reviews.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_reviews, post_answer]
