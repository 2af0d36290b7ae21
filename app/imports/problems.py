"""What an import has to say: what it took, what it left out and why, and why it refused a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One thing wrong in a file. Lines and columns count from 1; None where the file has none to give.

    For a format of records (a shapefile) `line` is the number of the record; where several files lie in one
    archive `file` is the archive.
    """

    file: str
    line: int | None
    column: int | None
    reason: str

    def __str__(self) -> str:
        place = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        return f"{':'.join(place)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The outcome of an import, in rows: new, changed, as they were before, and left out with a problem each.

    `notes` are sentences about what was mended or is worth a look; they refuse nothing.
    """

    taken: int
    changed: int
    unchanged: int
    left_out: int
    problems: tuple[ImportProblem, ...] = ()
    notes: tuple[str, ...] = ()


class ImportRefused(Exception):
    """A file was refused and nothing of it was kept. `str()` has a `file:line:column: reason` line for each problem."""

    def __init__(self, problems: list[ImportProblem] | tuple[ImportProblem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
