"""What the rows of `cell_rows` come to, cell by cell."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, or_, select

from app.service_requests.count_figures import Ranges, cell_rows
from app.service_requests.count_models import STANDINGS


def cell_figures(level: int, ranges: Ranges, *, each: bool = False, **asked: Any) -> Select[Any]:
    """SELECT cell, [service_id,] open, late, closed, duplicate of the cells of a level that have any request.

    What is asked, and what is raised, as in `cell_rows`.
    """
    rows = cell_rows(level, ranges, each=each, **asked).subquery()
    key = [rows.c.cell, rows.c.service_id] if each else [rows.c.cell]
    sums = [func.sum(rows.c[name]) for name in STANDINGS]
    labelled = [one.label(name) for one, name in zip(sums, STANDINGS, strict=True)]
    return select(*key, *labelled).group_by(*key).having(or_(*(one != 0 for one in sums)))
