"""What a phone keeps, read and written as the pages do it: items, drafts, photos and receipts in IndexedDB."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from pathlib import Path
from typing import Any

from playwright.async_api import Page

READ = """(store) => new Promise((done, failed) => {
  const opening = indexedDB.open("blockwise");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const asked = database.transaction(store).objectStore(store).getAll();
    asked.onsuccess = () => { database.close(); done(asked.result.map(({ bytes, thumb, ...rest }) => rest)); };
  };
})"""
PUT = """([store, rows]) => new Promise((done, failed) => {
  const opening = indexedDB.open("blockwise");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const change = database.transaction(store, "readwrite");
    for (const { base64, ...row } of rows) {
      if (base64) row.bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
      change.objectStore(store).put(row);
    }
    change.oncomplete = () => { database.close(); done(); };
    change.onerror = () => failed(change.error);
  };
})"""
# Whoever holds the sender's lock keeps everything as it is.
HOLD_SENDER = 'void navigator.locks.request("blockwise-outbox", () => new Promise(() => undefined))'


async def stored(page: Page, store: str) -> list[dict[str, Any]]:
    """The rows of a store, without their bytes."""
    found: list[dict[str, Any]] = await page.evaluate(READ, store)
    return found


async def expect_stored(page: Page, store: str, count: int) -> None:
    """Waits until a store has so many rows."""
    for _ in range(100):
        if len(await stored(page, store)) == count:
            return
        await page.wait_for_timeout(100)
    raise AssertionError(await stored(page, store))


async def put(page: Page, store: str, *rows: dict[str, Any]) -> None:
    """Writes rows past the app; a page shows them once it is loaded again."""
    await page.evaluate(PUT, [store, list(rows)])


def milliseconds(minutes_ago: float = 0) -> int:
    return int((time.time() - minutes_ago * 60) * 1000)


def item(title: str, *, minutes_ago: float = 5, trouble: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """An item that waits: a report, unless `facts` say otherwise."""
    number = facts.pop("client_request_id", None) or str(uuid.uuid4())
    return {
        "client_request_id": number,
        "kind": "report",
        "subject": number,
        "title": title,
        "made": milliseconds(minutes_ago),
        "language": "en",
        "fields": [],
        "photos": [],
        "seen": [],
        "state": "waiting",
        "attempted": False,
        "tries": 0,
        "next": 0,
        "trouble": trouble,
        **facts,
    }


def trouble(reason: str, *problems: tuple[str, str], status: int = 0, said: str = "") -> dict[str, Any]:
    told = [{"field": field, "message": message} for field, message in problems]
    return {"reason": reason, "status": status, "said": said, "problems": told, "at": milliseconds(1)}


def photo_of(owner: dict[str, Any], path: Path, *, uploaded: bool = False) -> dict[str, Any]:
    """A photo's row for an item, which is told of it."""
    content = path.read_bytes()
    number, content_hash = str(uuid.uuid4()), hashlib.sha256(content).hexdigest()
    owner["photos"].append({"id": number, "hash": content_hash, "size": len(content), "uploaded": uploaded})
    return {
        "id": number,
        "draft": owner["client_request_id"],
        "type": "image/webp",
        "hash": content_hash,
        "base64": base64.b64encode(content).decode(),
    }


def receipt(title: str, *, minutes_ago: float = 2, **facts: Any) -> dict[str, Any]:
    """What is left of a report that arrived."""
    number = "7KF2-M9QX-T3AB"
    return {
        "client_request_id": str(uuid.uuid4()),
        "kind": "report",
        "title": title,
        "service_request_id": number,
        "url": f"/requests/{number}?sent=1",
        "sent": milliseconds(minutes_ago),
        "likely": [],
        **facts,
    }
