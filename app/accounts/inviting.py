"""Somebody is invited: an account that waits for its holder, and a letter to them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import EMAIL
from app.accounts.audit import note
from app.accounts.letters import write_letter
from app.accounts.models import Account, AccountRole, Role
from app.accounts.one_time_links import INVITATION
from app.accounts.passwords import NO_PASSWORD
from app.accounts.reach import check_may_give, check_may_manage
from app.errors import Problem, Refused
from app.templating import current_locale, mark

LONGEST_EMAIL, LONGEST_NAME = 254, 200
NO_EMAIL = mark("This is no e-mail address. Write one such as ana@city.example.")
NAME_NEEDED = mark("Write a name, as colleagues say it.")
NAME_TOO_LONG = mark("Use at most %(most)d characters.")
NO_ROLE = mark("Choose one of the roles.")
TAKEN = mark("This address has an account already. Look for it in the list.")
HAS_PASSWORD = mark("They have a password already. They can ask for a new one where they sign in.")


async def invite(session: AsyncSession, by: Account, email: str, name: str, role_code: str) -> Account:
    """A new account and the letter. Raises Refused (403, 409, 422)."""
    email = email.lower()
    role = await session.get(Role, role_code) if role_code else None
    problems = [
        Problem("email", NO_EMAIL) if not EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL else None,
        name_problem(name),
        Problem("role", NO_ROLE) if role is None else None,
    ]
    if (wrong := [problem for problem in problems if problem]) or role is None:
        raise Refused(*wrong)
    check_may_give(by, role)
    if (await session.execute(select(Account.id).where(Account.email == email))).first():
        raise Refused(Problem("email", TAKEN), status=409)
    account = Account(email=email, name=name, password_hash=NO_PASSWORD, created_datetime=datetime.now(UTC))
    account.locale = current_locale.get()
    session.add(account)
    await session.flush()
    session.add(AccountRole(account_id=account.id, role_code=role.code))
    write_letter(session, account, INVITATION)
    await note(session, by, "account.invited", about=email, facts={"role": role.code})
    return account


async def invite_again(session: AsyncSession, by: Account, account: Account) -> None:
    """Raises Refused (403, 409)."""
    check_may_manage(by, account)
    if account.password_hash:
        raise Refused(Problem("account", HAS_PASSWORD), status=409)
    write_letter(session, account, INVITATION)
    await note(session, by, "account.invited", about=account.email)


def name_problem(name: str) -> Problem | None:
    """What is wrong with the name of a person, or None."""
    if not name:
        return Problem("name", NAME_NEEDED)
    return Problem("name", NAME_TOO_LONG, {"most": LONGEST_NAME}) if len(name) > LONGEST_NAME else None
