"""Places that people name: schools, libraries, stations, parks, shops."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.demo.addresses import Address
from app.demo.districts import BOARDS
from app.demo.layout import Park
from app.demo.terrain import Terrain

XY = tuple[float, float]


@dataclass(frozen=True)
class Landmark:
    """`kind` is a Protomaps kind; `min_zoom` is where a map first has room for it."""

    name: str
    name_es: str
    kind: str
    at: XY
    min_zoom: int
    address: Address | None = None


# kind, zoom, names ("English|Spanish"), near which point: in the hood of that name, or at a position.
CIVIC: list[tuple[str, int, str, str, XY]] = [
    ("townhall", 13, "Harbor Point City Hall", "Ayuntamiento de Harbor Point", (-560, -1000)),
    ("courthouse", 15, "County Courthouse", "Juzgado del Condado", (-700, -1050)),
    ("hospital", 13, "Mercy Harbor Hospital", "Hospital Mercy Harbor", (-1480, -420)),
    ("hospital", 14, "Eastside Clinic", "Clínica Eastside", (1750, -950)),
    ("station", 13, "Harbor Point Central Station", "Estación Central de Harbor Point", (-1150, -1010)),
    ("station", 14, "Northgate Station", "Estación Northgate", (-1130, 960)),
    ("station", 14, "Mill Flats Station", "Estación Mill Flats", (-3150, -1225)),
    ("ferry_terminal", 13, "Gull Island Ferry", "Ferry a Gull Island", (-40, -1900)),
    ("marina", 13, "Eastern Yacht Basin", "Puerto Deportivo del Este", (960, -2140)),
    ("attraction", 14, "Lighthouse Point Light", "Faro de Lighthouse Point", (1210, -3130)),
    ("museum", 14, "Whaling and Harbor Museum", "Museo Ballenero y del Puerto", (-380, -1700)),
    ("theatre", 15, "Orpheum Theatre", "Teatro Orpheum", (-640, -880)),
    ("museum", 15, "Foundry Arts Center", "Centro de Arte Foundry", (420, -1050)),
    ("university", 13, "Merrow Community College", "Colegio Comunitario Merrow", (1250, 1750)),
    ("stadium", 14, "Roosevelt Stadium", "Estadio Roosevelt", (-2480, -1620)),
    ("post_office", 15, "Main Post Office", "Oficina Central de Correos", (-480, -760)),
    ("post_office", 15, "Broadway Post Office", "Correos Broadway", (880, -380)),
    ("marketplace", 14, "Market Square Farmers Market", "Mercado de Agricultores", (-430, -1520)),
    ("marketplace", 15, "Plaza Alvarado Market", "Mercado Plaza Alvarado", (1330, -1090)),
    ("beach", 13, "Sandpiper Beach", "Playa Sandpiper", (3350, -2430)),
    ("island", 13, "Gull Island", "Isla Gull", (140, -3090)),
]
LIBRARIES = ("Exchange", "Northgate", "West End", "Plaza Alvarado", "Cooper Heights", "Delgado Heights", "Highfield")
FIRE = ("Old Harbor", "Prospect Hill", "Marshside", "Foundry", "Eastmeadow", "Mill Creek", "Stonecutters")
POLICE = ("Exchange", "Fresh Pond", "Plaza Alvarado")
HIGH_SCHOOLS = ("Commons Gate", "Riverbend", "Delgado Heights")
MARKETS = ("Old Harbor", "Depot", "Northgate", "Beacon", "Fresh Pond", "West End", "La Paz", "Eastmeadow", "Mill Creek",
           "Highfield", "Foundry", "Marshside")  # fmt: skip
SHOPS = [
    ("cafe", 16, ("Anchor Coffee", "Slack Tide Café", "Blue Door Café", "Café Paloma", "Lantern Coffee",
                  "Third Street Beans", "Café Estrella", "Morning Packet", "The Kettle Room", "Gull & Crumb")),
    ("restaurant", 16, ("The Rope Walk", "Casa Mirador", "Harbor Grill", "Los Almendros", "Salt & Dory",
                        "Golden Lantern", "Trattoria Ventura", "La Cocina de Marisol", "Oyster Row",
                        "Mill Row Kitchen", "El Galeón", "Commons Diner", "Pho Riverbend", "Spice Exchange")),
    ("pharmacy", 16, ("Depot Pharmacy", "Broadway Pharmacy", "Farmacia La Paz", "Northgate Pharmacy",
                      "Ocean Pharmacy")),
    ("bakery", 16, ("Market Hill Bakery", "Panadería Aurora", "Foundry Bread", "Seaside Bakery")),
    ("books", 16, ("Compass Books", "Second Chapter Books")),
    ("convenience", 16, ("Corner Pantry", "Quick Dock", "Tienda Luna", "Summit Convenience", "West End Grocery",
                         "Bodega Caguas", "Shore Road Stop", "Ridge Market")),
    ("bar", 16, ("The Capstan", "Bosun's Locker", "Taberna Norte")),
]  # fmt: skip


def make_landmarks(
    terrain: Terrain, parks: Sequence[Park], addresses: Sequence[Address], hood_of: Sequence[str], dice: random.Random
) -> list[Landmark]:
    """About 170 of them; those in buildings stand at an address of their own."""
    homes = _Homes(addresses, hood_of, dice)
    return [
        *(Landmark(name, es, kind, at, zoom) for kind, zoom, name, es, at in CIVIC),
        *_green(terrain, parks),
        *_public(homes),
        *_commerce(homes),
    ]


class _Homes:
    """Hands out addresses, none twice."""

    def __init__(self, addresses: Sequence[Address], hood_of: Sequence[str], dice: random.Random) -> None:
        self.dice = dice
        self._by_hood: dict[str, list[Address]] = {}
        for address, hood in zip(addresses, hood_of, strict=True):
            self._by_hood.setdefault(hood, []).append(address)

    def take(self, hood: str) -> Address:
        homes = self._by_hood[hood]
        return homes.pop(self.dice.randrange(len(homes)))


def _green(terrain: Terrain, parks: Sequence[Park]) -> Iterator[Landmark]:
    for park in parks:
        point = park.shape.representative_point()
        kind = "playground" if "Playground" in park.name else "park"
        yield Landmark(park.name, park.name_es, kind, (point.x, point.y), 13 if park.shape.area > 60_000 else 15)
    for ground in terrain.grounds:
        if ground.kind in ("protected_area", "golf_course", "cemetery", "park", "wood", "wetland"):
            kind = {"protected_area": "park", "wood": "forest"}.get(ground.kind, ground.kind)
            point = ground.polygon.intersection(terrain.limits).representative_point()
            yield Landmark(ground.name, ground.name_es, kind, (point.x, point.y), 13)


def _public(homes: _Homes) -> Iterator[Landmark]:
    def at(hood: str, name: str, name_es: str, kind: str, zoom: int) -> Landmark:
        address = homes.take(hood)
        return Landmark(name, name_es, kind, address.at, zoom, address)

    for hood in (hood for board in BOARDS.values() for hood in board):
        yield at(hood, f"{hood} Elementary School", f"Escuela Primaria {hood}", "school", 15)
    for board in list(BOARDS)[:6]:
        hood = list(BOARDS[board])[-1]
        yield at(hood, f"{board} Middle School", f"Escuela Intermedia {board}", "school", 15)
    for hood in HIGH_SCHOOLS:
        yield at(hood, f"{hood} High School", f"Escuela Secundaria {hood}", "school", 14)
    for hood in LIBRARIES:
        yield at(hood, f"{hood} Library", f"Biblioteca {hood}", "library", 14)
    for number, hood in enumerate(FIRE, 1):
        yield at(hood, f"Fire Station {number}", f"Estación de Bomberos {number}", "fire_station", 15)
    for hood in POLICE:
        yield at(hood, f"{hood} Police Station", f"Comisaría {hood}", "police", 15)
    for hood in list(BOARDS["Midtown"]) + list(BOARDS["Southwest"]) + list(BOARDS["Seaside"]):
        yield at(hood, f"{hood} Community Center", f"Centro Comunitario {hood}", "community_centre", 15)


def _commerce(homes: _Homes) -> Iterator[Landmark]:
    for hood in MARKETS:
        address = homes.take(hood)
        yield Landmark(f"{hood} Market", f"Mercado {hood}", "supermarket", address.at, 15, address)
    busy = ("Old Harbor", "Exchange", "Depot", "Foundry", "Plaza Alvarado", "Commons Gate", "Mill Row", "La Paz")
    for kind, zoom, titles in SHOPS:
        for title in titles:
            address = homes.take(homes.dice.choice(busy))
            yield Landmark(title, title, kind, address.at, zoom, address)
