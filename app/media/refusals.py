"""Why a photo is refused: a code for programs and a sentence for the person who sent it."""

from enum import StrEnum


def _(message: str) -> str:
    """Mark a sentence for the translator; whoever shows it passes it to gettext."""
    return message


class RefusalCode(StrEnum):
    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_A_PHOTO = "not_a_photo"
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken"


SENTENCES = {
    RefusalCode.EMPTY: _("This photo is empty. Choose it again, or take a new one."),
    RefusalCode.TOO_MANY_BYTES: _("This photo's file is too large. Choose a smaller one, or take a new one."),
    RefusalCode.NOT_A_PHOTO: _(
        "This file is not a photo that we can open. Send a JPEG, PNG, WebP, HEIC or AVIF picture."
    ),
    RefusalCode.TOO_MANY_PIXELS: _("This picture is too big to open. Send a smaller copy of it."),
    RefusalCode.BROKEN: _("This photo is damaged or incomplete. Choose it again, or take a new one."),
}


class PhotoRefused(Exception):
    """`code` says why; `message` is an English sentence and at the same time its gettext key."""

    def __init__(self, code: RefusalCode) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.message = SENTENCES[code]
