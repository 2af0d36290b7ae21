"""The links of a closing message: they let one person say whether it is fixed, without a cookie, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from app.service_requests.models import Follower, Reporter
from app.settings import Settings

MAC_BYTES = 10


def rater_name(person: Reporter | Follower) -> str:
    """ "r12" or "f9": how a person is named in links and among the ratings."""
    return f"{'r' if isinstance(person, Reporter) else 'f'}{person.id}"


def fixed_link(settings: Settings, service_request_id: str, rater: str = "", answer: str = "") -> str:
    """The address of “Is it fixed?” as it goes into a message.

    `rater`: whom it lets answer without a cookie (`rater_name`); "" for a device that the city knows by one.
    `answer`: "yes" or "no" is then chosen already; only the page's button sends it.
    """
    key = answer_key(settings.secret_key, service_request_id, rater) if rater else ""
    given = urlencode({name: value for name, value in (("key", key), ("answer", answer)) if value})
    return f"{settings.public_url}/requests/{service_request_id}/fixed" + (f"?{given}" if given else "")


def answer_key(secret_key: str, service_request_id: str, rater: str) -> str:
    """The name with 80 bits of HMAC-SHA-256 (RFC 2104) for this request alone."""
    digest = hmac.digest(secret_key.encode(), f"fixed:{service_request_id}:{rater}".encode(), hashlib.sha256)
    return f"{rater}-{base64.b32encode(digest[:MAC_BYTES]).decode().lower()}"


def read_answer_key(secret_key: str, service_request_id: str, key: str) -> str | None:
    """Whom a key names; None for one that we did not give for this request."""
    rater = key.strip().lower().partition("-")[0]
    known = answer_key(secret_key, service_request_id, rater)
    return rater if hmac.compare_digest(known.encode(), key.strip().lower().encode()) else None
