"""The door for text messages: a gateway that takes a number and words, and what is behind it is the city's choice.

`open_sms` reads the choice from BLOCKWISE_SMS_URL: a provider with Twilio's HTTP interface, or a file to try it out.
"""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import phonenumbers

from app.notifications.outcome import Failed, Gone, Later, Outcome, Sent, outcome_of_status
from app.notifications.smtp_url import option
from app.outside import OutsideError, send
from app.settings import SettingsError

# Of any alphabet: seven parts of 67 characters, as the networks cut them.
MOST_CHARACTERS = 469
ANSWER_SECONDS = 15.0
ANSWER_BYTES = 100_000
MESSAGES = "2010-04-01/Accounts/{account}/Messages.json"
# Twilio's numbers for: no such number, not a mobile one, or its owner has answered STOP.
NOBODY_THERE = (21211, 21214, 21217, 21610, 21614)
NOT_SIGNED_IN = (401, 403)


class SmsGateway(Protocol):
    """`to` is a number in E.164 (`read_phone`); `text` at most `MOST_CHARACTERS`, else it is shortened. Raises nothing.

    `key`: of two messages with one key, a gateway that can tell sends one.
    """

    async def send(self, to: str, text: str, key: str) -> Outcome: ...


def read_phone(said: str, region: str) -> str | None:
    """A number as people write it in E.164 ("+16175550123"); None for what can be no number. `region`: such as "US"."""
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, or its beginning and its last line, which is the link, where it is too long."""
    if len(text) <= most:
        return text
    words, separator, link = text.rpartition("\n")
    if not separator or len(link) > most // 2:
        return text[: most - 1].rstrip() + "…"
    return words[: most - len(link) - 2].rstrip() + "…\n" + link


def open_sms(sms_url: str, client: httpx.AsyncClient) -> SmsGateway:
    """The gateway of an address: twilio://ACCOUNT:TOKEN@host[/path]?from=NUMBER or file:///path.

    `client` is not the one for addresses that residents give: this one is the city's own choice. Raises SettingsError.
    """
    parts = urlsplit(sms_url)
    if parts.scheme == "file" and parts.path:
        return FileSms(Path(unquote(parts.path)))
    sender = option(sms_url, "from")
    if parts.scheme not in ("twilio", "twilio+http") or not (parts.username and parts.password and parts.hostname):
        raise SettingsError("BLOCKWISE_SMS_URL must be twilio://ACCOUNT:TOKEN@api.twilio.com?from=+15005550006")
    if not sender:
        raise SettingsError("BLOCKWISE_SMS_URL says nothing of the sender: add ?from=+15005550006, the city's number")
    scheme = "http" if parts.scheme == "twilio+http" else "https"
    host = parts.netloc.rpartition("@")[2]
    address = f"{scheme}://{host}{parts.path.rstrip('/')}/{MESSAGES.format(account=unquote(parts.username))}"
    return TwilioSms(client, address, unquote(parts.username), unquote(parts.password), sender)


class FileSms:
    """Writes each message as a line of JSON: `to`, `text`, `key`, `datetime`. The same key is written once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, to: str, text: str, key: str) -> Outcome:
        try:
            await asyncio.to_thread(self._write, to, shortened(text), key)
        except OSError as error:
            return Later(0, type(error).__name__, shut=True)
        return Sent()

    def _write(self, to: str, text: str, key: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+", encoding="utf-8") as file:
            file.seek(0)
            if not any(json.loads(line)["key"] == key for line in file):
                line = {"to": to, "text": text, "key": key, "datetime": datetime.now(UTC).isoformat()}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


class TwilioSms:
    """Twilio's Messages resource, which other providers offer too."""

    def __init__(self, client: httpx.AsyncClient, address: str, account: str, token: str, sender: str) -> None:
        self._client, self._address, self._sender = client, address, sender
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(f'{account}:{token}'.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }

    async def send(self, to: str, text: str, key: str) -> Outcome:
        # A sender that is no number is a group of numbers at the provider.
        sender = "MessagingServiceSid" if self._sender.startswith("MG") else "From"
        form = httpx.QueryParams({"To": to, sender: self._sender, "Body": shortened(text)})
        try:
            answer = await send(
                self._client,
                self._address,
                str(form).encode(),
                self._headers,
                most=ANSWER_BYTES,
                seconds=ANSWER_SECONDS,
            )
        except OutsideError:
            return Later(0, "unreachable", shut=True)
        return self._outcome(answer.status, answer.headers, answer.content)

    def _outcome(self, status: int, headers: httpx.Headers, content: bytes) -> Outcome:
        if status in NOT_SIGNED_IN:
            return Later(0, str(status), shut=True)
        code = error_code(content)
        if 400 <= status < 500 and code in NOBODY_THERE:
            return Gone(str(code))
        outcome = outcome_of_status(status, headers)
        # The address is the provider's here, not the person's.
        return Failed(f"{status} {code or ''}".strip()) if isinstance(outcome, Gone | Failed) else outcome


def error_code(content: bytes) -> int | None:
    """The provider's own number of what is wrong, where the answer has one."""
    try:
        told: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None
    code = told.get("code") if isinstance(told, dict) else None
    return code if isinstance(code, int) else None
