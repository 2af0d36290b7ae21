"""How often somebody may ask: a token bucket for each client, or for each address, in this process.

Several server processes each count on their own: the limit is coarse by as many times. It keeps one careless
program from starving the others; it is no defence against an attack.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from litestar.connection import ASGIConnection

MOST_BUCKETS = 20_000


@dataclass(slots=True)
class Bucket:
    tokens: float
    seen: float


class Buckets:
    """Token buckets that hold a minute's worth, by key; the longest unseen are forgotten first."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def left(self, key: str, per_minute: int) -> tuple[int, int]:
        """How many tokens there were after the last `take`, and in how many seconds there are all again."""
        bucket = self._buckets.get(key, Bucket(per_minute, 0))
        return int(bucket.tokens), math.ceil((per_minute - bucket.tokens) * 60 / per_minute)

    def take(self, key: str, per_minute: int) -> int:
        """Takes a token. Returns 0, or the whole seconds until there is one again."""
        now = self._now()
        bucket = self._buckets.setdefault(key, Bucket(per_minute, now))
        self._buckets.move_to_end(key)
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(per_minute, bucket.tokens + (now - bucket.seen) * per_minute / 60)
        bucket.seen = now
        if bucket.tokens < 1:
            return math.ceil((1 - bucket.tokens) * 60 / per_minute)
        bucket.tokens -= 1
        return 0


def client_address(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Who asks. A peer on this machine or network is taken for the proxy, and the last `X-Forwarded-For` believed."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded[:45] if forwarded and is_near(peer) else peer


def is_remote(address: str) -> bool:
    """Whether this is the address of another machine."""
    try:
        return not ip_address(address).is_loopback
    except ValueError:
        return False


def is_near(peer: str) -> bool:
    try:
        return ip_address(peer).is_private
    except ValueError:
        return False
