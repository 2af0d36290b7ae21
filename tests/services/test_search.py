import random
import time

import pytest

from app.services.catalogue import Catalogue
from app.services.search import index_of, search_services
from tests.services.made import catalogue, harbor_point, service


def codes(words: str, locale: str = "en", limit: int = 5) -> list[str]:
    return [found.service_code for found in search_services(harbor_point(), words, locale, limit)]


@pytest.mark.parametrize(
    ("words", "locale", "first"),
    [
        ("pothole", "en", "pothole"),
        ("Pot Hole", "en", "pothole"),
        ("hole in the road", "en", "pothole"),
        ("street light out", "en", "street-light"),
        ("no heat", "en", "no-heat"),
        ("stop sign missing", "en", "sign-missing"),
        ("car parked in my driveway", "en", "parking-illegal"),
        ("dead racoon", "en", "dead-animal"),
        ("bache", "es", "pothole"),
        ("luz apagada", "es", "street-light"),
        ("no pasó el camión", "es", "missed-collection"),
        ("sin calefaccion", "es", "no-heat"),
        ("arbol caido", "es", "tree-fallen"),
        ("perro que ladra", "es", "barking-dog"),
    ],
)
def test_what_people_say_finds_the_service_first(words: str, locale: str, first: str) -> None:
    assert codes(words, locale)[0] == first


@pytest.mark.parametrize(
    ("misspelt", "first"),
    [
        ("potole", "pothole"),
        ("pothoel", "pothole"),
        ("grafiti", "graffiti"),
        ("moskito", "mosquitoes"),
        ("hydrent", "hydrant-leaking"),
        ("semafforo", "traffic-signal"),
        ("alumbardo publico", "street-light"),
        ("playgroud", "playground"),
    ],
)
def test_a_misspelt_word_finds_what_was_meant(misspelt: str, first: str) -> None:
    assert codes(misspelt)[0] == first


def test_the_beginning_of_a_word_is_enough() -> None:
    assert codes("pothol")[0] == "pothole"
    assert "graffiti" in codes("gra")
    assert codes("calefac", "es")[0] == "no-heat"


def test_accents_and_case_make_no_difference() -> None:
    assert codes("SEMÁFORO", "es") == codes("semaforo", "es") != []


def test_either_language_finds_it_whatever_the_reader_has_chosen() -> None:
    assert codes("bache", "en")[0] == codes("pothole", "es")[0] == "pothole"


@pytest.mark.parametrize("words", ["", "   ", "qzxqzxqzx", "🕳️", "\x00", "()%_*"])
def test_nothing_is_found_where_nothing_is_meant(words: str) -> None:
    assert codes(words) == []


def test_a_very_long_text_is_searched_in_time() -> None:
    begun = time.perf_counter()
    assert codes("pothole " * 5000)[0] == "pothole"
    assert time.perf_counter() - begun < 1


def test_every_service_is_found_by_its_own_name_in_both_languages() -> None:
    for kind in harbor_point().services:
        for locale, name in (("en", kind.service_name), ("es", kind.translations["es"]["service_name"])):
            assert kind.service_code in codes(name, locale, limit=2), (locale, name)


def test_an_inactive_service_is_not_found() -> None:
    closed = service(service_name="Pothole", active=False)
    assert search_services(catalogue(closed), "pothole", "en") == []


@pytest.fixture(scope="module")
def large() -> Catalogue:
    """4,000 services with names of words like real ones, from a fixed seed."""
    dice = random.Random(311)
    parts = ["ba", "ke", "li", "mo", "ru", "tra", "sin", "gar", "pol", "wet", "ash", "cor", "den", "fil"]
    words = ["".join(dice.choices(parts, k=dice.randint(2, 4))) for _ in range(6000)]
    return catalogue(
        *(
            service(
                id=number,
                service_code=f"s{number}",
                service_name=" ".join(dice.choices(words, k=3)),
                keywords=dice.choices(words, k=8),
                translations={"es": {"service_name": " ".join(dice.choices(words, k=3))}},
            )
            for number in range(4000)
        )
    )


def test_four_thousand_services_are_searched_within_twenty_milliseconds(large: Catalogue) -> None:
    index = index_of(large)
    dice = random.Random(7)
    times = []
    for kind in dice.sample(large.services, 60):
        name = kind.service_name.split()
        # One word misspelt, one whole, one begun: the dearest mixture.
        asked = f"{name[0][1:]}x {name[1]} {name[2][:3]}"
        begun = time.perf_counter()
        assert search_services(large, asked, "en", 10)
        times.append(time.perf_counter() - begun)
    assert len(index.vocabulary) > 3000
    assert sorted(times)[len(times) // 2] < 0.020
