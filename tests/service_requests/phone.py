"""A phone's outbox, as a client would be written from docs/offline.md."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.service_requests.city import LAT, LONG

Fields = list[tuple[str, str]]


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def fields(**facts: Any) -> Fields:
    """The form's fields of a pothole at the city's middle; `attribute__SIZE` for `attribute[SIZE]`."""
    given = {"service_code": "pothole", "lat": LAT, "long": LONG, "place_source": "pin", **facts}
    return [(name.replace("__", "[") + "]" if "__" in name else name, str(value)) for name, value in given.items()]


class Phone:
    """Speaks the protocol through somebody's browser."""

    def __init__(self, browser: httpx.AsyncClient) -> None:
        self.browser = browser
        self.stamp = ""

    async def ask(self, *numbers: uuid.UUID) -> dict[str, Any]:
        """GET /outbox; its stamp is kept for the reports that follow."""
        answer = await self.browser.get("/outbox", params=[("id", str(number)) for number in numbers])
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        self.stamp = told["stamp"]
        return told

    async def state(self, number: uuid.UUID) -> dict[str, Any]:
        state: dict[str, Any] = (await self.ask(number))["items"][0]
        return state

    async def upload(
        self, number: uuid.UUID, raw: bytes, *, name: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        address = f"/outbox/{number}/photos/{name or sha256(raw)}"
        return await self.browser.put(address, content=raw, headers={"content-type": "image/jpeg", **(headers or {})})

    async def send(self, number: uuid.UUID, sent: Fields | None = None, **more: Any) -> httpx.Response:
        """PUT of a report; asks for a stamp first where it has none."""
        if not self.stamp:
            await self.ask(number)
        body = {"fields": sent or fields(), "photos": [], "stamp": self.stamp, "seen": []}
        body["client_datetime"] = datetime.now(UTC).isoformat()
        return await self.browser.put(f"/outbox/{number}", json={**body, **more})

    async def delete(self, number: uuid.UUID, stamp: str = "") -> httpx.Response:
        """`stamp`: that of the first try, for a phone that has lost its cookie."""
        return await self.browser.delete(f"/outbox/{number}", headers={"Blockwise-Stamp": stamp} if stamp else {})

    async def act(self, service_request_id: str, action: str, number: uuid.UUID | str, **form: str) -> httpx.Response:
        """A join, a comment (`updates`), a withdrawal… under a number of the phone's own."""
        return await self.browser.post(
            f"/requests/{service_request_id}/{action}",
            data={"client_request_id": str(number), **form},
            headers={"accept": "application/json"},
        )
