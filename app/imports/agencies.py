"""Outside agencies that come with the land that they answer for: the layer `agency`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.area_fields import as_text
from app.imports.area_versions import NewArea
from app.jurisdictions.models import Department

AGENCY_LAYER = "agency"
CODE_FIELDS = ("department_code", "agency_code", "department", "agency")


async def attach_agencies(
    session: AsyncSession, areas: Sequence[NewArea], properties: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Gives each area its department, made as an outside agency where it is not there yet; says which.

    The department is named by its code in one of CODE_FIELDS, else by the code of the area. `phone`, `email`
    and `url` (or `website`) of the feature fill what the department does not have.
    """
    departments = {row.code: row for row in (await session.execute(select(Department))).scalars()}
    notes: list[str] = []
    for area in areas:
        fields = {key.lower(): as_text(value) for key, value in properties.get(area.code, {}).items()}
        code = next((fields[key] for key in CODE_FIELDS if fields.get(key)), area.code)[:40]
        department = departments.get(code)
        if department is None:
            department = departments[code] = Department(code=code, name=area.name, kind="agency")
            session.add(department)
            notes.append(f"{area.name} was added as an outside agency.")
        department.phone = department.phone or fields.get("phone", "")[:40] or None
        department.email = department.email or fields.get("email", "")[:254] or None
        department.url = department.url or (fields.get("url") or fields.get("website", ""))[:500] or None
        await session.flush()
        area.department_id = department.id
    return notes
