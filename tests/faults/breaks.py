"""What can go wrong with one exchange. Each gives the bytes that the phone gets, and whether the line is cut after."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from tests.faults.exchange import Asked, answer, answer_of, say_part

ANSWERS = Path(__file__).parent / "answers"
HTML = "text/html; charset=utf-8"
# Somebody's address that no phone can reach, as a network's own sign-in page often is.
NOWHERE = "http://127.0.0.1:9/sign-in"

Break = Callable[[int, Asked, Random], Awaitable[bytes]]


async def cut_question(port: int, asked: Asked, chance: Random) -> bytes:
    await say_part(port, asked.raw[: chance.randrange(1, len(asked.raw))])
    return b""


async def cut_answer(port: int, asked: Asked, chance: Random) -> bytes:
    whole = await answer_of(port, asked.raw)
    return whole[: chance.randrange(1, len(whole))]


async def lose_answer(port: int, asked: Asked, chance: Random) -> bytes:
    await answer_of(port, asked.raw)
    return b""


async def fail(port: int, asked: Asked, chance: Random) -> bytes:
    """500: half of the time after the server has done its work."""
    if chance.random() < 0.5:
        await answer_of(port, asked.raw)
    if chance.random() < 0.5:
        return answer(500, "Internal Server Error", HTML, page("500"))
    return problem(500, "Internal Server Error", "Something broke.")


async def bad_gateway(port: int, asked: Asked, chance: Random) -> bytes:
    return answer(502, "Bad Gateway", HTML, page("502"))


async def forbidden(port: int, asked: Asked, chance: Random) -> bytes:
    return answer(403, "Forbidden", HTML, page("403"))


async def too_large_for_proxy(port: int, asked: Asked, chance: Random) -> bytes:
    return answer(413, "Request Entity Too Large", HTML, page("413"))


async def too_large(port: int, asked: Asked, chance: Random) -> bytes:
    return problem(413, "Request Entity Too Large", "Send fewer or smaller photos.")


async def too_many(port: int, asked: Asked, chance: Random) -> bytes:
    return problem(429, "Too Many Requests", "Wait a minute, then try again.", Retry_After="1")


async def signed_out(port: int, asked: Asked, chance: Random) -> bytes:
    return problem(401, "Unauthorized", "Sign in, then try again.")


async def to_sign_in(port: int, asked: Asked, chance: Random) -> bytes:
    """A redirect: to a page of ours that answers 200, or to an address that is not ours."""
    status, reason = chance.choice([(302, "Found"), (303, "See Other"), (307, "Temporary Redirect")])
    return answer(status, reason, HTML, b"", Location=chance.choice(["/offline", NOWHERE]))


async def portal_page(port: int, asked: Asked, chance: Random) -> bytes:
    return answer(200, "OK", HTML, page("portal"))


async def portal_json(port: int, asked: Asked, chance: Random) -> bytes:
    told = chance.choice([{"ok": True}, {"status": "authentication required"}, [], None, {"items": []}])
    return answer(200, "OK", "application/json", json.dumps(told).encode())


BREAKS: dict[str, Break] = {
    "connection cut in the question": cut_question,
    "connection cut in the answer": cut_answer,
    "answer lost after the commit": lose_answer,
    "500": fail,
    "502 with a page": bad_gateway,
    "403 with a page": forbidden,
    "401": signed_out,
    "413 with a page": too_large_for_proxy,
    "413 in our words": too_large,
    "429 with Retry-After": too_many,
    "redirect to a sign-in page": to_sign_in,
    "captive portal, 200 with a page": portal_page,
    "captive portal, 200 with JSON": portal_json,
}


def page(name: str) -> bytes:
    return (ANSWERS / f"{name}.html").read_bytes()


def problem(status: int, reason: str, detail: str, **headers: str) -> bytes:
    told = {"type": "about:blank", "title": reason, "status": status, "detail": detail, "problems": []}
    return answer(status, reason, "application/problem+json", json.dumps(told).encode(), **headers)
