"""A city's own directory in a process of its own, and a person who signs in there with a browser without JavaScript."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.servers import ROOT, free_port

CLIENT, SECRET = "blockwise", "a secret: with +, % and &"
BACK = "http://testserver.local/sign-in/directory/back"


@contextlib.contextmanager
def directory_process(people: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Gives the issuer of a real OpenID provider which knows these people: their `sub`, and their claims."""
    port = free_port()
    argument = {"port": port, "people": people, "back": BACK, "client": CLIENT, "secret": SECRET}
    command = [str(ROOT / ".venv/bin/node"), "tests/accounts/provider.mjs", json.dumps(argument)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "listening"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def sign_in_there(address: str, who: str) -> str:
    """Signs in at the directory and agrees; where it sends the browser back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(address)
        for _ in range(10):
            while answer.is_redirect:
                where = urljoin(str(answer.url), answer.headers["location"])
                if where.startswith(BACK):
                    return where
                answer = await browser.get(where)
            form = dict(re.findall(r'name="(prompt)" value="(\w+)"', answer.text))
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            answer = await browser.post(action[1], data={**form, "login": who, "password": "any"})
    raise AssertionError("the directory never sent the browser back")
