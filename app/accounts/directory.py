"""The city's own directory, asked who somebody is: OpenID Connect Core 1.0, the authorization code flow with PKCE.

The words are the protocol's: OpenID Connect Discovery 1.0, RFC 6749 (the flow), RFC 7636 (PKCE), RFC 9207 (`iss`).
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.accounts.directory_answers import (
    DirectoryError,
    Person,
    Provider,
    checked_keys,
    checked_provider,
    json_object,
    person_of,
    said_error,
)
from app.outside import OutsideError, answered
from app.settings import Settings

BACK = "/sign-in/directory/back"
SCOPE = "openid email profile"
# Signed with a key of the directory's own: a shared secret or none at all would let others speak for it.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
CLOCK_SKEW = 60
KEPT_SECONDS = 3600
# Whoever sends tokens with made-up key names must not make us ask for the keys each time.
KEYS_AGAIN = 30
MOST_BYTES = 1_000_000
SECONDS = 10


class Asked(msgspec.Struct, frozen=True):
    """What one sign-in was begun with; it stays with the browser, enciphered. `at` is seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    back: str
    at: float


def ask(back: str) -> Asked:
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    return Asked(state, nonce, verifier, back, time.time())


class Directory:
    """One directory, its keys and what it says of itself, kept for an hour. `http` is the process' shared client."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._settings, self._http = settings, http
        self._issuer = settings.oidc_issuer or ""
        self._provider: tuple[float, Provider] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._lock = asyncio.Lock()

    async def address(self, asked: Asked, locale: str) -> str:
        """Where the browser goes to sign in. Raises DirectoryError."""
        provider = await self._found()
        challenge = urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._back,
            "scope": SCOPE,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": locale,
        }
        separator = "&" if urlsplit(provider.authorization_endpoint).query else "?"
        return f"{provider.authorization_endpoint}{separator}{urlencode(query)}"

    async def person(self, asked: Asked, code: str, iss: str | None) -> Person:
        """Whom an authorization code stands for; `iss` is who the browser says has sent it. Raises DirectoryError."""
        provider = await self._found()
        if iss != provider.issuer and (iss or provider.authorization_response_iss_parameter_supported):
            raise DirectoryError(f"the answer is not of {provider.issuer}")
        tokens = await self._tokens(provider, asked, code)
        claims = await self._claims(provider, str(tokens.get("id_token", "")), asked.nonce)
        if "email" not in claims and provider.userinfo_endpoint:
            claims = claims | await self._user_info(provider.userinfo_endpoint, tokens, claims["sub"])
        return person_of(claims, trust_email=self._settings.oidc_trust_email)

    @property
    def _back(self) -> str:
        return f"{self._settings.public_url}{BACK}"

    async def _found(self) -> Provider:
        async with self._lock:
            if self._provider is None or self._provider[0] < time.monotonic() - KEPT_SECONDS:
                url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                content = await self._answer(self._http.build_request("GET", url))
                self._provider = (time.monotonic(), checked_provider(content, self._issuer))
            return self._provider[1]

    async def _tokens(self, provider: Provider, asked: Asked, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": asked.verifier,
        }
        name, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        headers = {}
        # RFC 6749 2.3.1; a directory that says nothing takes this way.
        if secret and "client_secret_basic" in (
            provider.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        ):
            pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": name} | ({"client_secret": secret} if secret else {})
        request = self._http.build_request("POST", provider.token_endpoint, data=form, headers=headers)
        return json_object(await self._answer(request))

    async def _claims(self, provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
        """What the ID token says, once it is known to be the directory's own, for us, for this sign-in and not over."""
        keys = await self._key_set(provider)
        try:
            try:
                token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                # The directory has taken a new key since.
                token = jwt.decode(id_token, await self._key_set(provider, KEYS_AGAIN), algorithms=ALGORITHMS)
            wanted = {"iss": provider.issuer, "aud": self._settings.oidc_client_id, "nonce": nonce}
            essential: dict[str, Any] = {name: {"essential": True} for name in ("sub", "exp", "iat")}
            essential |= {name: {"essential": True, "value": value} for name, value in wanted.items()}
            jwt.JWTClaimsRegistry(leeway=CLOCK_SKEW, **essential).validate(token.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise DirectoryError(f"its ID token is not good: {error}") from error
        claims: dict[str, Any] = token.claims
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise DirectoryError("its ID token was made for another application")
        return claims

    async def _key_set(self, provider: Provider, kept: float = KEPT_SECONDS) -> KeySet:
        async with self._lock:
            if self._keys is None or self._keys[0] < time.monotonic() - kept:
                content = await self._answer(self._http.build_request("GET", provider.jwks_uri))
                self._keys = (time.monotonic(), checked_keys(content))
            return self._keys[1]

    async def _user_info(self, url: str, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        info = json_object(await self._answer(self._http.build_request("GET", url, headers=headers)))
        # OpenID Connect Core 5.3.2: of somebody else it is not to be used.
        if info.get("sub") != subject:
            raise DirectoryError("what it says of the person is of somebody else")
        return info

    async def _answer(self, request: httpx.Request) -> bytes:
        """The body of a 200. A redirect is none: secrets go nowhere but where they are meant for."""
        request.headers["Accept"] = "application/json"
        try:
            answer = await answered(self._http, request, MOST_BYTES, SECONDS, follow_redirects=False)
        except OutsideError as error:
            raise DirectoryError(str(error)) from error
        if answer.status != 200:
            raise DirectoryError(
                f"{request.url.copy_with(query=None)} answers {answer.status}: {said_error(answer.content)}"
            )
        return answer.content
