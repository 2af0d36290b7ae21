"""The real photos beside the project, known when tests are collected so that each file is a test of its own."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"
ABSENT = FOLDER / "absent"
KINDS = ("gps", "heic", "orientation", "other", "invalid", "hostile")
PHOTOS = {kind: sorted((FOLDER / kind).iterdir()) if FOLDER.is_dir() else [ABSENT] for kind in KINDS}

# Of the files in the folders `invalid` and `hostile`: those that no longer hold a whole picture.
BROKEN = {
    "broken.png",
    "broken_data_stream.png",
    "truncated_end_chunk.png",
    "truncated_image.png",
    "truncated_jpeg.jpg",
}


def sample(path: Path) -> Path:
    """The path itself; skips the test where the folder is absent."""
    if path == ABSENT:
        pytest.skip("the folder ../shared/data is absent")
    return path
