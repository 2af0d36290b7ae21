"""Every setting there is, read once from the environment. `.env.example` lists the keys."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the key and says what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One frozen set of settings. URLs are kept as they were given; folders are absolute."""

    database_url: str
    media_url: str
    public_url: str
    secret_key: str
    basemap_path: Path
    smtp_url: str | None = None
    sms_url: str | None = None
    geocoder_url: str | None = None
    geocoder_kind: str = "nominatim"
    vapid_public_key: str | None = None
    vapid_private_key: str | None = None
    vapid_subject: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str | None = None
    oidc_role: str | None = None
    oidc_trust_email: bool = False
    private_endpoints: bool = False
    # More that happens within this time is told in the same message.
    gather_seconds: int = 60
    embedded_worker: bool = True
    log_format: str = "json"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def var(self) -> Path:
        """The folder of what this installation keeps beside the database: its key, its basemap."""
        return self.basemap_path.parent


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `BLOCKWISE_*`. Raises SettingsError for a value that cannot be used."""

    def get(key: str) -> str | None:
        return environ.get(f"BLOCKWISE_{key}", "").strip() or None

    var = Path(get("VAR") or ROOT / "var").absolute()
    database_url = get("DATABASE_URL") or f"sqlite:///{var / 'blockwise.sqlite'}"
    geocoder_kind = (get("GEOCODER_KIND") or "nominatim").lower()
    if geocoder_kind not in ("nominatim", "photon"):
        raise SettingsError(f"BLOCKWISE_GEOCODER_KIND is {geocoder_kind!r}: it must be nominatim or photon")
    return Settings(
        database_url=async_url(database_url),
        media_url=get("MEDIA_URL") or str(ROOT / "media"),
        public_url=(get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT', '8311')}").rstrip("/"),
        secret_key=get("SECRET_KEY") or kept_secret(var / "secret_key"),
        basemap_path=Path(get("BASEMAP_PATH") or var / "basemap.pmtiles").absolute(),
        smtp_url=get("SMTP_URL"),
        sms_url=get("SMS_URL"),
        geocoder_url=get("GEOCODER_URL"),
        geocoder_kind=geocoder_kind,
        vapid_public_key=get("VAPID_PUBLIC_KEY"),
        vapid_private_key=get("VAPID_PRIVATE_KEY"),
        vapid_subject=checked_subject(get("VAPID_SUBJECT")),
        gather_seconds=seconds(get("GATHER_SECONDS") or "60"),
        oidc_issuer=checked_issuer(get("OIDC_ISSUER"), get("OIDC_CLIENT_ID")),
        oidc_client_id=get("OIDC_CLIENT_ID") or "",
        oidc_client_secret=get("OIDC_CLIENT_SECRET") or "",
        oidc_name=get("OIDC_NAME"),
        oidc_role=checked_role(get("OIDC_ROLE")),
        oidc_trust_email=(get("OIDC_TRUST_EMAIL") or "0") in ("1", "true", "yes"),
        private_endpoints=(get("PRIVATE_ENDPOINTS") or "0") in ("1", "true", "yes"),
        embedded_worker=(get("EMBEDDED_WORKER") or "1") not in ("0", "false", "no"),
        log_format=get("LOG_FORMAT") or "json",
    )


def seconds(said: str) -> int:
    """Raises SettingsError for what is no number of seconds up to an hour."""
    if not (said.isascii() and said.isdecimal() and int(said) <= 3600):
        raise SettingsError(f"BLOCKWISE_GATHER_SECONDS is {said!r}: it must be a number of seconds from 0 to 3600")
    return int(said)


def checked_subject(subject: str | None) -> str | None:
    """Whom push services write to when something is amiss (RFC 8292): some of them refuse what is no real address."""
    if subject and not re.fullmatch(r"mailto:[^@\s<>,;:]+@[^@\s<>,;:]+\.[^@\s<>,;:.]+", subject):
        raise SettingsError(
            f"BLOCKWISE_VAPID_SUBJECT is {subject!r}: it must be the city's e-mail address, as mailto:311@city.example"
        )
    return subject


def checked_issuer(issuer: str | None, client_id: str | None) -> str | None:
    """The address of the city's directory. Passwords and tokens pass there: http is for this machine alone."""
    if issuer is None:
        return None
    if not re.match(r"https://[^/?#@\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", issuer) or set("?#") & set(
        issuer
    ):
        raise SettingsError(f"BLOCKWISE_OIDC_ISSUER is {issuer!r}: it must begin with https:// and have no ? or #")
    if not client_id:
        raise SettingsError("BLOCKWISE_OIDC_CLIENT_ID is empty: give the name under which the directory knows us")
    return issuer


def checked_role(role: str | None) -> str | None:
    if role == "administrator":
        raise SettingsError("BLOCKWISE_OIDC_ROLE is administrator: nobody becomes that by signing in")
    return role


def async_url(url: str) -> str:
    """The database URL with the asynchronous driver of its dialect. Raises SettingsError for another one."""
    scheme, separator, rest = url.partition("://")
    dialect = scheme.partition("+")[0]
    if not separator or dialect not in ("sqlite", "postgresql", "postgres"):
        raise SettingsError(f"BLOCKWISE_DATABASE_URL is {scheme!r}…: it must begin with sqlite:/// or postgresql://")
    driver = "sqlite+aiosqlite" if dialect == "sqlite" else "postgresql+psycopg"
    return f"{driver}://{rest}"


def kept_secret(path: Path) -> str:
    """A random secret that is made once and kept in `path`, so that links survive a restart."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        secret = secrets.token_urlsafe(48)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secret)
        return secret
