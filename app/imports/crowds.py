"""Points at which a file puts the requests of many addresses: most likely its stand-in for "no place"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from app.imports.request_checks import wrong_place
from app.imports.request_row import RequestRow

# Rare points are forgotten after so many rows, so that memory does not grow with the file (Manku and Motwani, 2002).
WINDOW = 20_000
# Fewer rows, or fewer addresses, may well be one busy corner.
LEAST_ROWS = 15
LEAST_ADDRESSES = 8
SHARE = 0.0005


@dataclass(slots=True)
class Crowd:
    # How many rows may have been forgotten before the first of these.
    missed: int
    rows: int = 0
    addresses: set[str] = field(default_factory=set)


class Crowds:
    """Counts rows and different addresses at each exact point, as they pass."""

    def __init__(self) -> None:
        self._points: dict[tuple[float, float], Crowd] = {}
        self._rows = 0

    def see(self, row: RequestRow) -> None:
        if row.lat is None or row.long is None:
            return
        point = row.lat, row.long
        crowd = self._points.get(point)
        if crowd is None:
            crowd = self._points[point] = Crowd(self._rows // WINDOW)
        crowd.rows += 1
        if row.address_string and len(crowd.addresses) < LEAST_ADDRESSES:
            crowd.addresses.add(row.address_string)
        self._rows += 1
        if self._rows % WINDOW == 0:
            windows = self._rows // WINDOW
            self._points = {
                point: crowd for point, crowd in self._points.items() if crowd.rows + crowd.missed > windows
            }

    def suspicious(self, not_places: Collection[tuple[float, float]]) -> Sequence[tuple[float, float, int]]:
        """(lat, long, rows) of the points with many rows of many addresses, the fullest first.

        Without those that are known to be no places: what stands there is left out already.
        """
        least = max(LEAST_ROWS, self._rows * SHARE)
        found = [
            (lat, long, crowd.rows)
            for (lat, long), crowd in self._points.items()
            if crowd.rows >= least
            and len(crowd.addresses) >= LEAST_ADDRESSES
            and wrong_place(lat, long, not_places) is None
        ]
        return sorted(found, key=lambda point: -point[2])
