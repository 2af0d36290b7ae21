import pytest

from app.jurisdictions.models import Department
from app.services.catalogue import Catalogue, Rule
from app.services.responsibility import responsible_department
from tests.services.made import catalogue, service

WORKS, ROADS, CONTRACTOR, STATE, PORT, PARKS = range(1, 7)
BOARD_3, HIGHWAY, PORT_LAND = 30, 70, 80
POTHOLE = service(id=1, service_code="pothole", group="streets")
SIGN = service(id=2, service_code="sign", group="streets")
TREE = service(id=3, service_code="tree", group="trees")


@pytest.fixture
def city() -> Catalogue:
    departments = [Department(id=number, code=f"d{number}", name=f"D{number}") for number in range(1, 7)]
    return catalogue(
        POTHOLE,
        SIGN,
        TREE,
        departments=departments,
        agency_areas={HIGHWAY: None, PORT_LAND: PORT},
        rules=(
            Rule(None, "streets", None, WORKS),
            Rule(None, "streets", BOARD_3, CONTRACTOR),
            Rule(1, None, None, ROADS),
            Rule(None, "streets", HIGHWAY, STATE),
            Rule(3, None, PORT_LAND, PARKS),
        ),
    )


@pytest.mark.parametrize(
    ("kind", "areas", "who"),
    [
        (SIGN, [], WORKS),
        (SIGN, [BOARD_3], CONTRACTOR),
        (POTHOLE, [], ROADS),
        (POTHOLE, [BOARD_3], ROADS),
        (POTHOLE, [BOARD_3, HIGHWAY], STATE),
        (SIGN, [HIGHWAY, BOARD_3], STATE),
        (SIGN, [PORT_LAND], PORT),
        (POTHOLE, [PORT_LAND], PORT),
        (TREE, [PORT_LAND], PARKS),
        (SIGN, [999], WORKS),
    ],
)
def test_the_nearest_rule_says_who_acts(city: Catalogue, kind: object, areas: list[int], who: int) -> None:
    department = responsible_department(city, kind, areas)  # type: ignore[arg-type]
    assert department is not None
    assert department.id == who


def test_nobody_is_made_up_where_nobody_is_named(city: Catalogue) -> None:
    assert responsible_department(city, TREE, [BOARD_3, HIGHWAY]) is None
