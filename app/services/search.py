"""Search over the catalogue by the words that people use: any language, the beginning of a word, misspelt."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.words import of_locale

MAX_WORDS = 12
MAX_WORD = 40
# A shorter word is too easily another one.
SHORTEST_MISSPELT = 4
LEAST_LIKENESS = 74.0
NAME, KEYWORD, DESCRIPTION = 3.0, 2.2, 0.5
# A word of the reader's own language counts a little more than one of another.
OWN_LANGUAGE = 1.15
PREFIX, MISSPELT = 0.8, 0.6
WORD = re.compile(r"[^\W_]+")
# They say nothing of the problem, so they count only where nothing else was typed.
FILLERS = frozenset(
    WORD.findall(
        "a an and are at by for from in is it its my near not of off on or s somebody someone the there this to with"
        " al algo alguien con de del el en es esta este hay la las lo los mi muy no o para por que se un una unos y"
    )
)


@dataclass(frozen=True, slots=True)
class Index:
    """The vocabulary in order, and for each word the services (by place in the catalogue) with their weights."""

    services: tuple[Service, ...]
    vocabulary: tuple[str, ...]
    weights: dict[str, dict[int, float]]
    languages: dict[str, frozenset[str]]
    phrases: tuple[tuple[str, ...], ...]


def search_services(catalogue: Catalogue, words: str, locale: str, limit: int = 10) -> list[Service]:
    """At most `limit` active services, the best first; empty where no word is known or like a known one."""
    asked = [word[:MAX_WORD] for word in plain_words(words)][:MAX_WORDS]
    telling = [word for word in asked if word not in FILLERS] or asked
    if not telling:
        return []
    index = index_of(catalogue)
    scores: dict[int, float] = defaultdict(float)
    language = locale[:2]
    for word in telling:
        for place, score in matches(index, word, language).items():
            scores[place] += score
    phrase = " ".join(asked)
    for place in scores:
        scores[place] += likeness_of_phrases(index.phrases[place], phrase)
    best = sorted(scores, key=lambda place: (-scores[place], place))[:limit]
    return [index.services[place] for place in best]


def matches(index: Index, word: str, language: str) -> dict[int, float]:
    """For each service the best score that one word reaches in it."""
    best: dict[int, float] = {}
    for known, likeness in like_words(index, word):
        services = index.weights[known]
        # A word that many services share tells less.
        rarity = 1.0 / (1.0 + len(services) / 25)
        own = OWN_LANGUAGE if language in index.languages[known] else 1.0
        for place, weight in services.items():
            score = likeness * weight * own * (0.5 + rarity)
            if score > best.get(place, 0.0):
                best[place] = score
    return best


def like_words(index: Index, word: str) -> Iterator[tuple[str, float]]:
    """Words of the vocabulary that are this one, begin with it, or may be what was meant; with their likeness."""
    found = False
    first = bisect_left(index.vocabulary, word)
    for known in index.vocabulary[first:]:
        if not known.startswith(word):
            break
        found = found or len(known) <= len(word) + 4
        yield known, 1.0 if known == word else PREFIX
    if not found and len(word) >= SHORTEST_MISSPELT:
        for known, likeness, _ in process.extract(
            word, index.vocabulary, scorer=fuzz.ratio, score_cutoff=LEAST_LIKENESS, limit=8
        ):
            yield known, MISSPELT * likeness / 100


def likeness_of_phrases(phrases: tuple[str, ...], asked: str) -> float:
    """What a service gains when what was typed is, or is within, a name or a keyword of several words."""
    if asked in phrases:
        return 4.0
    return 1.5 if len(asked) > 3 and any(asked in phrase for phrase in phrases) else 0.0


@lru_cache(maxsize=4)
def index_of(catalogue: Catalogue) -> Index:
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    languages: dict[str, set[str]] = defaultdict(set)
    phrases: list[tuple[str, ...]] = []
    for place, service in enumerate(catalogue.services):
        whole: dict[str, None] = {}
        for language, weight, text in texts_of(service):
            found = plain_words(text)
            if weight > DESCRIPTION:
                whole[" ".join(found)] = None
            for word in found:
                weights[word][place] = max(weight, weights[word].get(place, 0.0))
                languages[word].add(language)
        phrases.append(tuple(whole))
    return Index(
        services=catalogue.services,
        vocabulary=tuple(sorted(weights)),
        weights=dict(weights),
        languages={word: frozenset(of) for word, of in languages.items()},
        phrases=tuple(phrases),
    )


def texts_of(service: Service) -> Iterable[tuple[str, float, str]]:
    """(language, weight, text) of everything that a service is called."""
    own: Mapping[str, Any] = {
        "service_name": service.service_name,
        "description": service.description,
        "keywords": service.keywords,
    }
    for language in ("en", *service.translations):
        words = own if language == "en" else of_locale(service.translations, language)
        yield language, NAME, words.get("service_name") or ""
        yield language, DESCRIPTION, words.get("description") or ""
        for keyword in words.get("keywords") or []:
            yield language, KEYWORD, keyword


def plain_words(text: str) -> list[str]:
    """Lower case without accents: "Alumbrado Público" → ["alumbrado", "publico"]."""
    split = unicodedata.normalize("NFKD", text.casefold()[:500])
    return WORD.findall("".join(c for c in split if not unicodedata.combining(c)))
