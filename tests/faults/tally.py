"""What was broken, how often, and which reports it touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """`touched` holds, by fault, the `client_request_id`s that were on their way when it struck."""

    injected: Counter[str] = field(default_factory=Counter)
    touched: dict[str, set[str]] = field(default_factory=dict)

    def note(self, fault: str, ids: Iterable[str]) -> None:
        self.injected[fault] += 1
        self.touched.setdefault(fault, set()).update(ids)


def table(tally: Tally, names: Iterable[str], owed: set[str], arrived: set[str]) -> str:
    """A line for each fault: injected how often; reports that it touched and that were owed; those that arrived."""
    lines = [f"  {'fault':44} {'injected':>8} {'reports':>8} {'arrived':>8}"]
    for name in names:
        touched = tally.touched.get(name, set()) & owed
        figures = (tally.injected[name], len(touched), len(touched & arrived))
        lines.append(f"  {name:44} " + " ".join(f"{figure:8,}" for figure in figures))
    return "\n".join(lines)
