"""The words that street names are made of, from `names.yaml`."""

from pathlib import Path

import yaml

_WORDS = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
TOWN: list[str] = _WORDS["town"].split()
SPANISH: list[str] = _WORDS["spanish"].split()
FIRST: list[str] = _WORDS["first"].split()
SECOND: list[str] = _WORDS["second"].split()
PASEOS: list[str] = _WORDS["paseos"]

STREET_SUFFIXES = ("Street", "Street", "Street", "Avenue", "Street", "Place", "Street", "Avenue")
LANE_SUFFIXES = ("Lane", "Drive", "Road", "Drive", "Way", "Terrace", "Lane", "Drive")
CLOSED_SUFFIXES = ("Court", "Place", "Circle", "Court", "Terrace")


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th."""
    tail = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{tail}"
