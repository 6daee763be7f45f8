"""Zips from students and from attackers: what they do is a problem of one student, and nothing is unpacked."""

import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from grader.batch.archive import decoded
from grader.batch.intake import intake
from grader.errors import BadSource
from grader.notebooks.read import MAX_BYTES
from tests.batch.sources import (
    ADA,
    DANA,
    encrypted,
    laid,
    only,
    patched,
    read,
    saved,
    special,
    zipped,
)


def test_hebrew_names_are_read_whatever_the_zip_says_of_them(tmp_path: Path) -> None:
    def unflagged(raw: bytes) -> bytes:
        # zipfile says UTF-8 for what is not ASCII, so the bytes are put in afterwards
        stand_in = b"x" * len(raw)
        return zipped({f"{stand_in.decode()}/hw.ipynb": ADA}).replace(stand_in, raw)

    for raw, name in [
        ("דנה כהן".encode(), "דנה כהן"),
        ("דנה כהן".encode("cp862"), "דנה כהן"),
        ("Müller".encode("cp437"), "Müller"),
    ]:
        one = only(intake(saved(tmp_path / "all.zip", unflagged(raw))))
        assert (one.name, read(one)) == (name, ADA)


def test_windows_separators_are_separators(tmp_path: Path) -> None:
    found = intake(saved(tmp_path / "all.zip", zipped({"Ada\\hw1\\hw.ipynb": ADA, "Dana\\hw.ipynb": DANA})))
    assert [(one.name, read(one)) for one in found] == [("Ada", ADA), ("Dana", DANA)]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("Ada/../../hw.ipynb", "Ada"),
        ("Ada/../Dana/hw.ipynb", "Ada"),
        ("../Eve.ipynb", "Eve"),
        ("..\\..\\Eve.ipynb", "Eve"),
        ("/Eve/hw.ipynb", "Eve"),
        ("C:\\Eve\\hw.ipynb", "Eve"),
    ],
)
@pytest.mark.parametrize("folder", ["", "hw1/"])
def test_a_name_that_leads_out_is_a_problem_of_one_student(tmp_path: Path, folder: str, name: str, owner: str) -> None:
    entries = {f"{folder}Dana/hw.ipynb": DANA, f"{folder}Alan/hw.ipynb": ADA, name: ADA}
    found = {one.name: one for one in intake(saved(tmp_path / "all.zip", zipped(entries)))}
    assert set(found) == {"Alan", "Dana", owner}
    assert "leads out of the zip" in found[owner].problem
    assert read(found["Dana"]) == DANA


HOSTILE: dict[str, tuple[bytes, str]] = {
    "bomb": (zipped({"hw.ipynb": b" " * (15 << 20)}), "less than a hundredth"),
    "large": (zipped({"hw.ipynb": os.urandom(1 << 20) + b" " * MAX_BYTES}), "the limit is 20 MB"),
    "lies about its size": (patched(zipped({"hw.ipynb": b" " * (30 << 20)}), 24, b"\1\0\0\0"), "damaged"),
    "encrypted": (encrypted("hw.ipynb"), "encrypted"),
    "link": (zipped([(special("hw.ipynb"), b"/etc/passwd")]), "is a link"),
    "pipe": (zipped([(special("hw.ipynb", stat.S_IFIFO), b"")]), "no ordinary file"),
    "leads out": (zipped({"../../etc/hw.ipynb": ADA}), "leads out"),
    "unusual method": (patched(zipped({"hw.ipynb": ADA}), 10, b"\x0e\0", 8), "method 14"),
    "wrong sum": (patched(zipped({"hw.ipynb": ADA}), 16, b"\0\0\0\0"), "damaged"),
    "cut off": (zipped({"hw.ipynb": ADA})[:-30], "no zip, or a damaged one"),
    "points nowhere": (patched(zipped({"hw.ipynb": ADA}), 42, b"\xff\xff\xff\x7f"), "damaged"),
    "a million files": (
        zipped({"hw.ipynb": ADA}) + b"PK\1\2ab" * 100_000 + os.urandom(20_000),
        "more than 50,000 files",
    ),
    "name that is no UTF-8": (
        zipped({"hé.ipynb": ADA}).replace("é".encode(), b"\xff\xff"),
        "no zip, or a damaged one",
    ),
}


@pytest.mark.parametrize("packed", ["folder", "zip"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_is_its_students_problem_alone(tmp_path: Path, name: str, packed: str) -> None:
    archive, problem = HOSTILE[name]
    entries = {"Ada/hw.zip": archive, "Dana/hw.ipynb": DANA}
    source = saved(tmp_path / "all.zip", zipped(entries)) if packed == "zip" else laid(tmp_path / "all", entries)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    ada, dana = intake(source)
    assert problem in ada.problem
    assert ada.problem.endswith(".")
    assert read(dana) == DANA
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("name", ["bomb", "lies about its size", "link", "leads out", "wrong sum", "points nowhere"])
def test_a_hostile_zip_as_the_source_is_not_fatal_either(tmp_path: Path, name: str) -> None:
    archive, problem = HOSTILE[name]
    assert any(problem in one.problem for one in intake(saved(tmp_path / "all.zip", archive)))


def test_more_than_a_zip_says_is_not_unpacked(tmp_path: Path) -> None:
    source = saved(tmp_path / "all.zip", HOSTILE["lies about its size"][0])
    tracemalloc.start()
    intake(source)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 << 20


def test_entries_without_a_name_are_nobodys(tmp_path: Path) -> None:
    entries = {"./": b"", "/": b"", "..": b"", "./Ada/hw.ipynb": ADA, "Dana//hw.ipynb": DANA}
    assert [one.name for one in intake(saved(tmp_path / "all.zip", zipped(entries)))] == ["Ada", "Dana"]


def test_a_zip_with_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.batch.archive.MAX_MEMBERS", 2)
    with pytest.raises(BadSource, match="more than 2 files"):
        intake(saved(tmp_path / "all.zip", zipped({"a": b"", "b": b"", "c": b""})))


def test_a_name_that_is_said_a_second_time_in_unicode_is_taken_as_it_is() -> None:
    """As newer Pythons read it, with the flag for UTF-8 unset."""
    info = zipfile.ZipInfo()
    info.filename = "עבודה.ipynb"
    assert info.flag_bits == 0
    assert decoded(info) == "עבודה.ipynb"
