"""How an outside agency is told, as staff sets it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.ciphers import encipher
from app.accounts.models import Account
from app.agencies.models import EMAIL, OPEN311, AgencyDoor
from app.agencies.send_referrals import KEY
from app.errors import Problem, Refused
from app.jurisdictions.models import Department
from app.templating import mark

# At the end of an address that somebody copied.
METHOD = re.compile(r"/(requests|services|discovery)(\.(json|xml))?/?$")
ADDRESS = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.[^\s@<>\"',;.]{2,}")
LONGEST = {"email": 254, "endpoint": 500, "jurisdiction_id": 100, "default_code": 80, "api_key": 200}
CHOOSE = mark("Choose how the agency is told.")
NO_EMAIL = mark("This is not an e-mail address. Write it like name@example.org.")
NO_ENDPOINT = mark("Write the address of their Open311, such as https://311.example.gov/open311/v2.")
NO_CODES = mark("Write a line for each kind: our code, a blank, their code. Or give a code for all.")
TOO_LONG = mark("Use at most %(most)d characters.")


async def keep_door(
    session: AsyncSession,
    account: Account,
    department: Department,
    form: Mapping[str, str],
    secret_key: str,
    *,
    private: bool = False,
) -> None:
    """Writes how an agency is told; `kind` "" takes the door away for now. An empty key leaves the one that is there,
    as long as the endpoint does not change: a key is for whom it was given by.

    `private`: for tests, the endpoint may be on this machine. Raises Refused (422) with every problem at once.
    """
    kind, problems = form.get("kind", ""), problems_of(form, private=private)
    if problems:
        raise Refused(*problems)
    door = await session.get(AgencyDoor, department.id)
    if door is None:
        door = AgencyDoor(department_id=department.id, kind=kind or EMAIL)
        session.add(door)
    endpoint = endpoint_of(form.get("endpoint", ""))
    forgets = form.get("forget_key") == "yes" or endpoint != door.endpoint
    door.kind, door.active = kind or door.kind, bool(kind)
    door.email, door.endpoint = form.get("email", ""), endpoint
    door.jurisdiction_id, door.default_code = form.get("jurisdiction_id", ""), form.get("default_code", "")
    door.service_codes = codes_of(form.get("service_codes", "")) or {}
    door.takes_client_id, door.pause_datetime = form.get("takes_client_id") == "yes", None
    if form.get("api_key"):
        door.api_key = encipher(secret_key, KEY, form["api_key"].encode())
    elif forgets:
        door.api_key = ""
    await session.flush()
    facts = {"kind": kind, "email": door.email, "endpoint": door.endpoint, "new_key": bool(form.get("api_key"))}
    await note(session, account, "agency.changed", about=department.code, facts=facts)


def problems_of(form: Mapping[str, str], *, private: bool) -> list[Problem]:
    kind = form.get("kind", "")
    long = [name for name, most in LONGEST.items() if len(form.get(name, "")) > most]
    problems = [Problem(name, TOO_LONG, {"most": LONGEST[name]}) for name in long]
    if kind not in ("", EMAIL, OPEN311):
        problems.append(Problem("kind", CHOOSE))
    if kind == EMAIL and not ADDRESS.fullmatch(form.get("email", "")):
        problems.append(Problem("email", NO_EMAIL))
    if kind == OPEN311 and not is_endpoint(form.get("endpoint", ""), private=private):
        problems.append(Problem("endpoint", NO_ENDPOINT))
    codes = codes_of(form.get("service_codes", ""))
    if codes is None or (kind == OPEN311 and not codes and not form.get("default_code")):
        problems.append(Problem("service_codes", NO_CODES))
    return problems


def is_endpoint(text: str, *, private: bool) -> bool:
    """What can be seen of it; what its name leads to is looked at with each call (app/outside.py)."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    schemes = ("https", "http") if private else ("https",)
    return url.scheme in schemes and bool(url.host) and not (url.username or url.password or url.query)


def endpoint_of(text: str) -> str:
    return METHOD.sub("", text).rstrip("/")


def codes_of(text: str) -> dict[str, str] | None:
    """ "pothole POTHOLE" in each line, as theirs for ours. None for a line that is something else."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return {line[0]: line[1] for line in lines} if all(len(line) == 2 for line in lines) else None
