"""What an order cost: hours, material, machines and bills, each a line with its price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.templating import mark
from app.work.models import WorkOrder, WorkOrderLine

KINDS = {
    "labor": mark("Hours"),
    "material": mark("Material"),
    "equipment": mark("Machines"),
    "contract": mark("Bill of a contractor"),
}
MOST = Decimal(1_000_000)

CHOOSE_KIND = mark("Choose what it is.")
SAY_WHAT = mark("Say what was used.")
NOT_A_NUMBER = mark("Write a number of at least 0, such as 2 or 2.5.")


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` in the smallest unit of the city's money (cents)."""

    kind: str
    what: str
    quantity: Decimal
    unit: str
    unit_price: int


def read_line(form: dict[str, str]) -> Line:
    """A line from a form's texts; the price in whole money, such as "12.50". Raises Refused (422)."""
    problems = []
    if form.get("kind") not in KINDS:
        problems.append(Problem("kind", CHOOSE_KIND))
    if not form.get("what"):
        problems.append(Problem("what", SAY_WHAT))
    quantity, price = number(form.get("quantity") or "1"), number(form.get("unit_price") or "0")
    if quantity is None:
        problems.append(Problem("quantity", NOT_A_NUMBER))
    if price is None:
        problems.append(Problem("unit_price", NOT_A_NUMBER))
    if problems or quantity is None or price is None:
        raise Refused(*problems)
    return Line(form["kind"], form["what"][:200], quantity, form.get("unit", "")[:20], round(price * 100))


def number(said: str) -> Decimal | None:
    """A number as people write it, with a point or a comma; None for anything else."""
    try:
        found = Decimal(said.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found.quantize(Decimal("0.001")) if found.is_finite() and 0 <= found <= MOST else None


async def add_line(
    session: AsyncSession, order: WorkOrder, line: Line, *, account_id: int | None = None
) -> WorkOrderLine:
    """Also of an order that is done: bills come later."""
    row = WorkOrderLine(
        order_id=order.id,
        kind=line.kind,
        what=line.what,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        account_id=account_id,
        noted_datetime=datetime.now(UTC),
    )
    session.add(row)
    await session.flush()
    return row


def total(lines: Iterable[WorkOrderLine]) -> int:
    """In the smallest unit of the city's money."""
    return sum(line.price for line in lines)
