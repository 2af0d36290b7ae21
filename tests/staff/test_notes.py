"""What the staff write to each other: read by the city alone, colleagues told of it, files given out safely."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from obstore.store import LocalStore
from PIL import Image
from sqlalchemy import func, select

from app.accounts.models import Account, AuditEntry
from app.db import Database
from app.service_requests.abandoned import remove_abandoned_photos
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.note_models import Note, NoteFile, NoteMention
from app.staff import note_files
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana

PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(alert(1))>>>>endobj"


def photo() -> bytes:
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken by Sam"
    Image.new("RGB", (60, 40), "red").save(made, "JPEG", exif=exif)
    return made.getvalue()


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def page(client: Client, city: Database) -> str:
    """The page at the desk of a request of department 1, with a clerk of it signed in."""
    number = (await report_of_ana(city)).service_request_id
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=1), name="Sam Rivera"))
    return f"/staff/requests/{number}"


async def colleague(city: Database, email: str, *, department_id: int = 1, name: str = "Ana Diaz") -> int:
    account_id = await person(city, grant("supervisor", department_id=department_id), name=name)
    async with city.writing() as session:
        (await session.get_one(Account, account_id)).email = email
    return account_id


async def rows(city: Database, table: Any) -> list[Any]:
    async with city.reading() as session:
        return list((await session.execute(select(table).order_by(*table.__table__.primary_key))).scalars())


async def test_a_note_names_a_colleague_who_is_told_and_the_public_reads_nothing_of_it(
    client: Client, city: Database, page: str
) -> None:
    ana = await colleague(city, "ana.diaz@city.example")
    form = {"note": "@ana.diaz. please look; mail bob@home.example"}
    for _ in range(2):
        assert (await client.post(f"{page}/notes", data=form, follow_redirects=False)).status_code == 303
    shown = (await client.get(page)).text
    assert "please look" in shown and "Told: Ana Diaz" in shown
    assert "please look" not in (await client.get(page.removeprefix("/staff"))).text
    (written,), (mention,), (notice,) = [await rows(city, one) for one in (Note, NoteMention, StaffNotice)]
    assert (mention.note_id, mention.account_id) == (written.id, ana)
    assert (notice.account_id, notice.kind, notice.told_datetime) == (ana, "mentioned", None)
    assert [entry.action for entry in await rows(city, AuditEntry)] == ["request.noted"]
    for typed in ("an", "DIAZ"):
        offered = (await client.get(f"{page}/colleagues", params={"q": typed})).json()
        assert offered == [{"handle": "ana.diaz", "name": "Ana Diaz"}]


async def test_two_of_one_name_are_told_apart_by_the_whole_address(client: Client, city: Database, page: str) -> None:
    await colleague(city, "ana@a.example")
    second = await colleague(city, "ana@b.example")
    assert (await client.post(f"{page}/notes", data={"note": "@ana look"})).status_code == 422
    assert (await client.post(f"{page}/notes", data={"note": "@ana@b.example look"})).status_code == 200
    assert [notice.account_id for notice in await rows(city, StaffNotice)] == [second]


async def test_a_photo_is_made_anew_and_a_pdf_is_saved_and_never_opened(
    client: Client, app: Litestar, city: Database, page: str
) -> None:
    files = [
        ("files", ("../../street.jpg", photo(), "text/html")),
        ("files", ('pl"an\r\n.pdf', PDF, "text/html")),
    ]
    answer = await client.post(f"{page}/notes", data={"note": ""}, files=files)
    assert answer.status_code == 200
    picture, plan = await rows(city, NoteFile)
    assert (picture.name, plan.name) == ("street.jpg", "pl_an__.pdf")
    answer = await client.get(f"{page}/files/{picture.id}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert b"Sam" not in answer.content and Image.open(io.BytesIO(answer.content)).size == (60, 40)
    answer = await client.get(f"{page}/files/{plan.id}")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''pl_an__.pdf")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    # Of the photo's own renditions nothing is kept, and what a note names is not swept away.
    store = app.state.media
    assert isinstance(store, LocalStore)
    await remove_abandoned_photos(city, store, datetime.now(UTC) + timedelta(days=9))
    assert (await client.get(f"{page}/files/{plan.id}")).status_code == 200


@pytest.mark.parametrize(
    ("note", "files", "why"),
    [
        ("", [], "Write something, or attach a file."),
        ("x" * 4001, [], "4001 characters long"),
        ("@nobody look", [], "is called @nobody"),
        ("@parks look", [], "is called @parks"),
        ("See it", [b"<script>alert(1)</script>"], "neither a photo nor a PDF"),
        ("See it", [photo()[:400]], "damaged or incomplete"),
        ("See it", [PDF + bytes(2000)], "is larger than"),
        ("See it", [PDF] * 6, "at most 5 files"),
        (" ".join(f"@person{number}" for number in range(21)), [], "is called @"),
    ],
)
async def test_a_note_that_cannot_be_says_why_and_keeps_what_was_written(
    client: Client, city: Database, page: str, monkeypatch: pytest.MonkeyPatch, note: str, files: list[bytes], why: str
) -> None:
    monkeypatch.setattr(note_files, "MOST_PDF_BYTES", 1000)
    await colleague(city, "parks@city.example", department_id=2)
    sent = [("files", (f"file{number}", raw, "application/pdf")) for number, raw in enumerate(files)]
    answer = await client.post(f"{page}/notes", data={"note": note}, files=sent or None)
    assert answer.status_code == 422
    assert why in answer.text.replace("&#39;", "'") and note[:50] in answer.text
    assert await rows(city, Note) == [] == await rows(city, StaffNotice)


async def test_who_may_not_write_or_see_reaches_neither_notes_nor_files(
    client: Client, city: Database, page: str
) -> None:
    await client.post(f"{page}/notes", data={"note": "Ours"}, files=[("files", ("a.pdf", PDF, "application/pdf"))])
    other = (await report_of_ana(city)).service_request_id
    (file,) = await rows(city, NoteFile)
    for path in (f"/staff/requests/{other}/files/{file.id}", f"{page}/files/{2**63}", f"{page}/files/99"):
        assert (await client.get(path)).status_code == 404
    await sign_in_as(client, city, await person(city, grant("auditor")))
    assert "Ours" in (await client.get(page)).text
    assert (await client.post(f"{page}/notes", data={"note": "Mine"})).status_code == 403
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=2)))
    for path in (page, f"{page}/files/{file.id}", f"{page}/colleagues"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{page}/notes", data={"note": "Mine"})).status_code == 404
    async with city.reading() as session:
        assert (await session.execute(select(func.count(Note.id)))).scalar_one() == 1


async def test_the_desk_writes_to_everybody_once(client: Client, city: Database, page: str) -> None:
    for _ in range(2):
        await client.post(f"{page}/comments", data={"comment": "The street is closed on Monday."})
    public = (await client.get(page.removeprefix("/staff"))).text
    assert public.count("The street is closed on Monday.") == 1 and "The city wrote" in public
    for comment in ("", "x" * 4001):
        assert (await client.post(f"{page}/comments", data={"comment": comment})).status_code == 422
