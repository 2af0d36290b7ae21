"""Asks a GeoReport v2 endpoint, patiently: what fails for the moment is asked again, a little later each time."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from app.agencies.georeport_documents import Record, Unreadable, read_records
from app.outside import Answer, OutsideError, fetch, without_secrets

# Waits between the tries, in seconds.
WAITS = (1.0, 4.0, 15.0, 45.0)
LONGEST_WAIT = 120.0
# A thousand requests are about one megabyte; in memory they take five times as much.
MOST_BYTES, SECONDS = 32_000_000, 60.0
BUSY = (408, 425, 429)
# A method at the end of an address that somebody copied.
METHOD = re.compile(r"/(requests|services|discovery)(\.(json|xml))?/?$")
CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
MOST_HOST = 50


class EndpointFailed(Exception):
    """The endpoint gave no answer that can be used, after all tries; the message says which and why.

    `status` is that of the answer, None where there was none.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of one answer; `total`: how many fit in all, where the endpoint says it."""

    records: list[Record]
    total: int | None = None


class Endpoint:
    """One endpoint, by its address up to `/requests`. A query in it (`jurisdiction_id`) goes with each call."""

    def __init__(
        self, client: httpx.AsyncClient, address: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        try:
            url = httpx.URL(address.strip())
        except httpx.InvalidURL as error:
            raise EndpointFailed(f"{address[:200]!r} is no web address: {error}") from error
        if url.username or url.password:
            raise EndpointFailed("give the address without a name and password in it")
        self.base = url.copy_with(path=METHOD.sub("", url.path).rstrip("/"), query=None, fragment=None)
        self.always = dict(url.params)
        self.form: str | None = None
        self._client, self._sleep = client, sleep

    @property
    def source(self) -> str:
        """What the keys of its requests begin with, such as "open311:311.example.gov-1a2b3c4d:".

        It is the same for http and https, with an API key and without.
        """
        told = f"{self.base.netloc.decode()}{self.base.path}?{sorted(self.always.items() - self._keys())}"
        return f"open311:{self.base.host[:MOST_HOST]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}:"

    def _keys(self) -> set[tuple[str, str]]:
        return {(name, value) for name, value in self.always.items() if name == "api_key"}

    async def requests(self, query: Mapping[str, str]) -> Listed:
        return await self.ask("requests", query)

    async def services(self) -> Listed:
        return await self.ask("services", {})

    async def ask(self, method: str, query: Mapping[str, str]) -> Listed:
        """The records that a method lists: JSON, or XML where JSON is not had. Raises EndpointFailed."""
        failures = []
        for form in [self.form] if self.form else ["json", "xml"]:
            try:
                listed = await self._ask_patiently(method, form, query)
            except EndpointFailed as error:
                failures.append(error)
                # An endpoint that cannot be reached, or is broken, is not better off in another form.
                if error.status is None or error.status >= 500:
                    raise
            else:
                self.form = form
                return listed
        raise failures[0]

    async def _ask_patiently(self, method: str, form: str, query: Mapping[str, str]) -> Listed:
        url = self.base.copy_with(path=f"{self.base.path}/{method}.{form}", params={**self.always, **query})
        shown = without_secrets(url)
        for wait in (*WAITS, None):
            try:
                answer = await fetch(self._client, url, most=MOST_BYTES, seconds=SECONDS)
                if answer.status == 200:
                    return listed_in(answer)
                reason, status = f"{shown} answered {answer.status}", answer.status
                passing, asked_for = status in BUSY or status >= 500, retry_after(answer)
            except OutsideError as error:
                reason, status, passing, asked_for = str(error), None, error.passing, 0.0
            except Unreadable as error:
                reason, status, passing, asked_for = f"{shown}: {error}", 200, error.cut, 0.0
            if not passing or wait is None:
                raise EndpointFailed(reason, status)
            await self._sleep(min(max(wait, asked_for), LONGEST_WAIT))
        raise AssertionError("the last wait is None")


def listed_in(answer: Answer) -> Listed:
    charset = CHARSET.search(answer.headers.get("content-type", ""))
    total = answer.headers.get("x-total-count", "")
    records = read_records(answer.content, charset.group(1) if charset else None)
    return Listed(records, int(total) if total.isascii() and total.isdigit() and len(total) < 12 else None)


def retry_after(answer: Answer) -> float:
    """The seconds of a Retry-After; 0 where it gives none (a date is passed over)."""
    said = answer.headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else 0.0
