"""One file of a source, wherever it lies, before anybody has read it."""

from collections.abc import Callable
from dataclasses import dataclass

from grader.errors import BadNotebook


@dataclass(frozen=True)
class Member:
    """A file; or a folder, where it is empty or closed, so that nobody who handed in nothing is forgotten."""

    parts: tuple[str, ...]
    """Its place in the source, which it never leads out of."""
    folder: bool = False
    size: int = 0
    time: float = 0.0
    """Seconds since 1970, by the source's clock."""
    astray: bool = False
    """Its name leads out of the source; `parts` are what is left of it."""
    problem: str = ""
    """Why it is not read, as a sentence."""
    read: Callable[[int], bytes] = lambda _: b""
    """Its bytes, if they are no more than that many; raises BadNotebook with a sentence."""


def is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def check_size(name: str, size: int, limit: int) -> None:
    """Raises BadNotebook where `size` is over `limit`, both in bytes."""
    if size > limit:
        raise BadNotebook(f"{name} has {-(-size >> 20)} MB; the limit is {limit >> 20} MB.")
