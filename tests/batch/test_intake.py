"""Whoever is in a source is in the list, once, with what they handed in or the reason why that is nothing."""

import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.batch.intake import intake
from grader.errors import BadSource
from grader.notebooks.read import MAX_BYTES
from tests.batch.sources import (
    ADA,
    DANA,
    YML,
    Make,
    laid,
    notebook,
    only,
    read,
    saved,
    zipped,
)

FORMATS: dict[str, tuple[dict[str, bytes], set[tuple[str, str, str, str]]]] = {
    "plain folders": (
        {"Ada/hw.ipynb": ADA, "דנה כהן/hw1/pset.ipynb": DANA},
        {("Ada", "", "Ada", "hw.ipynb"), ("דנה כהן", "", "דנה כהן", "pset.ipynb")},
    ),
    "plain files": (
        {"Ada.ipynb": ADA, "Dana.IPYNB": DANA},
        {("Ada", "", "Ada.ipynb", "Ada.ipynb"), ("Dana", "", "Dana.IPYNB", "Dana.IPYNB")},
    ),
    "Moodle folders": (
        {
            "Ada Lovelace_12_assignsubmission_file/hw_1.ipynb": ADA,
            "דנה כהן_13_assignsubmission_file/מטלה.ipynb": DANA,
        },
        {
            ("Ada Lovelace", "12", "Ada Lovelace_12_assignsubmission_file", "hw_1.ipynb"),
            ("דנה כהן", "13", "דנה כהן_13_assignsubmission_file", "מטלה.ipynb"),
        },
    ),
    "Moodle folders, old spelling": (
        {
            "Ada_12_assignsubmission_file_/hw.ipynb": ADA,
            "Ada_12_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            "Participant_13_assignsubmission_file_/hw.ipynb": DANA,
            ". Cohen_14_assignsubmission_file_/hw.ipynb": ADA,
        },
        {
            ("Ada", "12", "Ada_12_assignsubmission_file_", "hw.ipynb"),
            ("Participant 13", "13", "Participant_13_assignsubmission_file_", "hw.ipynb"),
            (". Cohen", "14", ". Cohen_14_assignsubmission_file_", "hw.ipynb"),
        },
    ),
    "Moodle flat": (
        {
            "Team 7_12_assignsubmission_file_a_b_1.ipynb": ADA,
            "Team 7_12_assignsubmission_file_report.pdf": b"%PDF",
            "Team 7_13_assignsubmission_file_a.ipynb": DANA,
        },
        {
            ("Team 7", "12", "Team 7_12_assignsubmission_file_", "a_b_1.ipynb"),
            ("Team 7", "13", "Team 7_13_assignsubmission_file_", "a.ipynb"),
        },
    ),
    "Canvas": (
        {
            "lovelaceada_LATE_12_900_hw_1.ipynb": ADA,
            "lovelaceada_LATE_12_901_plot.png": b"png",
            "כהןדנה_13_902_hw-1.ipynb": DANA,
            "anon_14_903_hw.ipynb": ADA,
        },
        {
            ("lovelaceada", "12", "lovelaceada_LATE_12_900_hw_1.ipynb", "hw_1.ipynb"),
            ("כהןדנה", "13", "כהןדנה_13_902_hw-1.ipynb", "hw-1.ipynb"),
            ("anon 14", "14", "anon_14_903_hw.ipynb", "hw.ipynb"),
        },
    ),
    "Gradescope": (
        {
            "assignment_5_export/submission_metadata.yml": YML,
            "assignment_5_export/submission_1/hw.ipynb": ADA,
            "assignment_5_export/submission_2/hw.ipynb": DANA,
        },
        {
            ("Ada Lovelace, דנה כהן", "0012,0013", "submission_1", "hw.ipynb"),
            ("Alan", "", "submission_2", "hw.ipynb"),
        },
    ),
    "nbgrader": (
        {
            "gradebook.db": b"",
            "source/hw1/hw.ipynb": notebook("the solution"),
            "submitted/ada/hw1/hw.ipynb": ADA,
            "submitted/ada/hw1/timestamp.txt": b"2026-01-01",
            "submitted/dana/hw1/hw.ipynb": DANA,
        },
        {("ada", "ada", "ada", "hw.ipynb"), ("dana", "dana", "dana", "hw.ipynb")},
    ),
    "two ways at once": (
        {"Ada_12_assignsubmission_file/hw.ipynb": ADA, "Dana/hw.ipynb": DANA},
        {
            ("Ada", "12", "Ada_12_assignsubmission_file", "hw.ipynb"),
            ("Dana", "", "Dana", "hw.ipynb"),
        },
    ),
}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_way_of_naming_says_who_handed_in_what(source: Make, name: str, wrapped: bool) -> None:
    files, people = FORMATS[name]
    found = intake(source({f"hw1/{path}": data for path, data in files.items()} if wrapped else files))
    assert {(one.name, one.id, one.place, one.filename) for one in found} == people
    assert len(found) == len(people)
    assert {read(one) for one in found} == {ADA, DANA}
    assert {one.remark for one in found} == {""}


