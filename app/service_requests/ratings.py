"""“Is it fixed?”: who is asked, what they answer, and what a No does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.errors import Problem, Refused
from app.service_requests.comment import add_photo
from app.service_requests.forms import TOO_LONG, clean
from app.service_requests.models import Follower, Reporter, ServiceRequest, Update
from app.service_requests.people import family, lock
from app.service_requests.rating_links import rater_name
from app.service_requests.rating_models import Rating
from app.service_requests.submission import StoredPhoto
from app.service_requests.viewer import Viewer
from app.service_requests.withdraw import TOO_LATE, may_reopen, reopen
from app.service_requests.workflow import STATUSES
from app.templating import mark

YES, NO = "yes", "no"
STARS = range(1, 6)
MAX_WORDS = 2000

CHOOSE = mark("Choose Yes or No.")
NO_SUCH_STARS = mark("Give one to five stars, or none.")
SAY_OR_SHOW = mark("Say or show what is still wrong, so that the crew knows what to look for.")
SAY = mark("Say what is still wrong.")
NOT_FIXED = mark("The city has not said that this is fixed, so there is nothing to answer yet.")
OPEN_AGAIN = mark("This report is open again. You are asked anew when the city says that it is fixed.")


@dataclass(frozen=True, slots=True)
class Rater:
    """Somebody who is asked. `author` is how the timeline names them; `may_reopen`: their No opens it again."""

    name: str
    author: str
    may_reopen: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`words` are for the city. `text` says what is still wrong, and goes into the timeline by the service's rule."""

    answer: str
    stars: int | None = None
    words: str = ""
    text: str = ""


def read_answer(fields: dict[str, str]) -> tuple[Answer, list[Problem]]:
    """`answer`, `stars`, `words` and `text` of a form, with what is wrong of them. A No has no stars and no praise."""
    given, problems = fields.get("answer", "").strip(), []
    if given not in (YES, NO):
        problems.append(Problem("answer", CHOOSE))
    if given == NO:
        return Answer(NO, text=limited("text", fields, problems)), problems
    said = fields.get("stars", "").strip()
    stars = int(said) if said in map(str, STARS) else None
    if said and stars is None:
        problems.append(Problem("stars", NO_SUCH_STARS))
    return Answer(given, stars, limited("words", fields, problems)), problems


def limited(name: str, fields: dict[str, str], problems: list[Problem]) -> str:
    words = clean(fields.get(name, ""))
    if len(words) > MAX_WORDS:
        problems.append(Problem(name, TOO_LONG, {"length": len(words), "most": MAX_WORDS}))
    return words


async def closing_of(session: AsyncSession, request_id: int) -> Update | None:
    """The last entry of the timeline that said that it is fixed."""
    wanted = select(Update).where(Update.request_id == request_id, Update.status == "fixed")
    return (await session.execute(wanted.order_by(Update.id.desc()).limit(1))).scalar_one_or_none()


async def rater_of(
    session: AsyncSession, request: ServiceRequest, closing: Update, viewer: Viewer, named: str | None = None
) -> Rater | None:
    """Who answers: whom a link names, else the viewer; None for who neither reported it nor followed it in time.

    People of its duplicates count as its own. Who began to follow after the closing did not see it before.
    """
    by_name = named is not None
    who = Reporter.id == number_in(named, "r") if by_name else Reporter.device_hash == (viewer.device_hash or "")
    if not by_name and viewer.holds_key:
        who = or_(who, Reporter.first & (Reporter.request_id == request.id))
    people = select(Reporter).where(Reporter.request_id.in_(family(request.id)), who)
    # A person of several rows is the first reporter, where they are.
    reporters = (await session.execute(people.order_by(Reporter.first.desc(), Reporter.id))).scalars().all()
    if reporters:
        own = next((one for one in reporters if one.first and one.request_id == request.id), None)
        return Rater(rater_name(own or reporters[0]), "reporter" if own else "resident", may_reopen=True)
    who = Follower.id == number_in(named, "f") if by_name else Follower.device_hash == (viewer.device_hash or "")
    followed = select(Follower).where(Follower.request_id.in_(family(request.id)), who)
    followed = followed.where(Follower.followed_datetime < closing.updated_datetime).order_by(Follower.id)
    follower = (await session.execute(followed.limit(1))).scalar_one_or_none()
    return Rater(rater_name(follower), "resident", may_reopen=False) if follower else None


def number_in(name: str | None, kind: str) -> int:
    return int(name[1:]) if name and name[0] == kind and name[1:].isascii() and name[1:].isdigit() else 0


async def given_by(session: AsyncSession, closing: Update, rater: Rater) -> Rating | None:
    wanted = select(Rating).where(Rating.update_id == closing.id, Rating.rater == rater.name)
    return (await session.execute(wanted)).scalar_one_or_none()


async def keep_answer(
    session: AsyncSession, request: ServiceRequest, rater: Rater | None, given: Answer, photo: StoredPhoto | None = None
) -> str:
    """Keeps an answer, one for each person and closing; returns what came of it, a key of `fixed_page.TOLD`.

    A reporter's No opens the request again, once; of two, the second only counts. Raises Refused: 409 where the
    city has not said that it is fixed, 410 when it did more than 30 days ago, 422 for a No without words or photo.
    """
    service = request.service
    request = (await lock(session, request.id))[request.id]
    set_committed_value(request, "service", service)
    closing = await closing_of(session, request.id)
    if closing is None or rater is None or not (request.status == "fixed" or STATUSES[request.status].is_open):
        raise Refused(Problem("answer", NOT_FIXED), status=409)
    before = await given_by(session, closing, rater)
    if request.status != "fixed":
        if before and before.answer == given.answer == NO:
            return "stands"
        if given.answer == YES:
            raise Refused(Problem("answer", OPEN_AGAIN), status=409)
    elif not may_reopen(request):
        raise Refused(Problem("answer", TOO_LATE), status=410)
    if given.answer == NO and not given.text and not (photo and rater.may_reopen):
        raise Refused(Problem("text", SAY_OR_SHOW if rater.may_reopen else SAY))
    rating = before or Rating(request_id=request.id, update_id=closing.id, rater=rater.name)
    rating.answer, rating.stars, rating.words = given.answer, given.stars, given.text or given.words
    rating.answered_datetime = datetime.now(UTC)
    session.add(rating)
    await session.flush()
    if given.answer == YES:
        return "thanks"
    if request.status != "fixed":
        return "counted"
    return await open_again(session, request, rater, given, photo) if rater.may_reopen else "noted"


async def open_again(
    session: AsyncSession, request: ServiceRequest, rater: Rater, given: Answer, photo: StoredPhoto | None
) -> str:
    update = await reopen(session, request, given.text, author=rater.author)
    if update:
        # Nobody is told of what they did themselves.
        update.facts = {"rater": rater.name}
    if photo:
        await add_photo(session, request, photo, update=update)
    return "reopened"
