"""Who acts on a service at a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.jurisdictions.models import Department
from app.services.catalogue import Catalogue
from app.services.models import Service


def responsible_department(catalogue: Catalogue, service: Service, area_ids: Iterable[int]) -> Department | None:
    """The department or agency that answers for a service in these areas; None where nobody is named.

    An outside agency's land comes first (its row for the service, its row for the group, then the agency that
    answers for all of that land); then the service in another area, the service, the group in an area, the group.
    Where two areas would decide, the one with the smaller id does, so that the answer is always the same.
    """
    for department_id in candidates(catalogue, service, sorted(area_ids)):
        if department_id is not None:
            return catalogue.departments.get(department_id)
    return None


def candidates(catalogue: Catalogue, service: Service, area_ids: list[int]) -> Iterator[int | None]:
    agencies = [area_id for area_id in area_ids if area_id in catalogue.agency_areas]
    others = [area_id for area_id in area_ids if area_id not in catalogue.agency_areas]
    of_service = [(service.id, None, area_id) for area_id in (*agencies, *others, None)]
    of_group = [(None, service.group, area_id) for area_id in (*agencies, *others, None)]
    here = len(agencies)
    for key in (*of_service[:here], *of_group[:here]):
        yield catalogue.rules.get(key)
    for area_id in agencies:
        yield catalogue.agency_areas[area_id]
    for key in (*of_service[here:], *of_group[here:]):
        yield catalogue.rules.get(key)
