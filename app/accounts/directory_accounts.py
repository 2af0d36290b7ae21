"""From a person of the city's directory to an account: known from before, by a verified address, or made by rule."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import EMAIL
from app.accounts.audit import note
from app.accounts.directory_answers import Person
from app.accounts.inviting import LONGEST_EMAIL, LONGEST_NAME
from app.accounts.models import Account, AccountRole, Role
from app.accounts.passwords import NO_PASSWORD
from app.accounts.sign_in_models import DirectoryIdentity
from app.errors import Problem, Refused
from app.settings import Settings
from app.templating import LOCALES, mark

UNVERIFIED = mark("The directory has no verified e-mail address of yours. Ask those who keep it to verify yours.")
UNKNOWN = mark("The directory knows you as %(email)s, but nobody has invited you here. Ask an administrator to do so.")
CLOSED = mark("Your account here is closed. Ask an administrator to open it again.")
ANOTHER = mark("The account of %(email)s belongs to somebody else of the directory. Ask an administrator.")


async def account_of(session: AsyncSession, settings: Settings, person: Person) -> Account:
    """The account that this person signs in to; bound to them from the first time on.

    Raises Refused: 403 where there is none or it is closed, 409 where it is bound to somebody else.
    """
    issuer = settings.oidc_issuer or ""
    identity = await session.get(DirectoryIdentity, (issuer, person.subject))
    if identity is not None:
        return opened(await session.get_one(Account, identity.account_id))
    if not EMAIL.fullmatch(person.email) or len(person.email) > LONGEST_EMAIL:
        raise Refused(Problem("email", UNVERIFIED), status=403)
    wanted = select(Account).where(Account.email == person.email).with_for_update()
    account = (await session.execute(wanted)).scalar_one_or_none()
    if account is None:
        account = await made_by_rule(session, settings, person)
    elif bound := await subject_of(session, issuer, account.id):
        if bound == person.subject:
            return opened(account)
        raise Refused(Problem("email", ANOTHER, {"email": person.email}), status=409)
    else:
        await note(session, opened(account), "account.directory_joined", about=account.email)
    now = datetime.now(UTC)
    session.add(DirectoryIdentity(issuer=issuer, subject=person.subject, account_id=account.id, created_datetime=now))
    await session.flush()
    return account


def opened(account: Account) -> Account:
    if not account.active:
        raise Refused(Problem("email", CLOSED), status=403)
    return account


async def subject_of(session: AsyncSession, issuer: str, account_id: int) -> str | None:
    mine = select(DirectoryIdentity.subject).where(
        DirectoryIdentity.issuer == issuer, DirectoryIdentity.account_id == account_id
    )
    return (await session.execute(mine)).scalar_one_or_none()


async def made_by_rule(session: AsyncSession, settings: Settings, person: Person) -> Account:
    """A new account with the role that BLOCKWISE_OIDC_ROLE names. Raises Refused (403) where it names none."""
    role = await session.get(Role, settings.oidc_role) if settings.oidc_role else None
    if role is None or "*" in role.permissions:
        raise Refused(Problem("email", UNKNOWN, {"email": person.email}), status=403)
    account = Account(
        email=person.email,
        name=(person.name or person.email)[:LONGEST_NAME],
        password_hash=NO_PASSWORD,
        created_datetime=datetime.now(UTC),
        locale=next((code for code in LOCALES if code == person.locale[:2].lower()), None),
    )
    session.add(account)
    await session.flush()
    session.add(AccountRole(account_id=account.id, role_code=role.code))
    await note(session, account, "account.directory_made", about=account.email, facts={"role": role.code})
    return account
