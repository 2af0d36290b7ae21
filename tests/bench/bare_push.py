"""The least that sending push messages takes: encrypt, sign and post, `python -m tests.bench.bare_push TABLE VAR N OF`.

Of the table's messages every OF-th from the N-th on; the bench runs one for each core. It keeps no books.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import uvloop
from webpush import WebPush, WebPushSubscription

from app.notifications.push import MOST_CONNECTIONS, Endpoint
from app.notifications.vapid import VapidKeys, vapid_keys
from app.settings import load_settings
from tests.bench.push_books import PAYLOAD, opened


async def main(path: Path, var: str, number: int, of: int) -> None:
    keys = vapid_keys(load_settings({"BLOCKWISE_VAR": var}))
    assert keys is not None
    chosen = "SELECT id, endpoint, p256dh, auth FROM pushes WHERE id % ? = ?"
    rows = iter(opened(path).execute(chosen, (of, number)).fetchall())
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client, asyncio.TaskGroup() as tasks:
        for _ in range(MOST_CONNECTIONS):
            tasks.create_task(post_all(rows, client, keys))


async def post_all(rows: Iterator[tuple[int, str, str, str]], client: httpx.AsyncClient, keys: VapidKeys) -> None:
    push = WebPush(keys.private_pem, keys.public_pem, subscriber=keys.subject)
    for name, *given in rows:
        endpoint = Endpoint(*given)
        subscription = {"endpoint": endpoint.url, "keys": {"auth": endpoint.auth, "p256dh": endpoint.p256dh}}
        made = push.get(PAYLOAD % name, WebPushSubscription.model_validate(subscription))
        answer = await client.post(endpoint.url, content=made.encrypted, headers=dict(made.headers))
        assert answer.status_code == 201


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
