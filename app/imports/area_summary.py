"""What an import of areas has to say at its end."""

from __future__ import annotations

from app.imports.area_rows import AreaRows
from app.imports.area_versions import Plan
from app.imports.problems import ImportSummary


def summary(rows: AreaRows, plan: Plan, notes: list[str], moved: int, bounded: bool | None) -> ImportSummary:
    """`moved` requests lie in other areas. `bounded` is None, or says of the boundary alone whether it changed."""
    notes = [*rows.notes, *notes]
    ended = len(plan.end) - plan.replaced
    if ended:
        notes.append(f"{ended} areas that are not in the file ended.")
    if plan.begin:
        notes.append(f"{len(plan.begin)} areas that had no first day now begin when these end.")
    if plan.missing:
        notes.append(
            f"{len(plan.missing)} areas of the layer are not in the file and stay as they were "
            f"(such as {plan.missing[0].name}); --valid-from ends them on that day."
        )
    if moved:
        who = "1 request lies" if moved == 1 else f"{moved:,} requests lie"
        notes.append(f"{who} in other areas now.")
    if bounded is not None:
        return ImportSummary(0, int(bounded), int(not bounded), len(rows.problems), tuple(rows.problems), tuple(notes))
    return ImportSummary(
        taken=len(plan.insert) - plan.replaced,
        changed=len(plan.correct) + plan.replaced,
        unchanged=plan.unchanged,
        left_out=len(rows.problems),
        problems=tuple(rows.problems),
        notes=tuple(notes),
    )
