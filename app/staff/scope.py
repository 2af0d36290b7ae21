"""What of the city's requests lies in the scope of a permission, as conditions of a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select

from app.accounts.guards import grants_of
from app.accounts.models import Account, AccountRole
from app.jurisdictions.models import Area
from app.service_requests.models import RequestArea, ServiceRequest

# A layer and a code → what lies there.
Inside = Callable[[str, str], ColumnElement[bool]]


def within_scope(account: Account, code: str, inside: Inside | None = None) -> list[ColumnElement[bool]]:
    """Conditions on ServiceRequest: none where the permission is for everything, `false` where there is none.

    `inside` says what lies in an area, for who knows a quicker way.
    """
    grants = grants_of(account, code)
    if any(not grant.is_narrow for grant in grants):
        return []
    departments = {grant.department_id for grant in grants if is_of_department_alone(grant)}
    rest = [and_(*in_scope(grant, inside or in_area)) for grant in grants if not is_of_department_alone(grant)]
    # In one list, which the index of departments answers.
    alone = [ServiceRequest.department_id.in_(departments)] if departments else []
    return [or_(false(), *alone, *rest)]


def is_of_department_alone(grant: AccountRole) -> bool:
    return grant.service_id is None and grant.area_code is None


def in_scope(grant: AccountRole, inside: Inside) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if grant.department_id is not None:
        conditions.append(ServiceRequest.department_id == grant.department_id)
    if grant.service_id is not None:
        conditions.append(ServiceRequest.service_id == grant.service_id)
    if grant.layer is not None and grant.area_code is not None:
        conditions.append(inside(grant.layer, grant.area_code))
    return conditions


def in_area(layer: str, code: str) -> ColumnElement[bool]:
    return one_of_areas(select(Area.id).where(Area.layer == layer, Area.code == code))


def one_of_areas(ids: Select[int] | Sequence[int]) -> ColumnElement[bool]:
    """OFFSET: asked of each request that is read. PostgreSQL would else read all that was ever filed in an area."""
    inside = select(RequestArea.request_id).where(RequestArea.area_id.in_(ids))
    return exists(inside.where(RequestArea.request_id == ServiceRequest.id).offset(0))
