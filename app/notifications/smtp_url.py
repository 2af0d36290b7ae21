"""The mail server's address as the city writes it: smtp://user:password@host:587?from=311@city.example&bounces=…"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

DEFAULT_SENDER = "blockwise@localhost"


def sender_of(smtp_url: str) -> str:
    """The address that the city's e-mail comes from."""
    return option(smtp_url, "from") or DEFAULT_SENDER


def bounces_of(smtp_url: str) -> str | None:
    """The mailbox that reports of undelivered mail go to, where the city keeps one."""
    return option(smtp_url, "bounces")


def option(smtp_url: str, name: str) -> str | None:
    # A plus is a plus here, as in an address, and no blank.
    return parse_qs(urlsplit(smtp_url).query.replace("+", "%2B")).get(name, [None])[0]
