"""The addresses of a request's photos. The master has none."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from app.service_requests.models import Photo

Size = Literal["large", "small"]


def photo_url(photo: Photo, size: Size = "large") -> str:
    """The path of a public photo, at most 1280 or 320 px on its longer side.

    It is answered only while the photo is public and its service is not private.
    """
    return f"/photos/{photo.id}/{file_name(photo, size)}"


def own_photo_url(service_request_id: str, photo: Photo, size: Size = "large") -> str:
    """The path under which a reporter sees a photo that is not public; anybody else gets 404."""
    return f"/requests/{service_request_id}/photos/{photo.id}/{file_name(photo, size)}"


def file_name(photo: Photo, size: Size) -> str:
    """The hash of what is in the file, so that an address never changes its content: "ab12….webp"."""
    key = PurePosixPath(photo.large_key if size == "large" else photo.small_key)
    return key.parent.name + key.name


def key_named(photo: Photo, name: str) -> str | None:
    """The store's key of the rendition of that file name; None for any other name, the master's included."""
    for size, key in (("large", photo.large_key), ("small", photo.small_key)):
        if name == file_name(photo, size):  # type: ignore[arg-type]
            return key
    return None
