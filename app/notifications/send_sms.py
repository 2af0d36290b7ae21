"""Sending what is due as text messages: one after another, each claimed before and settled after."""

from __future__ import annotations

from app.db import Database
from app.notifications.claims import STOPPED, claim, give_back, next_attempt, settle_later, settle_over, settle_sent
from app.notifications.contents import load_contents
from app.notifications.messages import write_sms
from app.notifications.models import Subscriber
from app.notifications.outcome import Gone, Later, Sent
from app.notifications.sms import SmsGateway
from app.settings import Settings

BATCH = 20


async def send_sms_batch(database: Database, settings: Settings, gateway: SmsGateway) -> bool:
    """False: nothing was due, or the provider is away."""
    async with database.writing() as session:
        parcels = await claim(session, "sms", BATCH)
    if not parcels:
        return False
    async with database.reading() as session:
        contents = await load_contents(session, settings, [one for parcel in parcels for one in parcel.all])
    for place, parcel in enumerate(parcels):
        reader = contents.reader(parcel.lead)
        if reader:
            contents.speak(reader.locale)
        news = [found for one in parcel.all if (found := contents.news(one, reader))] if reader else []
        if not reader or not reader.phone or not news:
            async with database.writing() as session:
                await settle_over(session, [parcel.lead.id], STOPPED)
            continue
        text = write_sms(contents, reader, news)
        outcome = await gateway.send(reader.phone, text, f"{settings.public_url} {parcel.name}")
        async with database.writing() as session:
            if isinstance(outcome, Sent):
                await settle_sent(session, [parcel.lead.id])
                continue
            due = next_attempt(parcel, outcome) if isinstance(outcome, Later) else None
            if due is not None:
                await settle_later(session, parcel.lead.id, due, outcome.reason)
            else:
                await settle_over(session, [parcel.lead.id], outcome.reason)
            gone = isinstance(outcome, Gone) and parcel.lead.subscriber_id
            if gone and (subscriber := await session.get(Subscriber, gone)):
                subscriber.phone_state = "gone"
            if isinstance(outcome, Later) and outcome.shut:
                await give_back(session, [one.lead.id for one in parcels[place + 1 :]])
                return False
    return True
