"""Who can sign in to the demo city."""

from __future__ import annotations

from typing import NamedTuple

PASSWORD = "harbor-point-demo"
OLD_HARBOR, BOARD_1 = ("neighborhood", "old-harbor"), ("board", "1")


class DemoSignIn(NamedTuple):
    """`role` and `department` are codes, `area` a layer and a code; `who` is for the people who try the demo."""

    email: str
    role: str
    who: str
    department: str | None = None
    area: tuple[str, str] | None = None


# Known to everybody: for the demo city only.
DEMO_SIGN_INS = [
    DemoSignIn("admin@harborpoint.example", "administrator", "administrator"),
    DemoSignIn("supervisor@harborpoint.example", "supervisor", "supervisor, Public Works", "public-works"),
    DemoSignIn("clerk@harborpoint.example", "clerk", "clerk, Resident Services", "resident-services"),
    DemoSignIn("inspector@harborpoint.example", "inspector", "inspector, Public Works", "public-works"),
    DemoSignIn("liaison@harborpoint.example", "liaison", "neighborhood liaison, Old Harbor", None, OLD_HARBOR),
    DemoSignIn("board@harborpoint.example", "board", "board member, Community Board 1", None, BOARD_1),
    DemoSignIn("crew@harborpoint.example", "crew", "crew, Public Works", "public-works"),
    DemoSignIn("head@harborpoint.example", "department_head", "department head, Public Works", "public-works"),
    DemoSignIn("executive@harborpoint.example", "executive", "executive"),
    DemoSignIn("auditor@harborpoint.example", "auditor", "auditor"),
]
