"""Who hears of an update: people who gave an e-mail address and asked to be told, never of what they did themselves."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import Contact, Reporter, Update


async def contacts_to_tell(session: AsyncSession, update: Update) -> list[Contact]:
    """The contacts that this entry of the timeline is announced to.

    "received" goes to the first reporter (with the private link), "status" and the city's comments to
    everybody; what a reporter or resident wrote is announced to nobody.
    """
    told = select(Contact).where(
        Contact.request_id == update.request_id, Contact.notify == "email", Contact.email.is_not(None)
    )
    if update.kind == "received":
        told = told.join(Reporter, Reporter.id == Contact.reporter_id).where(Reporter.first)
    elif update.author != "city" or update.kind not in ("status", "comment", "merged", "paused"):
        return []
    return list((await session.execute(told.order_by(Contact.id))).scalars())
