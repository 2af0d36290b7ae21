"""The themes of past requests, from `themes.yaml`, and which of them a service belongs to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from app.services.promises import CALENDAR

FILE = Path(__file__).with_name("themes.yaml")
# For services that no theme fits: the theme of their group.
GROUPS = {
    "streets": "sidewalk", "lighting": "light", "refuse": "bin", "blight": "property", "water": "leak", "trees": "tree",
    "animals": "animal", "noise": "noise", "housing": "housing", "parks": "bench",
}  # fmt: skip


class DemoAttribute(Protocol):
    """A question of a service, as `ServiceAttribute` has it."""

    @property
    def code(self) -> str: ...
    @property
    def datatype(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def variable(self) -> bool: ...
    @property
    def values(self) -> list[Any]: ...
    @property
    def show_if(self) -> dict[str, Any] | None: ...


class DemoService(Protocol):
    """A kind of problem, as `Service` has it."""

    @property
    def service_code(self) -> str: ...
    @property
    def service_name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def translations(self) -> dict[str, Any]: ...
    @property
    def promise_hours(self) -> int | None: ...
    @property
    def promise_days(self) -> int | None: ...
    @property
    def promise_clock(self) -> str: ...
    @property
    def attributes(self) -> list[Any]: ...


@dataclass(frozen=True)
class Kind:
    """A `DemoService`: a service of the catalogue with what it promises."""

    service_code: str
    service_name: str
    group: str
    translations: dict[str, Any]
    attributes: list[Any]
    promise_hours: int | None = None
    promise_days: int | None = None
    promise_clock: str = CALENDAR


@dataclass(frozen=True)
class Theme:
    """See the head of `themes.yaml`."""

    name: str
    weight: float
    where: str
    photo: float
    picture: str
    in_time: float
    en: tuple[str, ...]
    es: tuple[str, ...]
    fits: tuple[str, ...] = ()
    months: tuple[float, ...] = (1.0,) * 12
    hours: str = "day"
    storm: float = 0.0
    services: list[DemoService] = field(default_factory=list, compare=False)


def themes_of(services: list[Any]) -> list[Theme]:
    """The themes that some service belongs to, each with its services in the order given."""
    themes = [_theme(name, given) for name, given in yaml.safe_load(FILE.read_text(encoding="utf-8")).items()]
    for service in services:
        _theme_of(service, themes).services.append(service)
    return [theme for theme in themes if theme.services]


def _theme(name: str, given: dict[str, Any]) -> Theme:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return Theme(name=name, **values)


def _theme_of(service: DemoService, themes: list[Theme]) -> Theme:
    by_name = {theme.name: theme for theme in themes}
    fitting = (theme for theme in themes if service.service_code in theme.fits)
    return next(fitting, by_name[GROUPS.get(service.group, "other")])
