"""Who may ask, how often, and for which city."""

from __future__ import annotations

from typing import Any

from litestar import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import get_jurisdiction
from app.limits import Buckets, client_address
from app.open311.actions import key_hash
from app.open311.errors import DESCRIPTIONS, Fault
from app.open311.models import ApiClient
from app.templating import mark

# Without a key: each address may read this often in a minute.
ANONYMOUS_PER_MINUTE = 600
UNKNOWN_CITY = mark("jurisdiction_id %(jurisdiction_id)s was not found. This server answers for %(known)s only.")
NO_KEY = mark("An api_key is missing: sending a request needs one.")
WRONG_KEY = mark("Invalid api_key received: this key is not known, or no longer valid.")


async def require_city(session: AsyncSession, jurisdiction_id: str) -> Jurisdiction:
    """The city; a `jurisdiction_id` may be left out, since there is one. Raises Fault (404) for another one."""
    city = await get_jurisdiction(session)
    if jurisdiction_id and jurisdiction_id != city.jurisdiction_id:
        given, known = jurisdiction_id[:100], city.jurisdiction_id
        raise Fault(404, UNKNOWN_CITY, field="jurisdiction_id", jurisdiction_id=given, known=known)
    return city


async def require_client(session: AsyncSession, request: Request[Any, Any, Any], key: str) -> ApiClient:
    """The program that an API key belongs to, within its rate. Raises Fault (403, 429)."""
    client = await find_client(session, key) if key else None
    if client is None:
        # Whoever tries keys is counted by address.
        limit_address(request)
        raise Fault(403, WRONG_KEY if key else NO_KEY, field="api_key")
    take(request, f"client:{client.id}", client.requests_per_minute)
    return client


async def find_client(session: AsyncSession, key: str) -> ApiClient | None:
    wanted = select(ApiClient).where(ApiClient.key_hash == key_hash(key), ApiClient.active)
    return (await session.execute(wanted)).scalar_one_or_none()


async def limit_reading(session: AsyncSession, request: Request[Any, Any, Any]) -> None:
    """Counts a read: on the client's account with a valid key, else on the address's. Raises Fault (429)."""
    key = key_of(request)
    client = await find_client(session, key) if key else None
    if client is None:
        limit_address(request)
    else:
        take(request, f"client:{client.id}", client.requests_per_minute)


def limit_address(request: Request[Any, Any, Any]) -> None:
    take(request, f"address:{client_address(request)}", ANONYMOUS_PER_MINUTE)


def take(request: Request[Any, Any, Any], key: str, per_minute: int) -> None:
    buckets: Buckets = request.app.state.setdefault("open311_buckets", Buckets())
    if wait := buckets.take(key, per_minute):
        raise Fault(429, DESCRIPTIONS[429], headers={"Retry-After": str(wait)})


def key_of(request: Request[Any, Any, Any]) -> str:
    """The key outside of the body: `X-Api-Key`, or `api_key` in the query."""
    return (request.headers.get("x-api-key") or request.query_params.get("api_key") or "").strip()
