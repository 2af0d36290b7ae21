"""What a rule of routing asks, in words."""

from __future__ import annotations

from collections.abc import Iterator

from babel.dates import get_day_names

from app.service_requests.routing_rules import SOURCES, TESTS, AnswerTest, Conditions
from app.services.catalogue import Catalogue
from app.services.words import said_in
from app.templating import current_locale, gettext, mark

KINDS, AREAS = mark("Kind: %(what)s"), mark("Area: %(what)s")
DAYS, HOURS = mark("Days: %(what)s"), mark("Hours: %(from)s to %(to)s")
SOURCES_ARE, ANSWER = mark("Came in by: %(what)s"), mark("Answer: %(code)s %(test)s “%(value)s”")
EVERYTHING = mark("Every report")


def conditions_said(asked: Conditions, catalogue: Catalogue) -> list[str]:
    return list(parts(asked, catalogue)) or [gettext(EVERYTHING)]


def parts(asked: Conditions, catalogue: Catalogue) -> Iterator[str]:
    locale = current_locale.get()
    kinds = [said_in(group, "name", locale) for code in asked.groups if (group := catalogue.group(code))]
    kinds += [
        said_in(service, "service_name", locale) for code in asked.services if (service := catalogue.by_code.get(code))
    ]
    # What is not in the catalogue any more is shown as it was written.
    known = {*catalogue.by_code, *(row.code for row in catalogue.groups)}
    kinds += [code for code in (*asked.groups, *asked.services) if code not in known]
    if kinds:
        yield gettext(KINDS, what=", ".join(kinds))
    if asked.areas:
        yield gettext(AREAS, what=", ".join(asked.areas))
    for test in asked.answers:
        yield answer_said(test)
    if asked.weekdays:
        yield gettext(DAYS, what=", ".join(weekday_names()[day] for day in asked.weekdays))
    if asked.starts is not None or asked.ends is not None:
        yield gettext(HOURS, **{"from": clock_said(asked.starts or 0), "to": clock_said(asked.ends or 0)})
    if asked.sources:
        yield gettext(SOURCES_ARE, what=", ".join(gettext(SOURCES.get(code, code)) for code in asked.sources))


def answer_said(test: AnswerTest) -> str:
    return gettext(ANSWER, code=test.code, test=gettext(TESTS[test.test]), value=test.value)


def clock_said(minutes: int | None) -> str:
    """ "22:40" as an input for times has it; nothing for None."""
    return "" if minutes is None else f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def weekday_names() -> list[str]:
    """Short, from Monday on."""
    return [str(name) for _, name in sorted(get_day_names("abbreviated", locale=current_locale.get()).items())]
