"""The form in which parts of a photo are covered: rows of numbers, which a script fills in as somebody draws."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import Problem, Refused
from app.media.covers import BLUR, SOLID, WAYS, Cover
from app.service_requests.cover_photo import MOST_COVERS, OUT_OF_PHOTO

SIDES = ("left", "top", "width", "height")
# Rows for who draws without a script.
ROWS = 3


def read_covers(form: Mapping[str, str]) -> list[Cover]:
    """The rows that are filled in, from percent. Raises Refused (422) for what is no number."""
    covers = []
    for row in range(MOST_COVERS + 1):
        given = [form.get(f"{side}-{row}", "").strip() for side in SIDES]
        if not any(given):
            continue
        how = form.get(f"how-{row}", SOLID)
        try:
            left, top, width, height = (float(text.replace(",", ".").removesuffix("%")) / 100 for text in given)
        except ValueError:
            raise Refused(Problem("covers", OUT_OF_PHOTO)) from None
        if how not in WAYS:
            raise Refused(Problem("covers", OUT_OF_PHOTO))
        covers.append(Cover(left, top, width, height, how))
    return covers


def row_values(form: Mapping[str, str], least: int) -> list[dict[str, str]]:
    """What stands in each row of the form; `least` rows at least, the last one always empty."""
    used = [row for row in range(MOST_COVERS + 1) if any(form.get(f"{side}-{row}") for side in SIDES)]
    last = max([*(row + 1 for row in used), least - 1])
    return [
        {**{side: form.get(f"{side}-{row}", "") for side in SIDES}, "how": form.get(f"how-{row}", BLUR)}
        for row in range(min(last + 1, MOST_COVERS))
    ]
