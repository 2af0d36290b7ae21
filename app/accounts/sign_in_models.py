"""What signing in needs beside the account: counted attempts, second factors, one-time links and letters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

UNSENT = text("sent_datetime IS NULL")


class Attempts(Base):
    """How often something was tried since `since_datetime`, for one purse (see throttle.py)."""

    __tablename__ = "attempts"

    # The purse's kind and the SHA-256 of whose it is: people type passwords into the field for their e-mail too.
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
    since_datetime: Mapped[datetime] = mapped_column(index=True)


class SecondFactor(Base):
    """A confirmed authenticator app (RFC 6238)."""

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    # Enciphered for this account (see ciphers.py).
    secret: Mapped[str] = mapped_column(String(200))
    # The number of the half minute whose code was taken last: no code counts twice.
    last_step: Mapped[int]
    confirmed_datetime: Mapped[datetime]


class RecoveryCode(Base):
    """One of the codes on paper that stand in for a lost phone, once each."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_datetime: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that works once. `kind` is invitation or recovery; the table holds only the SHA-256 of its token."""

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    expires_datetime: Mapped[datetime] = mapped_column(index=True)
    used_datetime: Mapped[datetime | None]


class DirectoryIdentity(Base):
    """Who somebody is in the city's own directory: its issuer and their `sub` there, which no other person ever has."""

    __tablename__ = "directory_identities"
    __table_args__ = (UniqueConstraint("issuer", "account_id"),)

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_datetime: Mapped[datetime]


class AccountMail(Base):
    """A letter to the holder of an account, written with what it tells of and sent afterwards.

    It holds no token: the link that a letter carries is made when it is sent.
    """

    __tablename__ = "account_mails"
    __table_args__ = (Index("ix_account_mails_unsent", "id", sqlite_where=UNSENT, postgresql_where=UNSENT),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(10))
    created_datetime: Mapped[datetime]
    due_datetime: Mapped[datetime]
    sent_datetime: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # The kind of the last failure, never its text.
    failure: Mapped[str | None] = mapped_column(String(80))
