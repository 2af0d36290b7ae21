"""From what happened to people: each thing is taken once, a delivery is written for each person, and then sent.

Take, claim, send, settle: between any two of them the worker may be killed, and whoever comes next goes on from there.
"""

from __future__ import annotations

import math
import time

import httpx
import structlog

from app.db import Database
from app.media.storage import open_store
from app.notifications.digests import take_digests
from app.notifications.send_email import send_email_batch
from app.notifications.send_push import send_pushes
from app.notifications.send_sms import send_sms_batch
from app.notifications.sms import open_sms
from app.notifications.take import Ways, take_updates
from app.notifications.take_others import take_announcements, take_notices
from app.notifications.vapid import VapidKeys, vapid_keys
from app.settings import Settings, SettingsError

log = structlog.get_logger()

# The worker has other things to do in between.
SECONDS_AT_A_TIME = 30.0
SMS_SECONDS = 20.0


async def announce(database: Database, settings: Settings, seconds: float = SECONDS_AT_A_TIME) -> None:
    """Takes what has not been announced and sends what is due. Safe to run in several processes, and to kill."""
    keys = keys_of(settings)
    ways = Ways(email=bool(settings.smtp_url), push=keys is not None, sms=bool(settings.sms_url))
    began = time.monotonic()
    await take_all(database, settings, ways, until=began + seconds / 2)
    until = began + seconds
    if keys is not None:
        await send_pushes(database, settings, keys, ways, until)
    if settings.smtp_url:
        store = open_store(settings.media_url)
        while time.monotonic() < until and await send_email_batch(database, settings, settings.smtp_url, store):
            pass
    if settings.sms_url:
        async with httpx.AsyncClient(timeout=SMS_SECONDS) as client:
            gateway = open_sms(settings.sms_url, client)
            while time.monotonic() < until and await send_sms_batch(database, settings, gateway):
                pass


def keys_of(settings: Settings) -> VapidKeys | None:
    """What push needs; a key that cannot be used keeps nobody from their e-mail."""
    try:
        return vapid_keys(settings)
    except SettingsError as error:
        log.error("no push", reason=str(error))
        return None


async def take_all(database: Database, settings: Settings, ways: Ways, until: float = math.inf) -> None:
    """Writes the deliveries of what has happened, in batches; what is left at a moment of `time.monotonic` waits."""
    while await take_notices(database, settings, ways) and time.monotonic() < until:
        pass
    while await take_updates(database, settings, ways) and time.monotonic() < until:
        pass
    await take_announcements(database, settings, ways)
    await take_digests(database, ways)
