"""One notebook of each student; and what was chosen, left out or missing is said."""

import os
from pathlib import Path

import pytest

from grader.batch.intake import intake
from grader.errors import BadNotebook
from grader.notebooks.read import MAX_BYTES
from tests.batch.sources import (
    ADA,
    DANA,
    Make,
    dated,
    encrypted,
    laid,
    notebook,
    only,
    read,
    saved,
    special,
    zipped,
)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"Ada/": b""}, "Nothing was handed in."),
        ({"Ada/.DS_Store": b"x"}, "Nothing was handed in."),
        ({"Ada/.git/config": b"x", "Ada/__MACOSX/._hw.ipynb": b"x"}, "Nothing was handed in."),
        ({"Ada/._hw.ipynb": b"x"}, "Nothing was handed in."),
        ({"Ada/hw.zip": zipped({"hw/.ipynb_checkpoints/a.ipynb": ADA})}, "hw.zip has no notebook in it."),
        ({f"Ada/{n}.zip": b"" for n in range(21)}, "There are 21 zips, too many"),
        ({"Ada/report.pdf": b"x"}, "There is no notebook (.ipynb); what was handed in: report.pdf."),
        ({"Ada/hw.ipynb.txt": ADA, "Ada/a/b.rar": b"x"}, "what was handed in: b.rar, hw.ipynb.txt."),
        ({"Ada/hw.zip": b"no zip"}, "hw.zip is no zip, or a damaged one."),
        ({"Ada/hw.zip": zipped({"data.csv": b"x"})}, "hw.zip has no notebook in it."),
        ({"Ada/hw.zip": zipped({"in.zip": zipped({"hw.ipynb": ADA})})}, "hw.zip has another zip in it."),
        ({"Ada/hw.zip": encrypted("hw.ipynb")}, "hw.ipynb is encrypted."),
        ({"Ada/hw.zip": zipped([(special("hw.ipynb"), b"/etc/passwd")])}, "hw.ipynb is a link"),
        ({"Ada/hw.zip": zipped({"../../hw.ipynb": ADA})}, "leads out of the zip"),
        ({"Ada/hw.ipynb": b"{" + b" " * MAX_BYTES}, "hw.ipynb has 21 MB; the limit is 20 MB."),
        ({f"Ada/{n}.ipynb": notebook(str(n)) for n in range(21)}, "There are 21 notebooks, too many"),
    ],
)
def test_who_handed_in_nothing_gradable_is_told_why(source: Make, files: dict[str, bytes], problem: str) -> None:
    found = {one.name: one for one in intake(source({**files, "Dana/hw.ipynb": DANA}))}
    assert set(found) == {"Ada", "Dana"}
    assert problem in found["Ada"].problem
    assert found["Ada"].read is None
    assert read(found["Dana"]) == DANA


def test_a_students_own_zip_is_read_one_level_deep(source: Make) -> None:
    inner = zipped(
        {"hw1/": b"", "hw1/hw.ipynb": ADA, "__MACOSX/hw1/hw.ipynb": b"x", "hw1/.ipynb_checkpoints/hw.ipynb": b"x"}
    )
    found = {one.name: one for one in intake(source({"Ada.zip": inner, "Dana/my.zip": inner}))}
    assert set(found) == {"Ada", "Dana"}
    assert all(read(one) == ADA and one.filename == "hw.ipynb" and not one.remark for one in found.values())


def test_what_is_odd_in_a_students_own_zip_is_said(source: Make) -> None:
    inner = zipped([("hw.ipynb", ADA), (special("data"), b"/etc/passwd")])
    one = only(intake(source({"Ada.zip": inner})))
    assert (read(one), one.remark) == (ADA, "data is a link, and links are not followed.")


def test_what_would_take_long_to_compare_is_not_read(tmp_path: Path) -> None:
    root = laid(tmp_path / "all", {"Dana/hw.ipynb": DANA, "Ada/": b""})
    for number in range(6):
        (root / "Ada" / f"{number}.ipynb").touch()
        os.truncate(root / "Ada" / f"{number}.ipynb", MAX_BYTES)
    assert intake(root)[0].problem == "There are 6 notebooks, too many to find the one that is meant."


