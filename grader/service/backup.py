"""A copy of the service's memory in one file, made while it runs, and the way back."""

import hashlib
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from grader.errors import StorageError
from grader.service.store import CONTENTS, DATABASE

NAMED = (
    "SELECT sha256 FROM submissions UNION SELECT report_sha256 FROM revisions WHERE report_sha256 IS NOT NULL "
    "UNION SELECT grading_sha256 FROM revisions WHERE grading_sha256 IS NOT NULL"
)
"""All contents that a database's rows name."""


def back_up(folder: Path, target: Path, url: str = "") -> int:
    """Write `folder`'s memory to the file `target`, which its owner alone can read; returns the number of its contents.

    The database comes first: whatever its rows name was there before they were. Raises StorageError, also where
    something is damaged or missing, as such a copy must not take the place of an earlier one, and where a `url` says that
    the database lies elsewhere.
    """
    if url:
        raise StorageError(
            f"the database is not in {folder}: copy it first, by its own means, as with pg_dump, and then {folder / CONTENTS}"
        )
    if not (folder / DATABASE).is_file():
        raise StorageError(f"{folder} holds no database")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            copy, draft = Path(name) / DATABASE, Path(name) / "backup.tar"
            with closing(sqlite3.connect(folder / DATABASE)) as live, closing(sqlite3.connect(copy)) as copied:
                live.backup(copied)
            kept = sorted((folder / CONTENTS).glob("??/*"))
            if wrong := faults(copy, kept):
                raise StorageError(f"{folder} is damaged: {wrong}")
            draft.touch(0o600)
            with tarfile.open(draft, "w") as tar:
                tar.add(copy, DATABASE)
                for path in kept:
                    tar.add(path, str(path.relative_to(folder)))
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(target)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StorageError(f"{folder} cannot be copied to {target}: {error}") from error
    return len(kept)


def restore(source: Path, folder: Path) -> int:
    """Unpack a backup into `folder`, which must not exist yet; returns the number of its contents.

    Raises StorageError where anything in it is not what was stored.
    """
    if folder.exists():
        raise StorageError(f"{folder} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        draft = Path(name) / "restored"
        try:
            with tarfile.open(source, "r:") as tar:
                tar.extractall(draft, filter="data")
            kept = sorted((draft / CONTENTS).glob("??/*"))
            wrong = faults(draft / DATABASE, kept)
        except (tarfile.TarError, OSError, sqlite3.DatabaseError) as error:
            raise StorageError(f"{source} is no whole backup: {error}") from error
        damaged = [path.name[:16] for path in kept if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
        if wrong or damaged:
            raise StorageError(f"{source} is damaged: {wrong or ', '.join(damaged)}")
        draft.rename(folder)
    return len(kept)


def faults(database: Path, kept: Iterable[Path]) -> str:
    """What is wrong with a database, or which contents it names that are not there; empty where nothing is."""
    with closing(sqlite3.connect(database)) as opened:
        (verdict,) = opened.execute("PRAGMA integrity_check").fetchone()
        named = {sha256 for (sha256,) in opened.execute(NAMED)}
    missing = sorted(named - {path.name for path in kept})
    return verdict if verdict != "ok" else f"without {', '.join(name[:16] for name in missing)}" if missing else ""
