"""What of the city's requests lies in the scope of a permission, as conditions of a query."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from app.accounts.guards import grants_of
from app.accounts.models import Account, AccountRole
from app.jurisdictions.models import Area
from app.service_requests.models import RequestArea, ServiceRequest


def within_scope(account: Account, code: str) -> list[ColumnElement[bool]]:
    """Conditions on ServiceRequest: none where the permission is for everything, `false` where there is none."""
    grants = grants_of(account, code)
    if any(not grant.is_narrow for grant in grants):
        return []
    departments = {grant.department_id for grant in grants if is_of_department_alone(grant)}
    rest = [and_(*in_scope(grant)) for grant in grants if not is_of_department_alone(grant)]
    # In one list, which the index of departments answers.
    alone = [ServiceRequest.department_id.in_(departments)] if departments else []
    return [or_(false(), *alone, *rest)]


def is_of_department_alone(grant: AccountRole) -> bool:
    return grant.service_id is None and grant.area_code is None


def in_scope(grant: AccountRole) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if grant.department_id is not None:
        conditions.append(ServiceRequest.department_id == grant.department_id)
    if grant.service_id is not None:
        conditions.append(ServiceRequest.service_id == grant.service_id)
    if grant.area_code is not None:
        inside = select(RequestArea.request_id).join(Area, Area.id == RequestArea.area_id)
        inside = inside.where(Area.layer == grant.layer, Area.code == grant.area_code)
        # Asked of each request that is read: PostgreSQL would else read all that was ever filed in the area.
        conditions.append(exists(inside.where(RequestArea.request_id == ServiceRequest.id).offset(0)))
    return conditions
