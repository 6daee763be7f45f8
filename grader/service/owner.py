"""Of two services with one database, the one that started last hands out work, and the other one notices."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.orm import Session

from grader.errors import StorageError
from grader.service.store import Store, writing
from grader.service.tables import OwnerRow


class Superseded(StorageError):
    """Another service hands out the work of this database now."""


def claimed(store: Store) -> Store:
    """`store`, whose work is this service's from now on."""
    name = secrets.token_hex(16)
    with writing(store) as session:
        session.merge(OwnerRow(id=1, name=name))
    return replace(store, owner=name)


@contextmanager
def owning(store: Store) -> Iterator[Session]:
    """`writing`, for whoever hands out work. Raises Superseded where that is somebody else by now."""
    with writing(store) as session:
        if store.owner:
            # who claims it waits until this transaction is over
            row = session.get(OwnerRow, 1, with_for_update=True)
            if row is None or row.name != store.owner:
                raise Superseded("another `grader serve` uses this database now")
        yield session
