"""For whom an account may speak: a role with a scope tells what is the department's, to its own area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts.guards import grants_of
from app.accounts.models import Account, AccountRole
from app.errors import Problem, Refused
from app.notifications.announcement_models import Announcement
from app.templating import mark

PUBLISH = "announcements.publish"
NOT_THEIRS = mark("You may not speak for this department. Choose your own.")
BEYOND = mark("You may tell your own area only. Choose it under “Some areas”.")


def is_theirs(account: Account, one: Announcement) -> bool:
    """Whether a notice is theirs to see at the desk, to change and to withdraw."""
    facts = {"department_id": one.department_id, "reach": one.reach, "areas": one.areas}
    return any(for_department(grant, facts) and for_area(grant, facts) for grant in grants_of(account, PUBLISH))


def refuse_beyond(account: Account, facts: Mapping[str, Any]) -> None:
    """Raises Refused (422) where a notice speaks for another department, or to more than their area."""
    grants = [grant for grant in grants_of(account, PUBLISH) if for_department(grant, facts)]
    if not grants:
        raise Refused(Problem("department", NOT_THEIRS))
    if not any(for_area(grant, facts) for grant in grants):
        raise Refused(Problem("area", BEYOND))


def for_department(grant: AccountRole, facts: Mapping[str, Any]) -> bool:
    """A role for one kind of problem speaks for nobody."""
    return grant.service_id is None and grant.department_id in (None, facts["department_id"])


def for_area(grant: AccountRole, facts: Mapping[str, Any]) -> bool:
    if grant.area_code is None:
        return True
    return facts["reach"] == "areas" and all(area == [grant.layer, grant.area_code] for area in facts["areas"])
