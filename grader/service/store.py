"""Where the service's memory is: a database for what is small and changes, a folder for bytes that never do."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from grader.errors import StorageError

DATABASE, CONTENTS = "grader.sqlite", "contents"
"""What lies in the service's folder."""
MIGRATIONS = "grader.service:migrations"
WAIT_SECONDS = 5.0
"""How long to wait for another writer."""
STATEMENT_SECONDS = 30.0
TURN_SECONDS = 30.0
"""How long to wait for other writers of this process."""


@dataclass(frozen=True)
class Store:
    engine: Engine
    contents: Path
    writer: threading.Lock = field(default_factory=threading.Lock)
    """Those who write in this process take turns: SQLite lets one of those who wait starve."""
    owner: str = ""
    """Set where this service has claimed the work."""


def open_store(folder: Path, url: str = "") -> Store:
    """The memory in `folder`, made or brought up to date where it has to be; with `url`, the database lies elsewhere.

    Raises StorageError where it cannot be had, or was made by a later version.
    """
    contents = folder / CONTENTS
    contents.mkdir(parents=True, exist_ok=True)
    address = url or f"sqlite:///{folder / DATABASE}"
    engine = create_engine(address, connect_args=arguments(address), pool_pre_ping=True, pool_size=20)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", begin_sqlite)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", MIGRATIONS)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (CommandError, DBAPIError) as error:
        engine.dispose()
        raise StorageError(f"the database cannot be used: {first_line(error)}") from error
    return Store(engine, contents)


def look_over(store: Store) -> None:
    """Raises StorageError where the database's file is damaged: SQLite itself reads on over most damage."""
    if store.engine.dialect.name != "sqlite":
        return
    try:
        with reading(store) as session:
            found = list(session.scalars(text("PRAGMA integrity_check(3)")))
    except DBAPIError as error:
        found = [first_line(error)]
    if found != ["ok"]:
        raise StorageError(f"the database is damaged ({'; '.join(found)}): restore a backup")


def arguments(address: str) -> dict[str, Any]:
    if address.startswith("sqlite"):
        return {"timeout": WAIT_SECONDS}
    limits = f"-c lock_timeout={WAIT_SECONDS:g}s -c statement_timeout={STATEMENT_SECONDS:g}s"
    return {"connect_timeout": int(WAIT_SECONDS), "options": limits}


def prepare_sqlite(connection: Any, _: Any) -> None:
    """What is committed is on the disk, and who reads does not wait for who writes."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: Any) -> None:
    """A transaction that means to write says so at once: two that find out later would both fail."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one service at a time has a folder; raises StorageError where another one has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(f"another `grader serve` uses {folder}") from error
        yield


@contextmanager
def writing(store: Store) -> Iterator[Session]:
    """A transaction that is committed when the block ends well. Raises StorageError where others write for too long."""
    if not store.writer.acquire(timeout=TURN_SECONDS):
        raise StorageError("others write for too long")
    try:
        with Session(store.engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        store.writer.release()


@contextmanager
def reading(store: Store) -> Iterator[Session]:
    with Session(store.engine.execution_options(reads=True), expire_on_commit=False) as session:
        yield session


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