def test_of_several_notebooks_the_newest_is_taken_and_that_is_said(tmp_path: Path) -> None:
    entries = [(dated("Ada/new.ipynb", 9), ADA), (dated("Ada/a.ipynb", 1), DANA), (dated("Dana/a.ipynb", 1), DANA)]
    for day, kept in [(9, ADA), (1, DANA)]:
        entries[0] = (dated("Ada/new.ipynb", day), ADA)
        one, _ = intake(saved(tmp_path / "all.zip", zipped(entries)))
        assert read(one) == kept
        assert f"{'the newest' if day > 1 else 'the first by name'} was taken: {one.filename}." in one.remark
        assert "2 different notebooks (a.ipynb, new.ipynb)" in one.remark


def test_times_that_unpacking_gave_decide_nothing(tmp_path: Path) -> None:
    root = laid(tmp_path / "all", {"Ada/a.ipynb": ADA, "Ada/b.ipynb": DANA, "Dana/a.ipynb": DANA})
    os.utime(root / "Ada/a.ipynb", (1e9, 1e9))
    os.utime(root / "Ada/b.ipynb", (1e9 + 1.5, 1e9 + 1.5))
    assert intake(root)[0].filename == "a.ipynb"
    os.utime(root / "Ada/b.ipynb", (1e9 + 3, 1e9 + 3))
    assert intake(root)[0].filename == "b.ipynb"


def test_a_wanted_name_is_preferred_and_copies_need_no_remark(source: Make) -> None:
    files = {
        "Ada/lab/x.ipynb": DANA,
        "Ada/pset1/x.ipynb": ADA,
        "Ada/.ipynb_checkpoints/pset1-checkpoint.ipynb": DANA,
        "Dana/a.ipynb": DANA,
        "Dana/b.ipynb": DANA,
    }
    ada, dana = intake(source(files), wanted="PSET1")
    assert (read(ada), ada.remark) == (ADA, "")
    assert (read(dana), dana.remark, dana.filename) == (DANA, "", "a.ipynb")


def test_jupyters_own_copy_counts_only_if_there_is_nothing_else(source: Make) -> None:
    copy = ".ipynb_checkpoints/hw-checkpoint.ipynb"
    ada, alan, dana = intake(
        source({f"Ada/{copy}": ADA, f"Alan/{copy}": ADA, "Alan/hw.zip": zipped({"h.ipynb": DANA}), "Dana/a.ipynb": ADA})
    )
    assert read(ada) == ADA
    assert "only a hidden notebook" in ada.remark
    assert (read(alan), alan.remark) == (DANA, "")
    assert dana.remark == ""


def test_what_was_left_out_is_said(source: Make) -> None:
    too_large = b"{" + b" " * MAX_BYTES
    one = intake(source({"Ada/a.ipynb": too_large, "Ada/b.ipynb": ADA, "Ada/data.zip": b"", "Dana/a.ipynb": DANA}))[0]
    assert read(one) == ADA
    assert one.remark == "Not opened: data.zip. a.ipynb has 21 MB; the limit is 20 MB."


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_the_same_name_twice_the_last_is_taken_and_that_is_said(tmp_path: Path) -> None:
    one = only(intake(saved(tmp_path / "all.zip", zipped([("Ada/hw.ipynb", DANA), ("Ada/hw.ipynb", ADA)]))))
    assert read(one) == ADA
    assert one.remark == "The zip has more than one hw.ipynb; the last was taken."


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("change", ["other", "empty", "link", "pipe"])
def test_what_has_changed_since_it_was_found_is_refused(tmp_path: Path, inner: bool, change: str) -> None:
    def content(data: bytes) -> bytes:
        return zipped({"hw.ipynb": data}) if inner else data

    path = laid(tmp_path / "all", {f"Ada/{'hw.zip' if inner else 'hw.ipynb'}": content(ADA)}) / "Ada"
    one = only(intake(path.parent))
    (path,) = path.iterdir()
    assert read(one) == ADA
    if change in ("other", "empty"):
        path.write_bytes(content(DANA) if change == "other" else zipped({}))
    else:
        path.unlink()
        if change == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(saved(tmp_path / "same", content(ADA)))
    with pytest.raises(BadNotebook):
        read(one)
