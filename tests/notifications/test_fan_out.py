"""Many push messages: each is sent, and killing whoever sends loses none and doubles none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.notifications.fan_out import Push, fan_out
from app.notifications.outcome import Gone, Later, Outcome, Sent
from app.notifications.push import PushMessage
from app.notifications.sender import FAILURES_IN_A_ROW, PAUSE_SECONDS, Patience
from app.notifications.vapid import VapidKeys, make_vapid_key, vapid_keys
from app.settings import ROOT, Settings, load_settings
from tests.notifications.browser import Browser
from tests.notifications.peers import Posted, receiver

TOGETHER = 32


class Books:
    """What is still to be sent, and what became of the rest."""

    def __init__(self, address: str, count: int) -> None:
        browser = Browser(address)
        self.waiting = [
            Push(number, replace(browser.endpoint, url=f"{address}/{number}"), PushMessage(b"{}", key=f"d{number}"))
            for number in range(count)
        ]
        self.under_way: dict[int, Push] = {}
        self.outcomes: dict[int, Outcome] = {}

    async def claim(self) -> Sequence[Push]:
        taken, self.waiting = self.waiting[:TOGETHER], self.waiting[TOGETHER:]
        self.under_way |= {push.name: push for push in taken}
        return taken

    async def settle(self, outcomes: Sequence[tuple[Push, Outcome]]) -> None:
        for push, outcome in outcomes:
            del self.under_way[push.name]
            if isinstance(outcome, Later):
                self.waiting.append(push)
            else:
                self.outcomes[push.name] = outcome


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environ = {
        "BLOCKWISE_VAR": str(tmp_path),
        "BLOCKWISE_SECRET_KEY": "for tests",
        "BLOCKWISE_PRIVATE_ENDPOINTS": "1",
    }
    return load_settings(environ)


@pytest.fixture
def keys(settings: Settings) -> VapidKeys:
    make_vapid_key(settings)
    made = vapid_keys(settings)
    assert made is not None
    return made


def senders() -> list[int]:
    """The process ids of the senders that this process has started."""
    found = []
    for children in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in children.read_text().split():
            command = Path(f"/proc/{child}/cmdline")
            if b"app.notifications.sender" in command.read_bytes():
                found.append(int(child))
    return found


async def test_each_message_is_sent_once_and_each_outcome_is_told(settings: Settings, keys: VapidKeys) -> None:
    with receiver() as service:
        service.answer = lambda posted: (410 if posted.path == "/7" else 201, {})
        books = Books(service.url, 2 * TOGETHER + 9)
        await fan_out(books.claim, books.settle, keys, settings, senders=2)
        assert Counter(posted.path for posted in service.posted) == Counter(f"/{n}" for n in range(2 * TOGETHER + 9))
    assert books.outcomes.pop(7) == Gone("410")
    assert set(books.outcomes.values()) == {Sent()} and len(books.outcomes) == 2 * TOGETHER + 8
    assert not senders(), "a sender stayed behind"


async def test_a_sender_that_is_killed_loses_nothing(settings: Settings, keys: VapidKeys) -> None:
    """What it had in hand comes back as for later; the push service knows what it saw before by its topic."""
    count, killed = 3 * TOGETHER, list[int]()
    with receiver() as service:

        def kill_one(posted: Posted) -> tuple[int, dict[str, str]]:
            if posted.path == "/20" and not killed:
                killed.extend(senders()[:1])
                os.kill(killed[0], signal.SIGKILL)
            return 201, {}

        service.answer = kill_one
        books = Books(service.url, count)
        await fan_out(books.claim, books.settle, keys, settings, senders=2)
        assert len(killed) == 1
        await fan_out(books.claim, books.settle, keys, settings, senders=1)
        seen = {(posted.path, posted.headers["topic"]) for posted in service.posted}
    assert len(books.outcomes) == count and not books.waiting and not books.under_way
    assert len(seen) == count


async def test_what_the_books_raise_ends_the_sending(settings: Settings, keys: VapidKeys) -> None:
    with receiver() as service:
        books = Books(service.url, 10)

        async def settle(_outcomes: Sequence[tuple[Push, Outcome]]) -> None:
            raise LookupError("the database is gone")

        with pytest.raises(ExceptionGroup) as raised:
            await fan_out(books.claim, settle, keys, settings, senders=1)
    assert raised.group_contains(LookupError)
    assert not senders()


CALLER = """
import asyncio, os, sys
from app.notifications.fan_out import fan_out, Push
from app.notifications.push import PushMessage
from app.notifications.vapid import vapid_keys
from app.settings import load_settings
from tests.notifications.browser import Browser

settings = load_settings()
endpoint = Browser(sys.argv[1]).endpoint

async def claim():
    return [Push(number, endpoint, PushMessage(b"{}", key=str(number))) for number in range(20)]

async def settle(outcomes):
    print(os.getpid(), flush=True)

asyncio.run(fan_out(claim, settle, vapid_keys(settings), settings, senders=1))
"""


def test_senders_end_when_their_caller_is_killed(settings: Settings, keys: VapidKeys) -> None:
    environ = {
        **os.environ,
        "BLOCKWISE_VAR": str(settings.var),
        "BLOCKWISE_SECRET_KEY": "for tests",
        "BLOCKWISE_PRIVATE_ENDPOINTS": "1",
    }
    with receiver() as service:
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, service.url], env=environ, cwd=ROOT, stdout=subprocess.PIPE
        )
        assert caller.stdout is not None
        caller.stdout.readline()
        [children] = Path(f"/proc/{caller.pid}/task").glob(f"{caller.pid}/children")
        [sender] = children.read_text().split()
        caller.kill()
        caller.wait()
        caller.stdout.close()
        patience = time.monotonic() + 5
        while is_running(sender) and time.monotonic() < patience:
            time.sleep(0.05)
    assert not is_running(sender)


def is_running(process: str) -> bool:
    """Whether it still does something: what has ended may wait for a parent that asks after it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_push_service_that_does_not_answer_is_left_alone_for_a_while_and_others_are_not() -> None:
    patience, silent = Patience(), "https://silent.example.org/push/1"
    for _ in range(FAILURES_IN_A_ROW - 1):
        patience.note(silent, Later(0, "unreachable"))
    assert patience.pause(silent) == 0
    patience.note(silent, Sent())
    for _ in range(FAILURES_IN_A_ROW):
        patience.note(silent, Later(0, "unreachable"))
    assert 0 < patience.pause("https://silent.example.org/push/2") <= PAUSE_SECONDS
    assert patience.pause("https://other.example.org/push/1") == 0
    patience.note("https://busy.example.org/1", Later(30, "429"))
    assert patience.pause("https://busy.example.org/1") == 0
