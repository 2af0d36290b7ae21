"""An e-mail as it is sent, and the templates that letters are written with."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import make_environment

environment = make_environment()


@dataclass(frozen=True, slots=True)
class Message:
    """One e-mail to one person, as text and HTML.

    `unsubscribe`: the address that stops such messages, for a browser and for one click of a mail program. `key`: two
    messages with the same one are the same. `bounce_key`: names this message in the address that a report of its
    failure goes to (letters, digits and "-"). `photo`: a JPEG that the HTML shows as "cid:photo".
    """

    to: str
    subject: str
    text: str
    html: str = ""
    unsubscribe: str = ""
    key: str = ""
    bounce_key: str = ""
    photo: bytes = b""
