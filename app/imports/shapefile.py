"""A shapefile in a zip archive: .shp, .dbf and .prj. ESRI's description: Shapefile Technical Description, July 1998."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import shapefile
from pyproj import CRS
from pyproj.exceptions import CRSError

from app.imports.features import Feature, FeatureFile
from app.imports.problems import ImportProblem, ImportRefused

# Unpacked: more than any city's areas, less than what would fill the memory.
LARGEST_PART = 1 << 30
PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")


def read_shapefile(path: Path) -> FeatureFile:
    """All records of the one shapefile in an archive. Raises ImportRefused; `line` is the number of the record."""
    parts = unpacked_parts(path)
    notes: list[str] = []
    crs = projection(path, parts.get(".prj"))
    encoding = code_page(parts.get(".cpg"))
    if not is_written_in(parts[".dbf"], encoding):
        notes.append(f"The table is not {encoding}; it was read as cp1252 (Western European).")
        encoding = "cp1252"
    try:
        features = read_records(parts, encoding)
    except (shapefile.ShapefileException, struct.error, ValueError, IndexError, EOFError, OSError) as error:
        raise refused(path, f"the shapefile is damaged ({error})") from error
    return FeatureFile("shapefile", features, crs, notes)


def unpacked_parts(path: Path) -> dict[str, bytes]:
    """The parts of the shapefile by extension. Raises ImportRefused when it is not exactly one, whole one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist() if "__MACOSX" not in name]
            shapes = [name for name in names if name.suffix.lower() == ".shp"]
            if len(shapes) != 1:
                found = ", ".join(str(name) for name in shapes or names[:8]) or "nothing"
                raise refused(path, f"the archive must hold one shapefile (.shp); it holds {found}")
            stem = shapes[0].with_suffix("")
            members = {name.suffix.lower(): name for name in names if name.with_suffix("") == stem}
            parts = {part: unpacked(path, archive, str(members[part])) for part in PARTS if part in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise refused(path, f"the archive cannot be unpacked ({error})") from error
    if ".dbf" not in parts:
        raise refused(path, f"the archive has no {stem}.dbf, the table with the names of the areas")
    return parts


def unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise refused(path, f"{name} is larger than {LARGEST_PART >> 20} MB unpacked")
    return content


def projection(path: Path, prj: bytes | None) -> CRS | None:
    if prj is None:
        return None
    try:
        return CRS.from_user_input(prj.decode("utf-8", "replace").strip().lstrip("\ufeff"))
    except CRSError as error:
        raise refused(path, f"the projection in the .prj is not known ({error})") from error


def code_page(cpg: bytes | None) -> str:
    """The name of a Python codec for a .cpg; UTF-8 where there is none that Python knows."""
    name = (cpg or b"").decode("ascii", "ignore").strip().lower()
    if name.isdigit():
        name = f"cp{name}" if name != "65001" else "utf-8"
    name = name.replace("ansi ", "cp").replace("8859", "iso8859-", 1) if name.startswith(("ansi ", "8859")) else name
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"


def is_written_in(dbf: bytes, encoding: str) -> bool:
    """Whether the records of a table, which begin where its header says (bytes 8 and 9), can be decoded."""
    try:
        dbf[int.from_bytes(dbf[8:10], "little") :].decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def read_records(parts: dict[str, bytes], encoding: str) -> list[Feature]:
    streams: dict[str, Any] = {
        name[1:]: io.BytesIO(content) for name, content in parts.items() if name in (".shp", ".dbf", ".shx")
    }
    with shapefile.Reader(encoding=encoding, **streams) as reader:
        return [
            Feature(number, number, None, item.record.as_dict(), item.shape.__geo_interface__ if item.shape else None)
            for number, item in enumerate(reader.iterShapeRecords(), start=1)
        ]


def refused(path: Path, reason: str) -> ImportRefused:
    return ImportRefused([ImportProblem(path.name, None, None, reason)])
