"""The second factor of an account: an authenticator app, and ten codes on paper for the day when the phone is lost."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from datetime import UTC, datetime
from enum import Enum

import structlog
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import totp
from app.accounts.ciphers import Unreadable, decipher, encipher
from app.accounts.sign_in_models import RecoveryCode, SecondFactor
from app.settings import Settings

log = structlog.get_logger()

CODES = 10
# Crockford's: no letter that reads like a digit.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CODE_LETTERS = 10
READ_AS = str.maketrans("oil", "011")


class Verdict(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"


async def find_second_factor(session: AsyncSession, account_id: int) -> SecondFactor | None:
    return await session.get(SecondFactor, account_id)


async def codes_left(session: AsyncSession, account_id: int) -> int:
    """How many recovery codes have not been used."""
    left = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_datetime.is_(None))
    return (await session.execute(left)).scalar_one()


async def turn_on(
    session: AsyncSession, settings: Settings, account_id: int, secret: bytes, code: str
) -> list[str] | None:
    """Keeps an app's secret once its code is right; the recovery codes to show, this once. None: the code is wrong."""
    step = totp.matching_step(secret, digits_of(code), time.time())
    if step is None:
        return None
    await turn_off(session, account_id)
    session.add(
        SecondFactor(
            account_id=account_id,
            secret=encipher(settings.secret_key, purpose_for(account_id), secret),
            last_step=step,
            confirmed_datetime=datetime.now(UTC),
        )
    )
    return await renew_codes(session, settings, account_id)


async def turn_off(session: AsyncSession, account_id: int) -> None:
    for table in (RecoveryCode, SecondFactor):
        await session.execute(delete(table).where(table.account_id == account_id))


async def renew_codes(session: AsyncSession, settings: Settings, account_id: int) -> list[str]:
    """Ten new recovery codes to show, this once; the old ones are worth nothing any more."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    letters = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS)) for _ in range(CODES)]
    session.add_all(RecoveryCode(account_id=account_id, code_hash=hash_of_code(settings, one)) for one in letters)
    await session.flush()
    return [f"{one[:5]}-{one[5:]}" for one in letters]


async def judge(session: AsyncSession, settings: Settings, account_id: int, typed: str) -> Verdict:
    """Whether a code is right, an app's or a recovery code; a right one is used up by this."""
    factor = await find_second_factor(session, account_id)
    if factor is None:
        return Verdict.WRONG
    if len(digits_of(typed)) == totp.DIGITS and len(letters_of(typed)) == totp.DIGITS:
        return await judge_app_code(session, settings, factor, digits_of(typed))
    return await judge_recovery_code(session, account_id, hash_of_code(settings, letters_of(typed)))


async def judge_app_code(session: AsyncSession, settings: Settings, factor: SecondFactor, code: str) -> Verdict:
    try:
        secret = decipher(settings.secret_key, purpose_for(factor.account_id), factor.secret)
    except Unreadable:
        log.error("second factor unreadable", account=factor.account_id, hint="was BLOCKWISE_SECRET_KEY changed?")
        return Verdict.WRONG
    step = totp.matching_step(secret, code, time.time())
    if step is None:
        return Verdict.WRONG
    fresh = update(SecondFactor).where(SecondFactor.account_id == factor.account_id, SecondFactor.last_step < step)
    return await used_up(session, fresh.values(last_step=step))


async def judge_recovery_code(session: AsyncSession, account_id: int, code_hash: str) -> Verdict:
    if await session.get(RecoveryCode, (account_id, code_hash)) is None:
        return Verdict.WRONG
    fresh = update(RecoveryCode).where(
        RecoveryCode.account_id == account_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_datetime.is_(None)
    )
    return await used_up(session, fresh.values(used_datetime=datetime.now(UTC)))


async def used_up(session: AsyncSession, change: object) -> Verdict:
    """Marks a code as used, unless somebody was quicker with it."""
    done: CursorResult[tuple[()]] = await session.execute(change)  # type: ignore[call-overload]
    return Verdict.RIGHT if done.rowcount else Verdict.USED


def secret_for(settings: Settings, account_id: int, sealed: str) -> bytes | None:
    """The secret that a page was given for this account to set up; None for anything else."""
    try:
        return decipher(settings.secret_key, setting_up(account_id), sealed)
    except Unreadable:
        return None


def sealed_secret(settings: Settings, account_id: int, secret: bytes) -> str:
    """A secret that is not kept yet, as the page carries it along."""
    return encipher(settings.secret_key, setting_up(account_id), secret)


def purpose_for(account_id: int) -> str:
    return f"second factor of {account_id}"


def setting_up(account_id: int) -> str:
    return f"second factor to be of {account_id}"


def hash_of_code(settings: Settings, letters: str) -> str:
    """Keyed: fifty bits alone would be guessed by whoever has the table."""
    return hmac.new(settings.secret_key.encode(), f"recovery code {letters}".encode(), hashlib.sha256).hexdigest()


def digits_of(typed: str) -> str:
    return re.sub(r"[^0-9]", "", typed[:100])


def letters_of(typed: str) -> str:
    """As it was given out, whatever was put between and however it was read."""
    return re.sub(r"[^0-9a-z]", "", typed[:100].lower()).translate(READ_AS)
