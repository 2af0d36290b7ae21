"""The vocabulary of the place index: every distinct street and place name, found by word, prefix or misspelling.

It is a handful of flat arrays (about 100 bytes a name), built once by `place_index.refresh_place_index`, kept
in the database as bytes, and held by each process that searches. A name is numbered; `place_keys` leads from
its number to the places.
"""

from __future__ import annotations

import io
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

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
VERIFIED = 80
LONG_FORMS = sorted(word for word in CANONICAL if len(word) > 3)

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


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

    def scores(self, words: list[str], *, ends_open: bool, misspelt: bool) -> Floats:
        """How well each name answers to canonical `words`: 0 not at all, 1 exactly. Word order does not count.

        With `misspelt`, words of one or two wrong letters count too. The last word may be a prefix when the
        text `ends_open`; other words may be one at a price ("mass av").
        """
        said = np.zeros(len(self), np.float32)
        covered = np.zeros(len(self), np.float32)
        weights = [word_weight(word) for word in words]
        for position, (word, weight) in enumerate(zip(words, weights, strict=True)):
            is_last = position == len(words) - 1
            likeness = self.likeness(word, is_open=ends_open and is_last, misspelt=misspelt)
            said += np.float32(weight) * likeness
            covered += np.float32(weight) * (likeness > 0)
        unsaid = np.maximum(self.name_weights - covered, 0)
        scores: Floats = said / (np.float32(sum(weights)) + np.float32(UNSAID) * unsaid)
        return scores

    def likeness(self, word: str, *, is_open: bool, misspelt: bool) -> Floats:
        """For each name, how like its best word is to `word`."""
        found = np.zeros(len(self), np.float32)
        if misspelt:
            for like, index in sorted(self.misspellings(word)):
                found[self.names_of(index, index + 1)] = like
            for short in long_forms_alike(word):
                found[self.names_with(short)] = MISSPELT[1]
        for short in long_forms_begun(word) if is_open else ():
            found[self.names_with(short)] = PREFIX
        first, last = self.prefix_range(word)
        if first < last and (is_open or (len(word) > 2 and not word.isdecimal())):
            found[self.names_of(first, last)] = PREFIX if is_open else STEM
        found[self.names_with(word)] = EXACT
        return found

    def names_with(self, word: str) -> Ints:
        """The names that hold exactly this word."""
        at = bisect_left(self.words, word)
        return self.names_of(at, at + (at < len(self.words) and self.words[at] == word))

    def names_of(self, first_word: int, last_word: int) -> Ints:
        return self.word_names[self.word_starts[first_word] : self.word_starts[last_word]]

    def prefix_range(self, word: str) -> tuple[int, int]:
        """The words that begin with `word`, as a range of their sorted order."""
        first = bisect_left(self.words, word)
        return first, bisect_left(self.words, word + "\U0010ffff", lo=first)

    def misspellings(self, word: str) -> Iterator[tuple[float, int]]:
        """(likeness, word number) of the words that `word`, or its finished form, may have been meant to be."""
        edits = 0 if len(word) < 3 or word.isdecimal() else 1 if len(word) < 6 else 2
        if not edits:
            return
        for index in self.alike(word):
            meant = self.words[index]
            whole = OSA.distance(word, meant, score_cutoff=edits)
            begun = min(
                OSA.distance(word, meant[:size], score_cutoff=edits) for size in range(len(word) - 1, len(word) + 2)
            )
            if 0 < whole <= edits:
                yield MISSPELT[whole], index
            elif 0 < begun <= edits and len(word) > 3:
                yield MISSPELT[begun] - 0.06, index

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


def long_forms_begun(word: str) -> set[str]:
    """"aven" is the beginning of "avenue", which the vocabulary knows as "av"."""
    first = bisect_left(LONG_FORMS, word)
    last = bisect_left(LONG_FORMS, word + "\U0010ffff", lo=first)
    return {CANONICAL[form] for form in LONG_FORMS[first:last]} if len(word) > 1 else set()


def long_forms_alike(word: str) -> set[str]:
    """"libary" is meant for "library", which the vocabulary knows as "lib"."""
    if len(word) < 4 or word.isdecimal():
        return set()
    return {CANONICAL[form] for form, _, _ in process.extract(word, LONG_FORMS, scorer=OSA.distance, score_cutoff=1)}


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
