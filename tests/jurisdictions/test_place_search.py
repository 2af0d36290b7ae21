"""Type-ahead over a small town whose names are chosen to be mistaken for one another."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, insert

from app.db import Database, point
from app.jurisdictions.models import Place, PlaceIndex, PlaceKey
from app.jurisdictions.place_index import refresh_place_index
from app.jurisdictions.place_search import FoundPlace, search_places
from tests.service_requests.city import make_city

LAT, LONG = 42.0, -71.0
STREETS = [
    "Beacon Street",
    "Tremont Street",
    "Beech Avenue",
    "Fifth Avenue",
    "North Main Street",
    "Main Street",
    "Avenue Y",
    "St. Mark's Place",
    "Broadway",
    "O'Brien Court",
    "Calle Simón Bolívar",
    "Rue d'Ostende",
    "82nd Street",
    "42nd Street",
    "Massachusetts Avenue",
    "Beacon Hill Road",
    "شارع النيل",
]
CORNERS = [
    ("Beacon Street", "Tremont Street"),
    ("Main Street", "Fifth Avenue"),
    ("Avenue Y", "Main Street"),
    ("Beacon Hill Road", "Broadway"),
]
ODD_NUMBERS = [
    ("Beacon Street", "121A"),
    ("Beacon Street", "130-136"),
    ("82nd Street", "37-12"),
    ("82nd Street", "37-45"),
    ("Main Street", "12 bis"),
    ("Main Street", "7½"),
]
POIS = ["Harbor Point Library", "Café Crémerie Zoë", "Beacon Playground", "Twelve Oaks Park"]


def town() -> list[dict[str, object]]:
    places: list[dict[str, object]] = []

    def add(kind: str, label: str, **more: object) -> None:
        at = len(places)
        location = point(LAT + at // 40 * 0.001, LONG + at % 40 * 0.001)
        places.append(
            {
                "kind": kind,
                "label": label,
                "house_number": None,
                "street": None,
                "cross_street": None,
                "zipcode": "02108",
                "location": location,
            }
            | more
        )

    for street in STREETS:
        for number in range(100, 140, 4):
            add("address", f"{number} {street}", house_number=str(number), street=street)
    for street, number in ODD_NUMBERS:
        add("address", f"{number} {street}", house_number=number, street=street)
    for street, cross_street in CORNERS:
        add("intersection", f"{street} & {cross_street}", street=street, cross_street=cross_street)
    for name in POIS:
        add("poi", name)
    add("poi", "Zed Bakery", house_number="124", street="Broadway")
    add("address", "120 Broadway", house_number="120", street="Broadway", zipcode="02199")
    return places


@pytest.fixture
async def harbor(database: Database) -> Database:
    async with database.writing() as session:
        await session.execute(insert(Place), town())
        await refresh_place_index(session)
    return database


async def found(database: Database, words: str, **more: object) -> list[FoundPlace]:
    async with database.reading() as session:
        return await search_places(session, words, **more)  # type: ignore[arg-type]


SAME = {
    "120 Beacon Street": [
        "120 Beacon Street",
        "120 bea",
        "120 BEACON ST.",
        "120 becon st",
        "120 baecon",
        "120 beacon strt",
        "  120   beacon  ",
        "#120 beacon st apt 4",
        "120 Beacon St, Harbor Point",
        "120 beacon st, harbor point 02108",
        "calle beacon 120",
        "beacon street 120",
        "120 ｂｅａｃｏｎ",
        "120 béacon",
    ],
    "Beacon Street & Tremont Street": [
        "beacon & tremont",
        "tremont & beacon",
        "corner of beacon and tremont",
        "Esquina de Tremont y Beacon",
        "tremont at beacon st",
        "Beacon/Tremont",
        "beacon st @ tremont st",
        "tremont & bea",
        "becon and tremnt",
        "tremont beacon",
        "the intersection of Tremont Street and Beacon Street",
    ],
    "120 Fifth Avenue": ["120 fifth ave", "120 5th av", "120 5 avenue", "120 quinta avenida"],
    "120 North Main Street": ["120 n main st", "120 north main", "120 norte main"],
    "120 Main Street": ["120 main st", "120 main street"],
    "120 Calle Simón Bolívar": ["120 simon bolivar", "calle simón bolívar 120", "120 street simon boliva"],
    "120 St. Mark's Place": ["120 saint marks pl", "120 st mark's place", "120 st marks"],
    "120 O'Brien Court": ["120 obrien ct", "120 o'brien", "120 O’Brien Crt"],
    "120 Rue d'Ostende": ["120 ostende", "120 rue d'ostende", "rue d’Ostende 120"],
    "120 Massachusetts Avenue": ["120 mass av", "120 masachusets ave", "120 massachu"],
    "120 Beacon Hill Road": ["120 beaconhill", "120 beacon hill rd", "120 hill road beacon"],
    "121A Beacon Street": ["121a beacon", "121A beacon st"],
    "130-136 Beacon Street": ["130-136 beacon st", "130 – 136 beacon"],
    "37-12 82nd Street": ["37-12 82 st", "3712 82nd street", "37-12 82nd"],
    "37-45 82nd Street": ["37-45 82nd st", "3745 82 st"],
    "12 bis Main Street": ["12 bis main st", "12bis main"],
    "7½ Main Street": ["7 1/2 main st", "7½ main"],
    "Avenue Y & Main Street": ["avenue y & main", "main and avenue y", "main st & av y"],
    "Harbor Point Library": ["harbor point library", "library", "biblioteca harbor", "libary harbor", "harbor po"],
    "Café Crémerie Zoë": ["cafe cremerie", "CREMERIE ZOE", "cremrie"],
    "Twelve Oaks Park": ["12 oaks", "twelve oaks park", "parque twelve oaks"],
    "120 شارع النيل": ["120 شارع النيل", "١٢٠ شارع النيل"],
}


async def test_a_place_is_found_however_it_is_written(harbor: Database) -> None:
    wrong = {}
    for label, spellings in SAME.items():
        for words in spellings:
            first = next((place.label for place in await found(harbor, words)), None)
            if first != label:
                wrong[words] = first
    assert wrong == {}


async def test_a_number_that_does_not_exist_gives_the_nearest_one_on_that_street(harbor: Database) -> None:
    assert (await found(harbor, "122 tremont st"))[0].label in ("120 Tremont Street", "124 Tremont Street")
    assert (await found(harbor, "9000 tremont st"))[0].label == "136 Tremont Street"
    assert (await found(harbor, "1 tremont st"))[0].label == "100 Tremont Street"


async def test_a_street_alone_gives_places_on_it(harbor: Database) -> None:
    places = await found(harbor, "tremont")
    assert len(places) == 8
    assert all("Tremont Street" in place.label for place in places)


async def test_a_prefix_gives_several_streets(harbor: Database) -> None:
    labels = " ".join(place.label for place in await found(harbor, "be"))
    assert "Beacon" in labels
    assert "Beech" in labels


async def test_of_two_alike_the_nearer_comes_first(harbor: Database) -> None:
    both = [place for place in await found(harbor, "120 broadway") if place.label == "120 Broadway"]
    assert {place.zipcode for place in both} == {"02108", "02199"}
    for place in both:
        nearest = (await found(harbor, "120 broadway", near=(place.lat, place.long)))[0]
        assert (nearest.place_id, nearest.distance_m) == (place.place_id, 0.0)


async def test_a_zip_parts_two_alike(harbor: Database) -> None:
    assert (await found(harbor, "120 broadway 02199"))[0].zipcode == "02199"
    assert (await found(harbor, "120 broadway, 02108"))[0].zipcode == "02108"


async def test_the_nearest_places_of_a_street_are_shown_first(harbor: Database) -> None:
    end = (await found(harbor, "136 tremont street"))[0]
    places = await found(harbor, "tremont st", near=(end.lat, end.long))
    assert places[0].label == "136 Tremont Street"
    assert [place.distance_m for place in places] == sorted(place.distance_m or 0 for place in places)


async def test_a_shop_stands_behind_the_address_that_was_asked_for(harbor: Database) -> None:
    places = await found(harbor, "124 broadway")
    assert [place.label for place in places[:2]] == ["124 Broadway", "Zed Bakery"]
    assert (await found(harbor, "zed bakery"))[0].hint == "124 Broadway"


async def test_two_streets_that_never_meet_give_the_first(harbor: Database) -> None:
    places = await found(harbor, "tremont & main st")
    assert places
    assert "Tremont" in places[0].label


MEANINGLESS = [
    "",
    " ",
    "\0",
    "'''---!!!",
    "😀😀",
    "‏‮",
    "x" * 10_000,
    "a " * 300,
    "zzqqxxyy",
    "* OR 1=1",
    "NEAR(a b)",
    '" AND "',
    "'; DROP TABLE places; --",
    "%",
    "_",
    "\ud800",
    "99999999999999999999 main",
    "0 main st",
    "&",
    "& beacon",
    "/ / /",
    "corner of",
    "esquina de y",
    "-1 main",
    "1-2-3-4 main",
    "st st st st",
    "\u0301\u0301",
    "1" * 200,
]


async def test_words_that_nobody_can_mean_are_answered_quietly(harbor: Database) -> None:
    for words in MEANINGLESS:
        assert isinstance(await found(harbor, words, near=(LAT, LONG)), list)
        assert isinstance(await found(harbor, words), list)


async def test_nothing_is_found_where_nothing_is_meant(harbor: Database) -> None:
    for words in ("", "'''", "😀", "zzqqxxyy", "x" * 10_000):
        assert await found(harbor, words) == []


async def test_a_search_before_any_place_is_known_finds_nothing(database: Database) -> None:
    assert await found(database, "beacon") == []
    async with database.writing() as session:
        await refresh_place_index(session)
    assert await found(database, "beacon") == []


async def test_a_rebuilt_index_is_seen_by_the_next_search(harbor: Database) -> None:
    assert (await found(harbor, "120 tremont"))[0].label == "120 Tremont Street"
    elsewhere = Database(str(harbor.url.render_as_string(hide_password=False)))
    async with elsewhere.writing() as session:
        await session.execute(delete(Place).where(Place.street == "Tremont Street"))
        session.add(Place(kind="address", label="5 Zebra Way", location=point(LAT, LONG)))
        await refresh_place_index(session)
    await elsewhere.close()
    assert (await found(harbor, "5 zebra"))[0].label == "5 Zebra Way"
    assert not any(place.label[4:] == "Tremont Street" for place in await found(harbor, "120 tremont"))


async def test_a_rebuild_that_is_rolled_back_leaves_no_trace(harbor: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with harbor.writing() as session:
            await session.execute(delete(Place))
            await refresh_place_index(session)
            assert await search_places(session, "120 tremont") == []
            raise ZeroDivisionError
    assert (await found(harbor, "120 tremont"))[0].label == "120 Tremont Street"


async def test_an_index_that_is_gone_finds_nothing_and_ends(database: Database) -> None:
    await make_city(database)
    async with database.reading() as session:
        assert await search_places(session, "12 Beacon Street")
    async with database.writing() as session:
        for table in (PlaceKey, PlaceIndex, Place):
            await session.execute(delete(table))
    async with database.reading() as session, asyncio.timeout(3):
        assert await search_places(session, "12 Beacon Street") == []
