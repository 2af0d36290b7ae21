"""Letters to the holders of accounts, written in the transaction of what they tell of; notifications/ sends them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.sign_in_models import AccountMail
from app.templating import LOCALES, current_locale

PASSWORD_CHANGED = "password_changed"


def write_letter(session: AsyncSession, account: Account, kind: str) -> None:
    """`kind` is one of one_time_links.py, which carries such a link, or PASSWORD_CHANGED."""
    now = datetime.now(UTC)
    locale = account.locale if account.locale in LOCALES else current_locale.get()
    session.add(AccountMail(account_id=account.id, kind=kind, locale=locale, created_datetime=now, due_datetime=now))
