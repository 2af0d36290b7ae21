"""From what a program sent to a request: who sends, photos kept, then one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Problem
from app.open311.forms import Sent, at_address, device_hash
from app.open311.guards import key_of, require_city, require_client
from app.open311.models import ApiClient
from app.service_requests.forms import read_submission
from app.service_requests.report_photos import take_photos
from app.service_requests.submission import Submission, Submitted
from app.service_requests.submit import same_submission, submit
from app.services.models import Service
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.templating import current_locale, gettext, mark

MEDIA_URL_NOTICE = mark("The photo behind media_url was not taken: send the file itself in the field media.")


async def require_sender(session: AsyncSession, request: Request[Any, Any, State], sent: Sent) -> ApiClient:
    """The program that sends. Raises Fault (403, 404, 429)."""
    await require_city(session, sent.value("jurisdiction_id") or request.query_params.get("jurisdiction_id", ""))
    return await require_client(session, request, sent.value("api_key") or key_of(request))


async def take_in(state: State, client: ApiClient, sent: Sent) -> tuple[Submitted, dict[str, Any]]:
    """What was made of it, and the document that tells its sender.

    Raises Refused with every problem at once, and StorageUnavailable. Photos are read and kept before the
    transaction begins, so that no writer waits for a decoder.
    """
    database: Database = state.database
    submission, problems = read_submission(
        sent.fields,
        source="open311",
        locale=current_locale.get(),
        device_hash=device_hash(client.id, sent.value("device_id")),
    )
    if sent.photos:
        submission, problems = await with_photos(state, submission, problems, sent)
    async with database.writing() as session:
        submission = await at_address(session, submission)
        submitted = await submit(session, submission, problems)
        service = (await current_catalogue(session)).by_id[submitted.request.service_id]
    return submitted, created_document(submitted, service, sent)


async def with_photos(
    state: State, submission: Submission, problems: list[Problem], sent: Sent
) -> tuple[Submission, list[Problem]]:
    """The submission with its photos kept, and the problems with those of files that are refused.

    A submission that was taken before is left as it is: its photos are kept already.
    """
    database: Database = state.database
    async with database.reading() as session:
        city = await require_city(session, "")
        if await same_submission(session, submission):
            return submission, problems
    taken, refused = await take_photos(
        sent.photos, store=state.media, secret_key=state.settings.secret_key, timezone=city.timezone
    )
    return replace(submission, photos=tuple(one.photo.stored for one in taken)), [*problems, *refused]


def created_document(submitted: Submitted, service: Service, sent: Sent) -> dict[str, Any]:
    """GeoReport's answer to a POST. `client_request_id` is said back, so that a program can forget its copy."""
    document = {
        "service_request_id": submitted.request.service_request_id,
        "service_notice": notice(service, sent),
        "account_id": None,
    }
    if submitted.request.client_request_id is not None:
        document["client_request_id"] = str(submitted.request.client_request_id)
    return document


def notice(service: Service, sent: Sent) -> str | None:
    """What the service says of the action to expect; and that an address of a photo is not followed."""
    said = [said_in(service, "service_notice", current_locale.get())]
    if sent.value("media_url"):
        said.append(gettext(MEDIA_URL_NOTICE))
    return " ".join(part for part in said if part) or None
