"""Bytes kept under their own sha256: written whole and for good before anybody is told, checked whenever they are read."""

import hashlib
import os
from pathlib import Path

from grader.errors import DamagedContent, StorageError
from grader.reports.files import replace_whole


def keep(folder: Path, data: bytes) -> str:
    """Store bytes for good; returns their sha256. Raises OSError where the disk does not take them, and leaves no part."""
    sha256 = hashlib.sha256(data).hexdigest()
    place = path_of(folder, sha256)
    place.parent.mkdir(exist_ok=True)
    if not place.is_file() or place.read_bytes() != data:
        replace_whole(place, data, folder, 0o600)
    # also where somebody else wrote it a moment ago: who is told now relies on it
    for changed in (place.parent, folder):
        sync(changed)
    return sha256


def content(folder: Path, sha256: str) -> bytes:
    """What was stored; raises DamagedContent where it is gone or no longer what it was, and StorageError
    where it cannot be read now.
    """
    try:
        data = path_of(folder, sha256).read_bytes()
    except FileNotFoundError as error:
        raise DamagedContent(f"what was stored as {sha256[:16]} is gone") from error
    except OSError as error:
        raise StorageError(f"what was stored as {sha256[:16]} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedContent(f"what was stored as {sha256[:16]} is damaged")
    return data


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
