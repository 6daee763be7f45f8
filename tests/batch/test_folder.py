"""Links, pipes and what is closed, in a folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.batch.intake import intake
from grader.errors import BadSource
from tests.batch.sources import (
    ADA,
    DANA,
    laid,
    only,
    read,
    saved,
    zipped,
)


def test_links_and_pipes_in_a_folder_are_neither_followed_nor_opened(tmp_path: Path) -> None:
    outside = laid(tmp_path / "outside", {"hw.ipynb": ADA})
    root = laid(tmp_path / "all", {"Dana/hw.ipynb": DANA, "Ada/": b"", "Eve/": b""})
    (root / "Ada" / "hw.ipynb").symlink_to(outside / "hw.ipynb")
    (root / "Alan").symlink_to(outside)
    (root / "Loop").symlink_to(root)
    os.mkfifo(root / "Eve" / "hw.ipynb")
    found = {one.name: one for one in intake(root)}
    assert set(found) == {"Ada", "Alan", "Dana", "Eve", "Loop"}
    assert all("is a link" in found[name].problem for name in ("Ada", "Alan", "Loop"))
    assert "no ordinary file" in found["Eve"].problem


@pytest.fixture
def public_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def as_anybody() -> Iterator[None]:
    """Nothing is closed to root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_what_is_closed_is_a_problem_of_one_student(public_folder: Path) -> None:
    root = laid(public_folder / "all", {"Ada/hw.ipynb": ADA, "Alan/hw.ipynb": ADA, "Dana/hw.ipynb": DANA})
    (root / "Ada" / "hw.ipynb").chmod(0)
    (root / "Alan").chmod(0)
    with as_anybody():
        found = {one.name: one for one in intake(root)}
    (root / "Alan").chmod(0o700)
    assert found["Ada"].problem == "hw.ipynb cannot be read: Permission denied."
    assert found["Alan"].problem == "Alan cannot be read: Permission denied."
    assert read(found["Dana"]) == DANA


def test_a_source_that_is_closed_is_refused(public_folder: Path) -> None:
    closed = laid(public_folder / "all", {})
    archive = saved(public_folder / "all.zip", zipped({}))
    for path in (closed, archive):
        path.chmod(0)
        with as_anybody(), pytest.raises(BadSource, match=r"cannot be read: Permission denied\.$"):
            intake(path)
    closed.chmod(0o700)


def test_hidden_files_do_not_make_a_folder_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.batch.folder.MAX_MEMBERS", 4)
    root = laid(tmp_path / "all", {"Ada/hw.ipynb": ADA, **{f"Ada/.git/{n}": b"" for n in range(9)}})
    (root / ".git").mkdir()
    assert only(intake(root)).name == "Ada"
    laid(root, {f"Ada/{n}": b"" for n in range(9)})
    with pytest.raises(BadSource, match="more than 4 files"):
        intake(root)


def test_what_lies_hidden_beside_the_students_is_nobodys(tmp_path: Path) -> None:
    files = {".ipynb_checkpoints/Ada-checkpoint.ipynb": ADA, ".x.ipynb": ADA, "Thumbs.db": b"x"}
    assert only(intake(laid(tmp_path / "all", {**files, "Ada.ipynb": ADA}))).name == "Ada"


def test_names_that_are_no_text_can_be_stored(tmp_path: Path) -> None:
    found = intake(laid(tmp_path / "all", {"\udcff/hw.ipynb": ADA, "a\udcff/hw.ipynb": DANA}))
    assert [(one.name, one.place) for one in found] == [("a", "a?"), ("unnamed", "?")]
