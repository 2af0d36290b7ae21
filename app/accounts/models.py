"""People who sign in, what they may do, their sessions, and the trail of what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json


class Account(Base):
    """Somebody who signs in. What they may do stands in `grants`; `department_id` is where they work."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    # argon2id, in the PHC string format; empty where there is none (passwords.py).
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_datetime: Mapped[datetime]
    # The language that they read; None until they chose one.
    locale: Mapped[str | None] = mapped_column(String(10))

    grants: Mapped[list[AccountRole]] = relationship(lazy="raise", order_by="AccountRole.id")


class Role(Base):
    """A set of permissions (codes of `permissions.py`, or "*" for all), as an administrator has put it together."""

    __tablename__ = "roles"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    permissions: Mapped[list[Any]] = mapped_column(Json, default=list)
    needs_totp: Mapped[bool] = mapped_column(default=False)


class AccountRole(Base):
    """A role that an account has, for what lies in its scope: each field that is set narrows it; none: everywhere.

    It goes with the department or the service that it was for: a scope never widens by itself.
    """

    __tablename__ = "account_roles"
    __table_args__ = (
        Index(None, "account_id"),
        CheckConstraint("(layer IS NULL) = (area_code IS NULL)", name="area"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    role_code: Mapped[str] = mapped_column(ForeignKey("roles.code"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="CASCADE"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    layer: Mapped[str | None] = mapped_column(String(40))
    area_code: Mapped[str | None] = mapped_column(String(80))

    role: Mapped[Role] = relationship(lazy="raise")

    @property
    def is_narrow(self) -> bool:
        return any(part is not None for part in (self.department_id, self.service_id, self.area_code))


class SignIn(Base):
    """A session: the cookie holds a random token, the table only its SHA-256."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_datetime: Mapped[datetime]
    expires_datetime: Mapped[datetime]
    # What is left to do before it counts (sessions.py): None when nothing is.
    needs: Mapped[str | None] = mapped_column(String(10))
    # The last use: when, with which browser and system, from which IP address.
    seen_datetime: Mapped[datetime | None]
    device: Mapped[str | None] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(45))

    account: Mapped[Account] = relationship(lazy="raise")


class AuditEntry(Base):
    """What one person did. Triggers refuse to change or delete a row; no foreign key could, so there is none."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "about", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    at: Mapped[datetime]
    # None, with an empty name: from the command line, or by the city's own rules.
    account_id: Mapped[int | None]
    account_name: Mapped[str] = mapped_column(String(200), default="")
    # A code of `audit.py`.
    action: Mapped[str] = mapped_column(String(60))
    # What it was done to: a service_request_id, an e-mail address, the code of a role.
    about: Mapped[str] = mapped_column(String(254), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
