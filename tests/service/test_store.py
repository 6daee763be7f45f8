"""The service's memory: the same on both databases, whole or not at all, and honest about damage."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from grader.errors import StorageError
from grader.reports.files import clear_drafts
from grader.service.contents import content, keep, path_of
from grader.service.store import Store, look_over, open_store, writing
from grader.service.tables import Table


def test_migrations_make_what_the_tables_say(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_opening_it_again_changes_nothing(store: Store, url: str, tmp_path: Path) -> None:
    with writing(store) as session:
        session.execute(text("INSERT INTO users VALUES (7, 'a@b', 'A', '1', 'student', 't', 'x')"))
    again = open_store(tmp_path, url)
    with again.engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM users WHERE id = 7")) == "A"
    again.engine.dispose()


def test_what_a_later_version_made_is_refused_loudly(store: Store, url: str, tmp_path: Path) -> None:
    with writing(store) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="9999"):
        open_store(tmp_path, url)


def test_a_block_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with writing(store) as session:
            session.execute(text("INSERT INTO users VALUES (7, 'a@b', 'A', '1', 'student', 't', 'x')"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 0


def test_bytes_are_kept_once_and_found_again(tmp_path: Path) -> None:
    first, second = keep(tmp_path, b"one"), keep(tmp_path, b"one")
    assert first == second
    assert content(tmp_path, first) == b"one"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [first]


def test_bytes_that_changed_or_went_are_noticed(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"one")
    path_of(tmp_path, sha256).write_bytes(b"two")
    with pytest.raises(StorageError, match="damaged"):
        content(tmp_path, sha256)
    path_of(tmp_path, sha256).unlink()
    with pytest.raises(StorageError, match="gone"):
        content(tmp_path, sha256)


def test_what_a_killed_service_had_begun_to_write_is_cleared_away(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"one")
    (tmp_path / ".draft-x").write_bytes(b"half of")
    clear_drafts(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [sha256]


def test_a_damaged_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with writing(store) as session:
        rows = [{"id": n, "email": f"{n}@b", "token": f"{n:064}"} for n in range(500)]
        session.execute(text("INSERT INTO users VALUES (:id, :email, 'A', '1', 'student', 't', :token)"), rows)
    look_over(store)
    store.engine.dispose()
    file = tmp_path / "grader.sqlite"
    whole = bytearray(file.read_bytes())
    # past the schema: a page of a table or of an index
    at = whole.index(b"@b") // 4096 * 4096
    whole[at + 8 : at + 200] = bytes(192)
    file.write_bytes(whole)
    damaged = open_store(tmp_path)
    with pytest.raises(StorageError, match="damaged"):
        look_over(damaged)
    damaged.engine.dispose()
