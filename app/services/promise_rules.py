"""Which promise holds for a report: the rule that says most about it, among those that are valid at the moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.promise_models import PromiseRule, Suspension
from app.services.promises import Moments, moments


def promise_rule(
    catalogue: Catalogue,
    service: Service,
    areas: Iterable[tuple[str, str]],
    at: datetime,
    *,
    priority: str | None = None,
) -> PromiseRule | None:
    """The rule for a service in these areas, (layer, code) each; None where the city has said nothing.

    The service comes before its group, and that before all; among those, an area before the whole city, and a
    priority before any. Of two that are left the newer one holds.
    """
    places = {*areas, (None, None)}
    for scope in ((service.id, None), (None, service.group), (None, None)):
        fitting = [
            rule
            for rule in catalogue.promises.get(scope, ())
            if rule.valid(at) and (rule.layer, rule.area_code) in places and rule.priority in (None, priority)
        ]
        if fitting:
            return max(fitting, key=speaks)
    return None


def speaks(rule: PromiseRule) -> tuple[bool, bool, datetime, int]:
    return rule.layer is not None, rule.priority is not None, rule.valid_from, rule.id


def suspension_for(
    catalogue: Catalogue, service: Service, areas: Iterable[tuple[str, str]], at: datetime
) -> Suspension | None:
    """The event that keeps the city from its promise in these areas; of several the one that began first."""
    places = {*areas, (None, None)}
    holding = [
        row
        for row in catalogue.suspensions
        if row.holds(at)
        and row.service_id in (None, service.id)
        and row.group in (None, service.group)
        and (row.layer, row.area_code) in places
    ]
    return min(holding, key=lambda row: (row.start_datetime, row.id), default=None)


def moments_of(catalogue: Catalogue, rule: PromiseRule | None, start: datetime) -> Moments:
    """What is promised by a rule to whom filed at `start`."""
    return moments(rule.terms, start, catalogue.calendar) if rule else Moments(None, None)


def city_rule(catalogue: Catalogue, service: Service, at: datetime) -> PromiseRule | None:
    """What the catalogue tells of a service: its promise in the whole city, at any priority."""
    return promise_rule(catalogue, service, (), at)
