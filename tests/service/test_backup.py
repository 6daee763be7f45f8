"""A backup holds what was acknowledged before it, and a damaged one is not restored."""

import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from grader.errors import StorageError
from grader.records.rubric import Policy
from grader.service.backup import back_up, restore
from grader.service.contents import content, path_of
from grader.service.store import Store, look_over, open_store
from grader.service.submissions import Upload, accept, find
from grader.service.users import User, user_with


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """PostgreSQL has its own means."""
    return ""


def test_what_was_acknowledged_comes_back(
    store: Store, people: dict[str, User], tokens: dict[str, str], tmp_path: Path
) -> None:
    ids = [
        accept(store, Upload("deep-learning-1", "t1", "w.ipynb", b"%d" % n, 1.0), people["ada"], Policy())[0].id
        for n in range(5)
    ]
    file = tmp_path / "backup.tar"
    assert back_up(tmp_path, file) == 5
    assert restore(file, tmp_path / "elsewhere" / "data") == 5
    again = open_store(tmp_path / "elsewhere" / "data")
    rows = [find(again, one) for one in ids]
    assert [content(again.contents, row.sha256) for row in rows if row] == [b"%d" % n for n in range(5)]
    assert user_with(again, tokens["ada"]) == people["ada"]
    again.engine.dispose()


def test_a_damaged_backup_is_refused_and_leaves_nothing(store: Store, people: dict[str, User], tmp_path: Path) -> None:
    accept(store, Upload("deep-learning-1", "t1", "w.ipynb", b"whole", 1.0), people["ada"], Policy())
    file = tmp_path / "backup.tar"
    back_up(tmp_path, file)
    file.write_bytes(file.read_bytes().replace(b"whole", b"other"))
    with pytest.raises(StorageError, match="damaged"):
        restore(file, tmp_path / "new" / "data")
    file.write_bytes(b"no archive")
    with pytest.raises(StorageError, match="no whole backup"):
        restore(file, tmp_path / "new" / "data")
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_written_over_and_nothing_outside(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    back_up(tmp_path, file)
    with pytest.raises(StorageError, match="exists already"):
        restore(file, tmp_path)
    with tarfile.open(file, "w") as tar:
        member = tarfile.TarInfo("../outside")
        tar.addfile(member)
    with pytest.raises(StorageError, match="no whole backup"):
        restore(file, tmp_path / "new" / "data")
    assert not (tmp_path / "new" / "outside").exists()


def test_a_folder_without_a_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no database"):
        back_up(tmp_path, tmp_path / "x.tar")


def test_a_copy_is_whole_while_others_write(store: Store, people: dict[str, User], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "grader.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE users SET name = 'half'")
        back_up(tmp_path, tmp_path / "backup.tar")
        other.execute("ROLLBACK")
    restore(tmp_path / "backup.tar", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "grader.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM users WHERE name = 'half'").fetchone() == (0,)


def test_a_backup_during_uploads_holds_all_that_was_acknowledged_before_it(
    store: Store, people: dict[str, User], tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def hand_in() -> None:
        for number in range(300):
            upload = Upload("deep-learning-1", "t1", "w.ipynb", b"%d" % number, 1.0)
            acknowledged.append(accept(store, upload, people["ada"], Policy())[0].id)
            if number > 20:
                enough.set()

    uploading = threading.Thread(target=hand_in)
    uploading.start()
    assert enough.wait(30)
    before = list(acknowledged)
    back_up(tmp_path, tmp_path / "backup.tar")
    during = uploading.is_alive()
    uploading.join()
    assert during, "the backup was not made during uploads"
    restore(tmp_path / "backup.tar", tmp_path / "elsewhere")
    again = open_store(tmp_path / "elsewhere")
    rows = [find(again, one) for one in before]
    assert all(row and content(again.contents, row.sha256) for row in rows)
    look_over(again)
    again.engine.dispose()


def test_a_database_that_lies_elsewhere_is_not_copied_from_here(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="pg_dump"):
        back_up(tmp_path, tmp_path / "x.tar", "postgresql://elsewhere")


def test_a_copy_without_something_is_not_made_and_not_restored(
    store: Store, people: dict[str, User], tmp_path: Path
) -> None:
    row, _ = accept(store, Upload("deep-learning-1", "t1", "w.ipynb", b"gone", 1.0), people["ada"], Policy())
    file = tmp_path / "backup.tar"
    back_up(tmp_path, file)
    with tarfile.open(file) as whole, tarfile.open(tmp_path / "part.tar", "w") as part:
        part.addfile(whole.getmember("grader.sqlite"), whole.extractfile("grader.sqlite"))
    with pytest.raises(StorageError, match=f"without {row.sha256[:16]}"):
        restore(tmp_path / "part.tar", tmp_path / "new" / "data")
    kept, before = path_of(store.contents, row.sha256), file.read_bytes()
    kept.unlink()
    with pytest.raises(StorageError, match=f"without {row.sha256[:16]}"):
        back_up(tmp_path, file)
    assert file.read_bytes() == before


def test_a_backup_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    back_up(tmp_path, tmp_path / "backup.tar")
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        back_up(tmp_path, tmp_path / "nowhere" / "backup.tar")
