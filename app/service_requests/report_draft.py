"""A report as it travels in its form: every field as it was typed, the photos, and what is wrong so far."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from app.accounts.devices import MAX_AGE, hash_of, new_device_token
from app.errors import Problem
from app.service_requests.forms import read_submission
from app.service_requests.report_photos import CarriedPhoto, Taken
from app.service_requests.sealed import SealBroken, SealExpired, seal, unseal
from app.service_requests.submission import Submission
from app.templating import current_locale, mark

STEPS = ("photo", "place", "kind", "known", "words")
STAMP = "report"
STAMP_S = 7 * 24 * 3600
# A field that no person sees; a program that fills in forms fills it too.
HONEYPOT = "website"
# They steer the form and are no part of the report.
STEERING = ("step", "at", "do", "photo", "media", "stamp", "place", "remove", HONEYPOT)
EXPIRED = mark("This page was open for more than a week. Nothing is lost: look it over and send it again.")
FILLED_BY_A_PROGRAM = mark("This looks as if a program had filled it in. Empty the field below and send it again.")


class PlaceChoice(msgspec.Struct, frozen=True):
    """A search result as the value of its radio button."""

    lat: float
    long: float
    label: str
    place_id: int | None = None
    zipcode: str | None = None


@dataclass(slots=True)
class Draft:
    fields: dict[str, list[str]] = field(default_factory=dict)
    photos: list[CarriedPhoto] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    step: str = "photo"

    def get(self, name: str) -> str:
        """The last value of a field; "" for one that is not there."""
        return self.fields.get(name, [""])[-1]

    def put(self, **values: object) -> None:
        for name, value in values.items():
            self.fields[name] = ["" if value is None else str(value)]

    def items(self) -> list[tuple[str, str]]:
        """The fields of the report itself, in their order."""
        return [(name, value) for name, values in self.fields.items() if name not in STEERING for value in values]

    def submission(self, **facts: object) -> tuple[Submission, list[Problem]]:
        photos = tuple(photo.stored for photo in self.photos)
        return read_submission(self.items(), source="web", locale=current_locale.get(), photos=photos, **facts)  # type: ignore[arg-type]

    def add(self, taken: Iterable[Taken]) -> None:
        """Adds photos, each once; the first that knows its place says where the report is, unless a person has."""
        known = {photo.stored.content_hash for photo in self.photos}
        for one in taken:
            if one.photo.stored.content_hash in known:
                continue
            known.add(one.photo.stored.content_hash)
            self.photos.append(one.photo)
            if one.lat is not None and not self.get("lat") and not self.get("address_string"):
                self.put(lat=one.lat, long=one.long, accuracy=one.accuracy_m, place_source="photo")
            if one.observed and not self.get("observed_datetime"):
                self.put(observed_datetime=one.observed.isoformat())

    def take_place(self) -> None:
        """Makes the chosen search result the place of the report."""
        try:
            place = msgspec.json.decode(self.get("place"), type=PlaceChoice)
        except msgspec.DecodeError:
            return
        self.put(lat=place.lat, long=place.long, accuracy=None, place_source="search", place_q=None)
        self.put(address_string=place.label, address_id=place.place_id, zipcode=place.zipcode)


def new_draft(fields: dict[str, list[str]]) -> Draft:
    """A draft of these fields, with a number of its own where it has none yet."""
    draft = Draft(fields=fields)
    if not draft.get("client_request_id"):
        draft.put(client_request_id=uuid.uuid4())
    return draft


def new_stamp(secret_key: str) -> str:
    """Says when the page was made, and names the device that it was made for, should that not be known yet.

    An answer that is lost takes the device's first cookie with it: the second try must come from the same device.
    """
    return stamp_for(secret_key, new_device_token())


def stamp_for(secret_key: str, device_token: str, device_hash: str | None = None) -> str:
    """A stamp that gives this token to a device without one, and names the hash of one that we have met."""
    return seal(secret_key, STAMP, f"{device_token} {device_hash or hash_of(device_token)}")


def stamped_device(secret_key: str, stamp: str) -> str | None:
    """The token for a device that we have not met; None when the stamp is not ours, or older than a week."""
    return unsealed(secret_key, stamp, STAMP_S)[0]


def stamped_hash(secret_key: str, stamp: str) -> str | None:
    """The hash of the device that asked for the stamp; None when it is not ours. Makes nobody known again."""
    return unsealed(secret_key, stamp, MAX_AGE)[1]


def unsealed(secret_key: str, stamp: str, max_age_s: int) -> tuple[str | None, str | None]:
    try:
        token, _, known = str(unseal(secret_key, STAMP, stamp, max_age_s=max_age_s)).partition(" ")
    except (SealBroken, SealExpired):
        return None, None
    return token, known or None


def stamp_problems(secret_key: str, draft: Draft) -> list[Problem]:
    """What speaks against a person having filled in a page that we made not long ago."""
    if draft.get(HONEYPOT):
        return [Problem(HONEYPOT, FILLED_BY_A_PROGRAM)]
    try:
        unseal(secret_key, STAMP, draft.get("stamp"), max_age_s=STAMP_S)
    except (SealBroken, SealExpired):
        return [Problem("stamp", EXPIRED)]
    return []
