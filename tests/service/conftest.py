"""A service's memory on SQLite and on PostgreSQL, with a few people."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from grader.service.store import Store, open_store
from grader.service.users import User, import_roster, user_with

ROSTER = """email,name,id,role,team
ada@example.org,"Lovelace, Ada",1001,student,t1
alan@example.org,Alan Turing,1002,student,t1
grace@example.org,Grace Hopper,1003,student,
emmy@example.org,Emmy Noether,,staff,
root@example.org,Root,,admin,
"""
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@dataclass(frozen=True)
class Server:
    url: str
    restart: Callable[[], None]
    """At once, as after a crash."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of our own, which an ordinary user runs and nobody else reaches."""
    if not POSTGRES:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(folder, "nobody", "nogroup")
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        data, programs = str(folder / "data"), POSTGRES[-1]

        def run(program: str, *options: str) -> None:
            subprocess.run(
                [*as_user, str(programs / program), "-D", data, *options],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd="/",
            )

        run("initdb", "-A", "trust", "-U", "grader", "-E", "UTF8")
        start = ("-w", "-o", f"-p {port} -k {folder} -c listen_addresses=''", "-l", str(folder / "log"))
        run("pg_ctl", *start, "start")
        try:
            url = f"postgresql+psycopg://grader@/postgres?host={folder}&port={port}"
            yield Server(url, lambda: run("pg_ctl", *start, "-m", "immediate", "restart"))
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.fixture
def empty_postgres(postgres: Server) -> Iterator[str]:
    """The address of a database in which there is nothing, and nothing stays."""
    yield postgres.url
    engine = create_engine(postgres.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Of an empty database; "" for SQLite's in the service's own folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres"))


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[Store]:
    opened = open_store(tmp_path, url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def tokens(store: Store) -> dict[str, str]:
    """By the name before the @."""
    return {email.partition("@")[0]: token for email, token in import_roster(store, ROSTER)}


@pytest.fixture
def people(store: Store, tokens: dict[str, str]) -> dict[str, User]:
    found = {name: user_with(store, token) for name, token in tokens.items()}
    return {name: user for name, user in found.items() if user is not None}


def bearer(store: Store, name: str) -> dict[str, str]:
    """The people of the roster come in; the headers of one of them."""
    return {"Authorization": f"Bearer {dict(import_roster(store, ROSTER))[f'{name}@example.org']}"}
