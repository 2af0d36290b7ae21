"""The vocabulary of the place index: every distinct street and place name, found by word, prefix or misspelling.

It is a handful of flat arrays (about 100 bytes a name), built once by `place_index.refresh_place_index`, kept
in the database as bytes, and held by each process that searches. A name is numbered; `place_keys` leads from
its number to the places.
"""

from __future__ import annotations

import io
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from math import ceil
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.jurisdictions.place_words import CANONICAL, word_weight

STREET, POI = 1, 2
EXACT, PREFIX, STEM = 1.0, 0.94, 0.85
# By edits (insertion, deletion, change, two letters swapped) between the word typed and the word meant.
MISSPELT = {1: 0.8, 2: 0.64}
UNSAID = 0.12
# From here on a name is an answer.
GOOD = 0.57
VERIFIED = 80
LONG_FORMS = sorted(word for word in CANONICAL if len(word) > 3)

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """Some names, in ascending order, and the score of each."""

    names: Ints
    values: Floats

    def of(self, names: Ints) -> Floats:
        """The scores of these names; 0 for those that are not among the scored."""
        found = np.zeros(len(names), np.float32)
        there = held(self.names, names)
        found[there] = self.values[np.searchsorted(self.names, names[there])]
        return found


@dataclass(frozen=True)
class Vocabulary:
    """Arrays in "compressed rows": the entries of row i stand at [starts[i]:starts[i + 1]]."""

    spelling: NDArray[np.uint8]  # all words, sorted, joined by newlines, UTF-8
    word_starts: Ints
    word_names: Ints
    pair_codes: Ints  # letter pairs, sorted
    pair_starts: Ints
    pair_words: Ints
    name_kinds: NDArray[np.uint8]  # STREET, POI or both
    name_weights: Floats  # sum of the weights of its words
    name_first_words: Ints
    name_sizes: Ints  # how many places bear it
    name_lats: Floats  # the middle of its places
    name_longs: Floats
    cross_starts: Ints
    cross_names: Ints  # the streets that meet this street
    cross_places: Ints  # and the intersection's place

    @cached_property
    def words(self) -> list[str]:
        joined = self.spelling.tobytes().decode()
        return joined.split("\n") if joined else []

    def __len__(self) -> int:
        return len(self.name_kinds)

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        np.savez(buffer, **{field.name: getattr(self, field.name) for field in fields(self)})
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Vocabulary:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def scores(self, words: list[str], *, ends_open: bool, misspelt: bool) -> Scored:
        """How well names answer to canonical `words`: 0 not at all, 1 exactly. Word order does not count.

        With `misspelt`, words of one or two wrong letters count too. The last word may be a prefix when the
        text `ends_open`; other words may be one at a price ("mass av"). Not for several threads at once.
        """
        weights = [word_weight(word) for word in words]
        # A word that no name holds is the misspelt one; where each is known, any may be.
        strange = [misspelt and not len(self.names_with(word)) for word in words]
        doubted = strange if any(strange) else [misspelt] * len(words)
        opened = [ends_open and at == len(words) - 1 for at in range(len(words))]
        likenesses = [self.likenesses(*about) for about in zip(words, opened, doubted, strict=True)]
        names = self.bearers(likenesses, weights)
        said, covered = np.zeros(len(names), np.float32), np.zeros(len(names), np.float32)
        for parts, weight in zip(likenesses, weights, strict=True):
            like = self.spread(parts, names)
            said += np.float32(weight) * like
            covered += np.float32(weight) * (like > 0)
        unsaid = np.maximum(self.name_weights[names] - covered, 0)
        return Scored(names, said / (np.float32(sum(weights)) + np.float32(UNSAID) * unsaid))

    def bearers(self, likenesses: list[list[tuple[float, Ints]]], weights: list[float]) -> Ints:
        """The names that may answer well enough: those that hold one of the rarer telling words.

        Of n telling words a good answer holds more than n * GOOD, so the commonest ("market", "park") need
        not be followed to find it. When there is nothing but "st", that is the telling word.
        """
        telling = [parts for parts, weight in zip(likenesses, weights, strict=True) if weight == max(weights)]
        telling.sort(key=lambda parts: sum(len(names) for _, names in parts))
        for parts in telling[: len(telling) - ceil(GOOD * len(telling)) + 1]:
            for _, names in parts:
                self._marks[names] = True
        marked = np.flatnonzero(self._marks)
        self._marks[marked] = False
        return marked.astype(np.int32)

    def spread(self, parts: list[tuple[float, Ints]], names: Ints) -> Floats:
        """For each of `names`, the last likeness that `parts` give to it."""
        *unsure, (exact, bearers) = parts
        for like, some in unsure:
            self._likeness[some] = like
        found: Floats = self._likeness[names]
        for _, some in unsure:
            self._likeness[some] = 0
        # "st" has many thousand bearers, and the names in question are few.
        found[held(bearers, names)] = exact
        return found

    # Kept between searches, all zero: making such arrays anew costs more than the search itself.
    @cached_property
    def _marks(self) -> NDArray[np.bool_]:
        return np.zeros(len(self), np.bool_)

    @cached_property
    def _likeness(self) -> Floats:
        return np.zeros(len(self), np.float32)

    def likenesses(self, word: str, is_open: bool, misspelt: bool) -> list[tuple[float, Ints]]:
        """(likeness, names) of the names that hold a word like `word`, the likest last."""
        parts: list[tuple[float, Ints]] = []
        if misspelt:
            meant = sorted(self.misspellings(word, is_open=is_open).items(), key=itemgetter(1))
            parts += [(like, self.names_of(index, index + 1)) for index, like in meant]
            parts += [(MISSPELT[1], self.names_with(short)) for short in long_forms_alike(word)]
        if is_open:
            parts += [(PREFIX, self.names_with(short)) for short in long_forms_begun(word)]
        if is_open or (len(word) > 2 and not word.isdecimal()):
            parts.append((PREFIX if is_open else STEM, self.names_of(*self.prefix_range(word))))
        parts.append((EXACT, self.names_with(word)))
        return parts

    def names_with(self, word: str) -> Ints:
        """The names that hold exactly this word."""
        at = bisect_left(self.words, word)
        return self.names_of(at, at + (at < len(self.words) and self.words[at] == word))

    def begins(self, word: str) -> bool:
        """Whether a word of the vocabulary begins with `word`, or is it."""
        first, last = self.prefix_range(word)
        return first < last or bool(long_forms_begun(word))

    def names_of(self, first_word: int, last_word: int) -> Ints:
        return self.word_names[self.word_starts[first_word] : self.word_starts[last_word]]

    def prefix_range(self, word: str) -> tuple[int, int]:
        """The words that begin with `word`, as a range of their sorted order."""
        first = bisect_left(self.words, word)
        return first, bisect_left(self.words, word + "\U0010ffff", lo=first)

    def misspellings(self, word: str, *, is_open: bool) -> dict[int, float]:
        """Word number → likeness of the words that `word` may have been meant to be; or begin, when it `is_open`."""
        edits = 0 if len(word) < 3 or word.isdecimal() else 1 if len(word) < 6 else 2
        if not edits:
            return {}
        near = self.alike(word)
        meant = [self.words[index] for index in near]
        found: dict[int, float] = {}
        if is_open and len(word) > 3:
            for size in range(len(word) - 1, len(word) + 2):
                for _, distance, at in within(word, [spelled[:size] for spelled in meant], edits):
                    found[near[at]] = max(found.get(near[at], 0), MISSPELT[max(distance, 1)] - 0.06)
        for _, distance, at in within(word, meant, edits):
            found[near[at]] = MISSPELT[max(distance, 1)]
        return found

    def alike(self, word: str) -> list[int]:
        """The words that share most letter pairs with `word`, the likeliest candidates for a misspelling."""
        hits = [
            self.pair_words[self.pair_starts[at] : self.pair_starts[at + 1]]
            for code in letter_pairs(word)
            if (at := int(np.searchsorted(self.pair_codes, code))) < len(self.pair_codes)
            and self.pair_codes[at] == code
        ]
        if not hits:
            return []
        shared = np.bincount(np.concatenate(hits), minlength=len(self.words))
        floor = max(1, len(word) // 3)
        candidates = np.flatnonzero(shared >= floor)
        if len(candidates) > VERIFIED:
            lengths = self.word_lengths[candidates]
            rank = shared[candidates] - 0.35 * np.abs(lengths - len(word)).clip(0, 4)
            candidates = candidates[np.argpartition(-rank, VERIFIED)[:VERIFIED]]
        return [int(index) for index in candidates]

    @cached_property
    def word_lengths(self) -> NDArray[np.uint8]:
        return np.fromiter((min(len(word), 255) for word in self.words), np.uint8, len(self.words))


def held(ordered: Ints, numbers: Ints) -> NDArray[np.bool_]:
    """Which of `numbers` are in `ordered`, an ascending row."""
    if not len(ordered):
        return np.zeros(len(numbers), np.bool_)
    at = np.searchsorted(ordered, numbers)
    at[at == len(ordered)] = 0
    there: NDArray[np.bool_] = ordered[at] == numbers
    return there


def within(word: str, choices: list[str], edits: int) -> list[tuple[str, int, int]]:
    """(choice, edits, its place in the list) of those that are at most so many edits from `word`."""
    return process.extract(word, choices, scorer=OSA.distance, score_cutoff=edits, limit=None)


def long_forms_begun(word: str) -> set[str]:
    """ "aven" is the beginning of "avenue", which the vocabulary knows as "av"."""
    first = bisect_left(LONG_FORMS, word)
    last = bisect_left(LONG_FORMS, word + "\U0010ffff", lo=first)
    return {CANONICAL[form] for form in LONG_FORMS[first:last]} if len(word) > 1 else set()


def long_forms_alike(word: str) -> set[str]:
    """ "libary" is meant for "library", which the vocabulary knows as "lib"."""
    if len(word) < 4 or word.isdecimal():
        return set()
    return {CANONICAL[form] for form, _, _ in within(word, LONG_FORMS, 1)}


def letter_pairs(word: str) -> set[int]:
    """The pairs of neighbouring letters, the beginning counted as one: "beacon" gives ^b be ea ac co on."""
    letters = f"^{word}"
    return {pair_code(first, second) for first, second in pairwise(letters)}


def pair_code(first: str, second: str) -> int:
    return (ord(first) % 32_768) * 32_768 + ord(second) % 32_768


def rows(entries: Iterable[Iterable[int]]) -> tuple[Ints, Ints]:
    """Lists of numbers as compressed rows: (starts, values)."""
    starts, values = array("i", [0]), array("i")
    for entry in entries:
        values.extend(entry)
        starts.append(len(values))
    return np.array(starts, np.int32), np.array(values, np.int32)
