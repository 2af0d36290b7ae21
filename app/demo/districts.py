"""Who governs what: neighbourhoods, boards, council districts, ZIPs, and the land of outside agencies."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from app.demo.faces import Faces, grow, grow_evenly
from app.demo.terrain import Terrain

XY = tuple[float, float]


@dataclass(frozen=True)
class DemoArea:
    """An area of a layer. `agency` is the code of the outside agency that answers for it."""

    layer: str
    code: str
    name: str
    population: int | None
    shape: MultiPolygon
    agency: str | None = None


BOARDS: dict[str, dict[str, XY]] = {
    "Harborside": {"Old Harbor": (-450, -1650), "Exchange": (-330, -950), "Depot": (-1450, -1000)},
    "Midtown": {"Commons Gate": (-1150, -330), "Mill Row": (-350, 150), "Prospect Hill": (-1480, 800)},
    "Northside": {"Northgate": (-1010, 1350), "Orchard Bank": (-150, 1500), "Stonecutters": (-1700, 2850),
                  "Beacon": (300, 2900)},
    "Westlands": {"Delgado Heights": (-2500, -150), "Fresh Pond": (-2500, 1150), "Ridgeway": (-2950, 2500)},
    "Southwest": {"West End": (-2300, -1650), "South Cove": (-2750, -2550), "Marshside": (-3700, -900)},
    "East Bank": {"Foundry": (480, -1000), "Plaza Alvarado": (1350, -1000), "Lighthouse Point": (1250, -2150)},
    "Seaside": {"La Paz": (2450, -1150), "Sandpiper Beach": (3500, -2150), "Eastmeadow": (3500, -900)},
    "Highlands": {"Riverbend": (1150, 150), "Mill Creek": (1350, 1250), "Cooper Heights": (2550, 250),
                  "Highfield": (1500, 2500), "Merrow Hills": (3350, 1450)},
}  # fmt: skip
COUNCIL: list[XY] = [
    (-650, -1450), (-1250, -300), (-750, 1200), (-2700, 900), (-2800, -1300), (900, -1150),
    (2700, -1500), (1300, 700), (600, 2700),
]  # fmt: skip
ZIPS: dict[str, XY] = {
    "02991": (-700, -1100), "02992": (-2800, -1400), "02993": (-2200, 900), "02994": (-200, 2000),
    "02995": (1500, -1400), "02996": (2000, 500),
}  # fmt: skip
TOWNS: dict[str, tuple[str, list[XY]]] = {
    "town-tarrow": ("Town of Tarrow", [(-20000, -9000), (-1000, -9000), (-3000, 3000), (-6000, 20000),
                                       (-20000, 20000)]),
    "town-north-wescott": ("Town of North Wescott", [(-3000, 3000), (2600, 3000), (5600, 20000), (-6000, 20000)]),
    "town-pells-landing": ("Town of Pells Landing", [(-1000, -9000), (20000, -9000), (20000, 20000), (5600, 20000),
                                                     (2600, 3000)]),
}  # fmt: skip


# Where a district may end though no street runs there: from the last street to the sea or the limits.
CUTS: list[LineString] = [
    LineString(ends)
    for ends in (
        [(-1300, -1880), (-1460, -2800)], [(-2320, -2300), (-2320, -3000)], [(-3400, -2440), (-3420, -3200)],
        [(860, -1790), (760, -1900)], [(1960, -2280), (1960, -2900)], [(2440, -2250), (2440, -2800)],
        [(3100, -2240), (3060, -2800)], [(3720, -2330), (3760, -3000)], [(250, 2690), (260, 3600)],
        [(1050, 2700), (1080, 3700)], [(2300, 2990), (2500, 3800)], [(-2700, 3400), (-2760, 3600)],
        [(-4400, -40), (-3290, 130)], [(3000, 480), (3560, -250)], [(-1640, -2020), (-1700, -2700)],
        [(-3400, 2000), (-4000, 2250)], [(3460, 1110), (3560, 1700)],
    )
]  # fmt: skip


def make_areas(faces: Faces) -> list[DemoArea]:
    """The four layers that each cover the city once."""
    hoods = {name: at for board in BOARDS.values() for name, at in board.items()}
    hood_of = grow(faces, list(hoods.values()))
    board_of_hood = [number for number, board in enumerate(BOARDS.values()) for _ in board]
    boards = [(str(i + 1), f"Community Board {i + 1}: {name}") for i, name in enumerate(BOARDS)]
    council = [(str(i + 1), f"Council District {i + 1}") for i in range(len(COUNCIL))]
    return [
        *_merged(faces, "board", boards, [board_of_hood[hood] for hood in hood_of]),
        *_merged(faces, "council", council, grow_evenly(faces, COUNCIL, 0.05)),
        *_merged(faces, "zip", [(code, code) for code in ZIPS], grow(faces, list(ZIPS.values()))),
        *_merged(faces, "neighborhood", [(name.lower().replace(" ", "-"), name) for name in hoods], hood_of),
    ]


def _merged(faces: Faces, layer: str, titles: Sequence[tuple[str, str]], owner: Sequence[int]) -> list[DemoArea]:
    out = []
    for number, (code, name) in enumerate(titles):
        inside = [face for face, seed in enumerate(owner) if seed == number]
        shape = _multi(shapely.union_all([faces.shapes[face] for face in inside]))
        out.append(DemoArea(layer, code, name, sum(faces.people[face] for face in inside), shape))
    return out


def agency_areas(terrain: Terrain, highway: LineString) -> list[DemoArea]:
    """State land, the port, and the towns next door: the smaller lies on the larger."""
    park = next(g.polygon for g in terrain.grounds if g.kind == "protected_area")
    port = next(g.polygon for g in terrain.grounds if g.name.startswith("Port"))
    harbor = shapely.union_all([port, *(pier.buffer(12) for pier in terrain.piers[:5])])
    areas = [
        DemoArea("agency", "merrow-parkway", "Merrow Parkway (State Route 9)", None,
                 _multi(highway.buffer(42).intersection(terrain.land)), "state-highways"),
        DemoArea("agency", "merrow-hills", "Merrow Hills State Park", None, _multi(park), "state-parks"),
        DemoArea("agency", "port", "Port of Harbor Point", None, _multi(harbor), "port-authority"),
    ]  # fmt: skip
    for code, (name, ring) in TOWNS.items():
        ground = Polygon(ring).intersection(terrain.land.buffer(60)).difference(terrain.limits)
        areas.append(DemoArea("agency", code.removeprefix("town-"), name, None, _multi(ground), code))
    return areas


def _multi(shape: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, Polygon)])