def test_what_only_some_sources_say_is_kept(tmp_path: Path) -> None:
    canvas = intake(saved(tmp_path / "canvas.zip", zipped(FORMATS["Canvas"][0])))
    gradescope = intake(saved(tmp_path / "gradescope.zip", zipped(FORMATS["Gradescope"][0])))
    assert {one.id: one.late for one in canvas} == {"12": True, "13": False, "14": False}
    assert {one.email for one in gradescope} == {"ada@x,dana@x", "alan@x"}


def test_one_notebook_is_a_source_too(tmp_path: Path) -> None:
    one = only(intake(saved(tmp_path / "Ada.ipynb", ADA)))
    assert (one.name, one.key, one.filename, read(one)) == ("Ada", "Ada", "Ada.ipynb", ADA)


def test_nobody_is_in_an_empty_source(tmp_path: Path) -> None:
    assert intake(laid(tmp_path / "all", {".git/x.ipynb": ADA})) == []
    assert intake(saved(tmp_path / "all.zip", zipped({}))) == []


def test_what_is_neither_folder_nor_zip_is_refused_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        text, empty = saved(tmp_path / "a.txt", b"x"), saved(tmp_path / "z.zip", b"")
        for path, said in [
            (text, "is no zip, or a damaged one."),
            (empty, "is no zip, or a damaged one."),
            (tmp_path / "s", "is neither a folder nor a zip."),
            (tmp_path / "none", "is not there."),
        ]:
            with pytest.raises(BadSource) as refused:
                intake(path)
            assert str(refused.value) == f"{path} {said}"


LETTERS = st.text(st.sampled_from("abAB .-'ée\u0301אבג\u202e\u200f"), min_size=1, max_size=6)
PEOPLE = st.lists(LETTERS.filter(lambda name: name.strip(".") == name), unique=True, min_size=2, max_size=8)
SHAPES: dict[str, Callable[[int, str], str]] = {
    "plain folders": lambda _, name: f"{name}/hw.ipynb",
    "plain files": lambda _, name: f"{name}.ipynb",
    "Moodle folders": lambda number, name: f"{name}_{number}_assignsubmission_file_/hw.ipynb",
    "Moodle flat": lambda number, name: f"{name}_{number}_assignsubmission_file_hw.ipynb",
    "Canvas": lambda number, _: f"student_{number}_{number + 900}_hw.ipynb",
    "nbgrader": lambda _, name: f"submitted/{name}/hw1/hw.ipynb",
}


@pytest.mark.parametrize("wrapped", ["", "hw1/"])
@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_is_lost_and_nobody_doubled(shape: str, wrapped: str, tmp_path: Path) -> None:
    @settings(
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(PEOPLE, st.lists(st.sampled_from(["notebook", "zip", "pdf", "two"]), min_size=8, max_size=8))
    def check(people: list[str], kinds: list[str]) -> None:
        entries: dict[str, bytes] = {}
        if wrapped and shape == "plain files":
            # one notebook beside a report would be the work of somebody who is called as the folder
            kinds[:2] = ["notebook", "notebook"]
        for number, (name, kind) in enumerate(zip(people, kinds, strict=False)):
            path, own = wrapped + SHAPES[shape](number, name), notebook(f"number = {number}")
            if kind == "zip":
                entries[path.removesuffix("ipynb") + "zip"] = zipped({"hw.ipynb": own})
            elif kind == "pdf":
                entries[path.removesuffix("ipynb") + "pdf"] = b"%PDF"
            else:
                entries[path] = own
        found = intake(saved(tmp_path / "all.zip", zipped(entries)))
        assert len(found) == len(people)
        assert len({one.key.casefold() for one in found}) == len(people)
        assert sum(bool(one.problem) for one in found) == kinds[: len(people)].count("pdf")
        assert {read(one) for one in found if not one.problem} == {
            notebook(f"number = {number}") for number, kind in enumerate(kinds[: len(people)]) if kind != "pdf"
        }

    check()


def test_a_source_with_too_much_is_refused_but_not_for_one_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = laid(tmp_path / "all", {"Ada/": b"", "Dana/": b""})
    for number in range(6):
        (root / "Ada" / f"{number}.ipynb").touch()
        os.truncate(root / "Ada" / f"{number}.ipynb", MAX_BYTES)
    monkeypatch.setattr("grader.batch.intake.MAX_TOTAL", 5 * MAX_BYTES)
    assert len(intake(root)) == 2
    (root / "Dana" / "hw.ipynb").write_bytes(DANA)
    with pytest.raises(BadSource, match="GB of notebooks"):
        intake(root)


def test_what_is_looked_at_is_not_kept(tmp_path: Path) -> None:
    source = saved(tmp_path / "all.zip", zipped({f"Ada {n}/hw.ipynb": os.urandom(200_000) for n in range(100)}))
    tracemalloc.start()
    found = intake(source)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({read(one) for one in found}) == 100
    assert kept < 2_000_000
