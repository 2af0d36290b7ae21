"""What the city's own directory answers, read and checked; an answer is taken whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet


class DirectoryError(Exception):
    """What the directory did that we cannot go on with, for the log: people cannot mend it."""


class Provider(msgspec.Struct, frozen=True):
    """What the directory says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = []
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the directory vouches for. `email` is empty unless it is verified."""

    subject: str
    email: str
    name: str
    locale: str
    # Whether the directory has seen a second factor (RFC 8176).
    two_factors: bool


SECOND_FACTORS = {"mfa", "otp", "hwk"}


def checked_provider(content: bytes, issuer: str) -> Provider:
    """Raises DirectoryError for a directory that is not the one we asked, or sends us on without https."""
    try:
        provider = msgspec.json.decode(content, type=Provider)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DirectoryError(f"what it says of itself cannot be read: {error}") from error
    if provider.issuer != issuer:
        raise DirectoryError(f"it calls itself {provider.issuer}, and not {issuer} as BLOCKWISE_OIDC_ISSUER says")
    scheme = f"{urlsplit(issuer).scheme}://"
    named = [provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri, provider.userinfo_endpoint]
    if wrong := [url for url in named if url and not url.startswith(("https://", scheme))]:
        raise DirectoryError(f"it sends us to {wrong[0]}, which is not https")
    return provider


def checked_keys(content: bytes) -> KeySet:
    try:
        # RFC 7517 5: keys of kinds that we do not know are passed over.
        known = [key for key in json_object(content)["keys"] if key.get("kty") in ("RSA", "EC", "OKP")]
        return KeySet.import_key_set({"keys": [key for key in known if key.get("use", "sig") == "sig"]})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DirectoryError(f"its keys cannot be read: {error}") from error


def json_object(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DirectoryError(f"its answer is no JSON object: {error}") from error


def said_error(content: bytes) -> str:
    """The code of an error by RFC 6749 5.2; nothing else of the answer, which may hold anything."""
    try:
        return str(msgspec.json.decode(content, type=dict[str, Any]).get("error", ""))[:60]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "no JSON"


def person_of(claims: dict[str, Any], *, trust_email: bool) -> Person:
    """What we keep of the claims. `trust_email`: the city itself gives out the addresses of its directory."""
    verified = trust_email or claims.get("email_verified") in (True, "true")
    methods = claims.get("amr")
    return Person(
        subject=str(claims["sub"])[:255],
        email=text_of(claims, "email").lower() if verified else "",
        name=text_of(claims, "name"),
        locale=text_of(claims, "locale"),
        two_factors=isinstance(methods, list) and bool(SECOND_FACTORS & {str(method) for method in methods}),
    )


def text_of(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.replace("\0", "").strip() if isinstance(value, str) else ""
