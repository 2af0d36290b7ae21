"""Who had a role before roles were rows has it still, for the department that they saw."""

from __future__ import annotations

from alembic import command
from sqlalchemy import select, text

from app.accounts.models import Account, AccountRole
from app.db import Database
from app.schema import alembic_config, migrate
from tests.open311.city import make_city

BEFORE = "0008"
ACCOUNT = (
    "INSERT INTO accounts (email, name, role, department_id, password_hash, active, created_datetime)"
    " VALUES (:email, 'Sam', :role, :department, 'none', true, '2026-01-01 00:00:00')"
)


async def test_roles_and_departments_become_scopes_and_back(database: Database) -> None:
    await make_city(database)
    config = alembic_config
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(config(sync), BEFORE))
        for role, department in (("clerk", 1), ("administrator", 1), ("liaison", None), ("resident", None)):
            told = {"email": f"{role}@city.example", "role": role, "department": department}
            await connection.execute(text(ACCOUNT), told)
    await migrate(database)
    grants = select(Account.email, AccountRole.role_code, AccountRole.department_id).outerjoin(AccountRole)
    async with database.reading() as session:
        found = [tuple(row) for row in await session.execute(grants.order_by(Account.id))]
    assert found == [
        ("clerk@city.example", "clerk", 1),
        ("administrator@city.example", "administrator", None),
        ("liaison@city.example", "liaison", None),
        ("resident@city.example", None, None),
    ]
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(config(sync), BEFORE))
        roles = (await connection.execute(text("SELECT role FROM accounts ORDER BY id"))).scalars().all()
    assert roles == ["clerk", "administrator", "liaison", "resident"]
