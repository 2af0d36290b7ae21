"""A report out of a phone's outbox: the form's own fields, checks and writing, with photos that came before."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.check import MAX_PHOTOS, TOO_MANY_PHOTOS
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.likely import likely_numbers, link_likely
from app.service_requests.observed import corrected
from app.service_requests.outbox_documents import ReportItem, ReportReceipt
from app.service_requests.receipts import REPORT, claim
from app.service_requests.report_draft import Draft, stamp_problems
from app.service_requests.staging import hashes, staged_photos, unstage
from app.service_requests.submission import Submission, Submitted
from app.service_requests.submit import same_submission, submit
from app.templating import mark

PHOTOS_MISSING = mark("Some photos of this report have not arrived yet. They will be sent again.")


@dataclass(frozen=True, slots=True)
class TakenReport:
    submitted: Submitted
    photos: list[str]
    likely_duplicates: list[str]

    def receipt(self) -> ReportReceipt:
        request = self.submitted.request
        return ReportReceipt(
            client_request_id=request.client_request_id or uuid.UUID(int=0),
            service_request_id=request.service_request_id,
            url=page_of(request.service_request_id),
            photos=self.photos,
            likely_duplicates=self.likely_duplicates,
        )


def page_of(service_request_id: str) -> str:
    return f"/requests/{service_request_id}?sent=1"


def draft_of(client_request_id: uuid.UUID, item: ReportItem) -> Draft:
    """The form that the phone had filled in. The number in the address counts, and the city's clock."""
    fields: dict[str, list[str]] = {}
    for name, value in item.fields:
        fields.setdefault(name, []).append(value)
    draft = Draft(fields=fields)
    draft.put(client_request_id=client_request_id, stamp=item.stamp)
    observed = corrected(draft.get("observed_datetime"), item.client_datetime, datetime.now(UTC))
    draft.put(observed_datetime=observed)
    return draft


async def take_report(
    session: AsyncSession, draft: Draft, item: ReportItem, *, secret_key: str, device_hash: str
) -> TakenReport:
    """Writes the report with its photos and links what may be the same; taken before, it is answered as before.

    Raises Refused: 409 with `missing` while photos are not here, 410 when it was deleted, 422 with every problem.
    """
    submission, problems = draft.submission(device_hash=device_hash)
    number = uuid.UUID(draft.get("client_request_id"))
    await claim(session, number, REPORT)
    submitted = await same_submission(session, submission)
    if submitted is None:
        refuse(stamp_problems(secret_key, draft))
        if len(set(item.photos)) > MAX_PHOTOS:
            # Not all of them are kept here: some would be missing for ever.
            problems.append(Problem("media", TOO_MANY_PHOTOS, {"most": MAX_PHOTOS}))
        else:
            submission = await with_photos(session, number, submission, item.photos)
        submitted = await submit(session, submission, problems)
        await unstage(session, number)
        await link_likely(session, submitted.request, numbers(item.seen), device_hash)
    request_id = submitted.request.id
    likely = await likely_numbers(session, [request_id])
    return TakenReport(submitted, await hashes(session, number, request_id), likely[request_id])


def refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refused(*problems)


async def with_photos(
    session: AsyncSession, client_request_id: uuid.UUID, submission: Submission, wanted: list[str]
) -> Submission:
    """The submission with its photos. Raises Refused (409) with the hashes of those that are not here."""
    photos, missing = await staged_photos(session, client_request_id, wanted)
    if missing:
        raise Refused(Problem("photos", PHOTOS_MISSING), status=409, more={"missing": missing})
    return replace(submission, photos=photos)


def numbers(said: Iterable[str]) -> Collection[str]:
    return {number for text in said if (number := read_service_request_id(text))}
