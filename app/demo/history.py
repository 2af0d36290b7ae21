"""The plan of Harbor Point's past requests: what was reported, where, when, and what became of it."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.city import City
from app.demo.hotspots import Spot, Spots
from app.demo.outcomes import Step, finish, timeline
from app.demo.questions import answers_to
from app.demo.rhythm import Calendar, day_weights, make_calendar, storm_days
from app.demo.sentences import describe
from app.demo.themes import DemoService, Theme, themes_of

COUNT = 5000
DUPLICATES = 0.11
SPANISH = 0.13
OPEN_NOW = 185  # at least
NEW_TODAY = 16  # in the last 24 hours, at least
SOURCES = (("web", 62), ("phone", 22), ("open311", 9), ("liaison", 7))
SAME_PROBLEM = "It is the same problem as an earlier report. Follow that one."
PICTURES_EACH = 2  # variants of a drawn photo


@dataclass(frozen=True)
class PastRequest:
    """One request of the plan. `duplicate_of` is the position of the earlier one in the list."""

    service_code: str
    theme: str
    spot: Spot
    requested_datetime: datetime
    description: str
    locale: str
    source: str
    place_source: str
    accuracy_m: float | None
    answers: dict[str, Any]
    expected_datetime: datetime | None
    picture: str | None
    timeline: tuple[Step, ...] = ()
    duplicate_of: int | None = None
    reporters: tuple[datetime, ...] = ()  # when further ones joined
    followers: int = 0
    agency: str | None = field(default=None)  # the outside agency on whose land it lies

    @property
    def status(self) -> str:
        return next(step.status for step in reversed(self.timeline) if step.status)

    @property
    def is_open(self) -> bool:
        return self.closed_datetime is None

    @property
    def closed_datetime(self) -> datetime | None:
        """When it came to the status that it has, if that is a final one."""
        last = next(step for step in reversed(self.timeline) if step.status)
        return last.at if last.closes else None


@dataclass(frozen=True)
class Drawn:
    """A request before anybody acted on it."""

    theme: Theme
    service: DemoService
    at: datetime
    spot: Spot


def make_history(
    city: City, services: Sequence[Any], now: datetime, seed: int = 311, count: int = COUNT
) -> list[PastRequest]:
    """`count` requests of the 18 months before `now`, the oldest first. `services` as in `themes.DemoService`."""
    dice = random.Random(f"{seed} history")
    now = now.astimezone(UTC)
    calendar = make_calendar(now, dice)
    themes = themes_of(list(services))
    spots = Spots(city, dice)
    repeated = round(count * DUPLICATES)
    drawn = _draw(themes, calendar, spots, count - repeated, dice)
    originals = [_first_report(one, now, dice) for one in drawn]
    originals = _keep_some_open(originals, now, dice)
    everything = originals + _duplicates(originals, drawn, spots, repeated, now, dice)
    return _in_order(everything)


def _draw(themes: list[Theme], calendar: Calendar, spots: Spots, count: int, dice: random.Random) -> list[Drawn]:
    stormy = storm_days(calendar, count)
    beaten = [theme for theme in themes if theme.storm]
    if not beaten:
        stormy = []
    days = {theme.name: day_weights(calendar, theme.months) for theme in themes}
    out = []
    for number in range(count):
        if number < len(stormy):
            day = stormy[number]
            theme = dice.choices(beaten, [t.weight * t.storm for t in beaten])[0]
        elif number < len(stormy) + NEW_TODAY:
            # Whatever the hour at which the demo is made, its last day is a full one.
            theme = dice.choices(themes, [t.weight * t.months[calendar.days[-1].month - 1] for t in themes])[0]
            at = calendar.now - timedelta(minutes=dice.uniform(6, 1430))
            out.append(Drawn(theme, _service(theme, dice), at.replace(microsecond=0), spots.choose(theme, dice)))
            continue
        else:
            theme = dice.choices(themes, [t.weight for t in themes])[0]
            day = dice.choices(calendar.days, cum_weights=days[theme.name])[0]
        at = calendar.moment(min(day, calendar.days[-1]), theme.hours, dice)
        out.append(Drawn(theme, _service(theme, dice), at, spots.choose(theme, dice)))
    return sorted(out, key=lambda one: one.at)


def _service(theme: Theme, dice: random.Random) -> DemoService:
    """The services that the theme fits are the usual ones."""
    weights = [1.0 if service.service_code in theme.fits else 0.1 for service in theme.services]
    return dice.choices(theme.services, weights)[0]


def _first_report(one: Drawn, now: datetime, dice: random.Random) -> PastRequest:
    request = _reported(one, dice)
    steps = timeline(one.at, request.expected_datetime, one.theme.in_time, request.agency, now, dice)
    request = replace(request, timeline=steps)
    end = request.closed_datetime or now
    crowd = min(9, int(dice.expovariate(1.5))) if one.theme.where != "address" else min(3, int(dice.expovariate(2.6)))
    joined = sorted(_between(request.requested_datetime, end, dice) for _ in range(crowd))
    followers = int(dice.expovariate(0.9)) + (dice.randrange(crowd + 1) if crowd else 0)
    return replace(request, reporters=tuple(joined), followers=followers)


def _reported(one: Drawn, dice: random.Random) -> PastRequest:
    source = dice.choices([name for name, _ in SOURCES], [weight for _, weight in SOURCES])[0]
    locale = "es" if dice.random() < SPANISH and one.theme.es else "en"
    fits = one.service.service_code in one.theme.fits
    photo = fits and source != "phone" and dice.random() < one.theme.photo * 1.15
    if source == "phone":
        place = "search"
    else:
        place = dice.choices(("photo" if photo else "device", "device", "pin", "search"), (40, 25, 22, 13))[0]
    return PastRequest(
        service_code=one.service.service_code,
        theme=one.theme.name,
        spot=one.spot,
        requested_datetime=one.at,
        description=describe(one.theme, one.service, one.spot, locale, dice),
        locale=locale,
        source=source,
        place_source=place,
        accuracy_m=round(dice.uniform(3, 38), 1) if place in ("photo", "device") else None,
        answers=answers_to(one.service, one.at, dice),
        expected_datetime=finish(one.service, one.at),
        picture=f"{one.theme.picture}-{dice.randrange(PICTURES_EACH)}" if photo else None,
        agency=one.spot.agency,
    )


def _keep_some_open(requests: list[PastRequest], now: datetime, dice: random.Random) -> list[PastRequest]:
    """As many open ones as a city has: some that were closed lately are not closed yet, three of four not due yet."""
    missing = max(0, OPEN_NOW - sum(request.is_open for request in requests))
    closed = [i for i, request in enumerate(requests) if request.closed_datetime and not request.agency]
    lately = sorted(closed, key=lambda i: requests[i].closed_datetime or now, reverse=True)
    due = {i for i in lately if (requests[i].expected_datetime or now) > now}
    early = [i for i in lately if i in due][: missing * 3 // 4]
    late = [i for i in lately if i not in due][: 3 * (missing - len(early))]
    chosen = early + dice.sample(late, k=min(len(late), missing - len(early)))
    out = list(requests)
    for i in sorted(chosen):
        first_end = next(number for number, step in enumerate(requests[i].timeline) if step.closes)
        out[i] = replace(requests[i], timeline=requests[i].timeline[:first_end])
    return out


def _duplicates(
    originals: list[PastRequest], drawn: list[Drawn], spots: Spots, count: int, now: datetime, dice: random.Random
) -> list[PastRequest]:
    """Later reports of the same problem, a few steps away, in other words."""
    ends = [min(r.closed_datetime or now, r.requested_datetime + timedelta(days=30)) for r in originals]
    waits = [
        0.0 if r.agency or (r.closed_datetime and r.status in ("withdrawn", "not_found"))
        else max(0.0, (end - r.requested_datetime).total_seconds()) ** 0.5
        for r, end in zip(originals, ends, strict=True)
    ]  # fmt: skip
    out = []
    for first in sorted(dice.choices(range(len(originals)), waits, k=count)):
        at = _between(originals[first].requested_datetime, ends[first], dice)
        spot = spots.beside(drawn[first].spot, dice)
        again = _reported(Drawn(drawn[first].theme, drawn[first].service, at, spot), dice)
        answered = at + timedelta(minutes=dice.uniform(25, 1800))
        steps = [Step(at, "received", "")]
        if answered < now:
            steps.append(Step(answered, "duplicate", SAME_PROBLEM, True))
        out.append(replace(again, timeline=tuple(steps), duplicate_of=first if answered < now else None))
    return out


def _in_order(requests: list[PastRequest]) -> list[PastRequest]:
    order = sorted(range(len(requests)), key=lambda i: (requests[i].requested_datetime, i))
    place = {old: new for new, old in enumerate(order)}
    return [
        requests[i] if requests[i].duplicate_of is None
        else replace(requests[i], duplicate_of=place[requests[i].duplicate_of or 0])
        for i in order
    ]  # fmt: skip


def _between(start: datetime, end: datetime, dice: random.Random) -> datetime:
    """A moment after `start`, sooner rather than later."""
    share: float = 0.002 + 0.99 * dice.random() ** 1.4
    return (start + (end - start) * share).replace(microsecond=0)


def filed_since(requests: Sequence[PastRequest], moment: datetime) -> int:
    """How many of an ordered plan were filed at or after a moment."""
    return len(requests) - bisect_left(requests, moment, key=lambda request: request.requested_datetime)
