"""A copy of the service's memory in one file, made while it runs, and the way back."""

import hashlib
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from grader.errors import StorageError
from grader.service.store import CONTENTS, DATABASE


def back_up(folder: Path, target: Path) -> int:
    """Write `folder`'s memory to the file `target`; returns the number of its contents.

    The database comes first: whatever its rows name was there before they were. Raises StorageError.
    """
    if not (folder / DATABASE).is_file():
        raise StorageError(f"{folder} holds no database; one elsewhere is copied by its own means, as with pg_dump")
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        copy, draft = Path(name) / DATABASE, Path(name) / "backup.tar"
        with closing(sqlite3.connect(folder / DATABASE)) as live, closing(sqlite3.connect(copy)) as copied:
            live.backup(copied)
        kept = sorted((folder / CONTENTS).glob("??/*"))
        with tarfile.open(draft, "w") as tar:
            tar.add(copy, DATABASE)
            for path in kept:
                tar.add(path, str(path.relative_to(folder)))
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
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
            with closing(sqlite3.connect(draft / DATABASE)) as database:
                (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        except (tarfile.TarError, OSError, sqlite3.DatabaseError) as error:
            raise StorageError(f"{source} is no whole backup: {error}") from error
        kept = sorted((draft / CONTENTS).glob("??/*"))
        damaged = [path.name[:16] for path in kept if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
        if verdict != "ok" or damaged:
            raise StorageError(f"{source} is damaged: {', '.join(damaged) or verdict}")
        draft.rename(folder)
    return len(kept)
