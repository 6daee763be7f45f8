"""Folders and zips as an LMS or a student makes them."""

import json
import stat
import zipfile
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path

from grader.batch.handed import HandedIn

Make = Callable[[Mapping[str, bytes]], Path]
Entry = tuple[str | zipfile.ZipInfo, bytes]


def notebook(text: str = "x = 1") -> bytes:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": text,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


ADA, DANA = notebook("ada = 1"), notebook("dana = 2")
YML = """
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0012'
    :email: ada@x
  - :name: דנה כהן
    :sid: 0013
    :email: dana@x
  :created_at: 2026-01-01 10:00:00.000000000 Z
  :score: !ruby/object:BigDecimal 27:0.1e2
submission_2:
  :submitters:
  - :name: Alan
    :sid:
    :email: alan@x
""".encode()


def zipped(entries: Iterable[Entry] | Mapping[str, bytes]) -> bytes:
    """A zip of `entries` in their order; names that end with a slash are folders."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items() if isinstance(entries, Mapping) else entries:
            archive.writestr(name, data)
    return made.getvalue()


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def laid(root: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with `files` in it; names that end with a slash are empty folders."""
    root.mkdir(exist_ok=True)
    for name, data in files.items():
        if name.endswith("/"):
            (root / name).mkdir(parents=True, exist_ok=True)
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
    return root


def dated(name: str, day: int) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (2026, 1, day, 12, 0, 0))


def special(name: str, kind: int = stat.S_IFLNK) -> zipfile.ZipInfo:
    """An entry that a tool would unpack as a link, or as another kind of file."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


def patched(archive: bytes, offset: int, value: bytes, local: int | None = None) -> bytes:
    """`archive` with a field of its first entry changed, in the directory and in front of the data."""
    data = bytearray(archive)
    start = data.index(b"PK\1\2") + offset
    data[start : start + len(value)] = value
    if local is not None:
        data[local : local + len(value)] = value
    return bytes(data)


def encrypted(name: str) -> bytes:
    return patched(zipped({name: notebook()}), 8, b"\1\0", 6)


def only(found: list[HandedIn]) -> HandedIn:
    (one,) = found
    assert (one.read is None) == bool(one.problem)
    return one


def read(one: HandedIn) -> bytes:
    assert one.read is not None, one.problem
    return one.read()
