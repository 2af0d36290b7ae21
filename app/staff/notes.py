"""Notes at the desk: words for the city only, colleagues named in them, files attached to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.audit import note as audited
from app.accounts.guards import provide_account, require
from app.accounts.models import Account
from app.db import Database
from app.errors import Problem, Refused, wants_json
from app.media import storage
from app.service_requests.comment import SAME_CLICK
from app.service_requests.forms import MAX_DESCRIPTION, TOO_LONG, clean
from app.service_requests.models import ServiceRequest
from app.service_requests.note_models import Note, NoteFile, NoteMention
from app.sql import holds
from app.staff.mentions import colleagues, read_mentions, suggested, tell_mentioned
from app.staff.note_files import PDF, take_files
from app.staff.request_page import NO_STORE, find, request_page
from app.templating import mark

PageRequest = Request[Any, Any, State]
DESK = {"permission": "desk.view"}
WRITES = {"permission": "requests.note"}
NOTE_BYTES = 80_000_000

NO_WORDS = mark("Write something, or attach a file.")


@post("/staff/requests/{service_request_id:str}/notes", opt=WRITES, status_code=200, request_max_body_size=NOTE_BYTES)
async def post_note(request: PageRequest, service_request_id: str) -> Response[Any]:
    """`note` and files `files`: 303 back to the page, which says what is wrong with 422.

    The files are read and kept before any transaction begins.
    """
    database: Database = request.app.state.database
    pairs = list((await request.form()).multi_items())
    form = {name: clean(value) for name, value in pairs if isinstance(value, str)}
    async with database.reading() as session:
        account = await provide_account(request, session)
        require(account, "requests.note", await find(session, account, service_request_id))
    try:
        files = await take_files(
            request.app.state.media, [value for _, value in pairs if isinstance(value, UploadFile)]
        )
        async with database.writing() as session:
            account = await provide_account(request, session)
            found = await find(session, account, service_request_id)
            require(account, "requests.note", found)
            await write_note(session, account, found, form.get("note", ""), files)
    except Refused as refused:
        if wants_json(request):
            raise
        async with database.reading() as session:
            account = await provide_account(request, session)
            found = await find(session, account, service_request_id)
            return await request_page(session, account, found, form=form, refused=refused)
    return Redirect(f"/staff/requests/{service_request_id}?done=note#notes", status_code=303)


@get("/staff/requests/{service_request_id:str}/colleagues", opt=WRITES)
async def show_colleagues(
    session: AsyncSession, account: Account, service_request_id: str, q: str = ""
) -> Response[list[dict[str, str]]]:
    """Those who can be named in a note, by what was typed after the “@”: [{"handle", "name"}], at most 8."""
    found = await find(session, account, service_request_id)
    return Response(suggested(await colleagues(session, found), q[:100]), headers=NO_STORE)


@get("/staff/requests/{service_request_id:str}/files/{file_id:int}", opt={**DESK, "no_compression": True})
async def show_file(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str, file_id: int
) -> Response[bytes]:
    """A photo as a picture; a PDF to be saved, never to be opened here."""
    found = await find(session, account, service_request_id)
    known = holds(NoteFile.id, file_id)
    wanted = select(NoteFile).join(Note, Note.id == NoteFile.note_id).where(Note.request_id == found.id)
    file = (await session.execute(wanted.where(NoteFile.id == file_id))).scalar_one_or_none() if known else None
    if file is None:
        raise NotFoundException
    data = await storage.read(request.app.state.media, file.key)
    shown = "attachment" if file.media_type == PDF else "inline"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(file.name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(data, media_type=file.media_type, headers=headers)


async def write_note(
    session: AsyncSession, account: Account, request: ServiceRequest, text: str, files: list[NoteFile]
) -> Note:
    """Writes a note and tells whom it names; the same one again gives the same row. Raises Refused (422)."""
    if not text and not files:
        raise Refused(Problem("note", NO_WORDS))
    if len(text) > MAX_DESCRIPTION:
        raise Refused(Problem("note", TOO_LONG, {"length": len(text), "most": MAX_DESCRIPTION}))
    named = read_mentions(text, await colleagues(session, request))
    if known := await same_note(session, account, request, text, files):
        return known
    written = Note(request_id=request.id, account_id=account.id, account_name=account.name, text=text)
    written.written_datetime = datetime.now(UTC)
    session.add(written)
    await session.flush()
    session.add_all([NoteMention(note_id=written.id, account_id=one.id, account_name=one.name) for one in named])
    for file in files:
        file.note_id = written.id
        session.add(file)
    tell_mentioned(session, request, named, account)
    facts = {"files": len(files), "mentioned": [one.id for one in named]}
    await audited(session, account, "request.noted", about=request.service_request_id, facts=facts)
    return written


async def same_note(
    session: AsyncSession, account: Account, request: ServiceRequest, text: str, files: list[NoteFile]
) -> Note | None:
    """What the same click wrote before."""
    lately = datetime.now(UTC) - SAME_CLICK
    wanted = select(Note).where(Note.request_id == request.id, Note.account_id == account.id, Note.text == text)
    wanted = wanted.where(Note.written_datetime > lately).options(selectinload(Note.files))
    keys = [file.key for file in files]
    rows = (await session.execute(wanted)).scalars()
    return next((row for row in rows if [file.key for file in row.files] == keys), None)


route_handlers = [post_note, show_colleagues, show_file]
