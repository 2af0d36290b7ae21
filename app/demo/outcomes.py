"""What became of a request: its timeline, in time or late, and what the public was told."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.rhythm import TIMEZONE
from app.demo.themes import DemoService
from app.service_requests.workflow import STATUSES
from app.services.calendars import Calendar
from app.services.promises import Terms, expected_datetime

COUNTRY = "US"
WORKING_DAYS = Calendar(TIMEZONE, country=COUNTRY)
UNPROMISED = timedelta(days=12)  # what takes its time where nothing was promised
VERY_LATE = 0.16  # of the late ones
REOPENED = 0.035
ENDS = (("fixed", 90.5), ("not_found", 3.5), ("no_action", 4.0), ("withdrawn", 2.0))
TOLD = {
    "accepted": ("The department has looked at your report.", "We have it and will plan the work.", ""),
    "assigned": ("A crew has been given the work.", "An inspector will have a look.", ""),
    "in_progress": ("The crew is on its way.", "Work has begun.", ""),
    "acted_upon": ("We have ordered the part.", "A contractor has been told and will do the work.",
                   "We have made it safe. The lasting repair comes later."),
    "fixed": ("The work is done.", "Done. Thank you for telling us.", "Fixed by our crew today.",
              "Repaired. Please tell us if it comes back."),
    "not_found": ("Our crew looked for it and did not find it. Please report it again with a photo.",),
    "no_action": ("This is on private ground, where the city cannot act.",
                  "It is within the rules, so the city takes no action."),
    "withdrawn": ("The reporter took it back.",),
    "reopened": ("The reporter says that it is not fixed. We will look again.",),
    "late": ("This takes longer than we promised: we are waiting for material. We are sorry.",
             "We have missed our date. More reports came in than our crews could handle."),
    "referred": ("This is not city land. We have passed it on to the agency that acts there.",),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One entry of a timeline. `status` is None where only words were added."""

    at: datetime
    status: str | None
    text: str
    closes: bool = False


def finish(service: DemoService, at: datetime) -> datetime | None:
    """The promised moment."""
    terms = Terms(service.promise_hours, service.promise_days, service.promise_clock)
    return expected_datetime(terms, at, WORKING_DAYS)


def timeline(
    at: datetime, expected: datetime | None, in_time: float, agency: str | None, now: datetime, dice: random.Random
) -> tuple[Step, ...]:
    """The steps that happened before `now`, the first of them the report itself."""
    allowed = (expected - at) if expected else UNPROMISED
    if agency:
        told = at + min(allowed, timedelta(days=3)) * dice.uniform(0.05, 0.6)
        steps = [Step(at, "received", ""), _step(told, "referred", dice)]
    else:
        steps = _worked(at, allowed, expected, in_time, dice)
    return tuple(step for step in steps if step.at <= now)


def _worked(
    at: datetime, allowed: timedelta, expected: datetime | None, in_time: float, dice: random.Random
) -> list[Step]:
    late = dice.random() > in_time
    end = at + (allowed * _overrun(dice) if late else allowed * (0.03 + 0.94 * dice.betavariate(1.5, 2.4)))
    steps = [Step(at, "received", ""), *_on_the_way(at, end, dice)]
    if late and expected and end > expected + timedelta(hours=20):
        steps.append(Step(expected + timedelta(hours=dice.uniform(1, 16)), None, dice.choice(TOLD["late"])))
    final = dice.choices([name for name, _ in ENDS], [weight for _, weight in ENDS])[0]
    steps.append(_step(end, final, dice))
    if final == "fixed" and dice.random() < REOPENED:
        again = end + timedelta(days=dice.uniform(0.2, 6))
        steps += [_step(again, "reopened", dice), _step(again + allowed * dice.uniform(0.2, 0.8), "fixed", dice)]
    return sorted(steps, key=lambda step: step.at)


def _overrun(dice: random.Random) -> float:
    """Times the promised time that a late one took."""
    return dice.uniform(4, 9) if dice.random() < VERY_LATE else 1.02 + dice.expovariate(1.7)


def _on_the_way(at: datetime, end: datetime, dice: random.Random) -> list[Step]:
    chain = [name for name, share in (("accepted", 0.8), ("assigned", 0.65), ("in_progress", 0.5), ("acted_upon", 0.14))
             if dice.random() < share]  # fmt: skip
    shares = sorted(dice.uniform(0.02, 0.95) ** 1.3 for _ in chain)
    return [_step(at + (end - at) * share, name, dice) for name, share in zip(chain, shares, strict=True)]


def _step(at: datetime, status: str, dice: random.Random) -> Step:
    return Step(at.replace(microsecond=0), status, dice.choice(TOLD[status]), not STATUSES[status].is_open)
