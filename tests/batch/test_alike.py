"""Whose works of a batch are compared, with which outputs, and what the table shows."""

import csv
import io
import json
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader.batch.alike import alike, similarity_csv, works
from grader.batch.handed import HandedIn
from grader.batch.keep import EXECUTED
from grader.batch.result import Result
from grader.batch.similarity import Pair
from grader.notebooks.read import MAX_BYTES
from grader.settings import Settings
from tests.batch.test_cohort import report_of

ROOT = Settings().root
LOSSES = "\n".join(f"epoch {n}: loss {0.731846 / (n + 1):.6f}, validation {0.813942 / (n + 1):.6f}" for n in range(8))


def handed(key: str, printed: str = "", team: str = "") -> HandedIn:
    """A notebook that trains, with what it printed."""
    output = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "go()", "outputs": output}
    data = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"of": key}, "cells": [cell]}).encode()
    return HandedIn(key, key, "", "", key, False, "hw.ipynb", key, lambda: data, team=team)


def pairs(everybody: Sequence[HandedIn], output: Path) -> list[tuple[str, str]]:
    results = [Result(one, report_of({"q1": 1.0})) for one in everybody]
    return [(pair.first, pair.second) for pair in alike(results, output, ROOT, "deep-learning-1")]


def test_a_run_here_stands_in_for_outputs_that_were_taken_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    ran = handed("a", LOSSES).read
    assert ran is not None
    (tmp_path / "a" / EXECUTED).write_bytes(ran())
    assert pairs([handed("a"), handed("b", LOSSES), handed("c", "no numbers")], tmp_path) == [("a", "b")]


def test_partners_are_no_pair_and_whoever_has_no_report_is_not_compared(tmp_path: Path) -> None:
    partners = [handed("a", LOSSES, "t1"), handed("b", LOSSES, "t1")]
    assert pairs(partners, tmp_path) == []
    assert pairs([*partners, handed("c", LOSSES)], tmp_path) == [("a", "c")]
    without = Result(handed("d", LOSSES), None, "It is broken.")
    assert alike([without, Result(partners[0], report_of({"q1": 1.0}))], tmp_path, ROOT, "deep-learning-1") == []


def test_a_teams_name_hides_nobody_whose_key_it_is(tmp_path: Path) -> None:
    assert pairs([handed("a", LOSSES, "b"), handed("b", LOSSES)], tmp_path) == [("a", "b")]


@pytest.mark.parametrize("executed", [None, b"{", b'{"cells": ["' + b"x" * MAX_BYTES + b'"]}'])
def test_a_run_that_cannot_be_read_again_leaves_the_code(executed: bytes | None, tmp_path: Path) -> None:
    for key in "ab":
        (tmp_path / key).mkdir()
        if executed:
            (tmp_path / key / EXECUTED).write_bytes(executed)
    assert pairs([handed("a"), handed("b")], tmp_path) == []


def test_works_are_read_one_by_one_and_none_is_kept(tmp_path: Path) -> None:
    found = works([Result(handed(key, LOSSES), report_of({"q1": 1.0})) for key in "abc"], tmp_path)
    first = weakref.ref(next(found).notebook)
    next(found)
    assert first() is None


def test_the_same_file_is_said_to_be_the_same(tmp_path: Path) -> None:
    everybody = [replace(handed("a", LOSSES), key=key) for key in "xy"]
    results = [Result(one, report_of({"q1": 1.0})) for one in everybody]
    (pair,) = alike(results, tmp_path, ROOT, "deep-learning-1")
    assert (pair.first, pair.second, pair.score) == ("x", "y", 1.0)
    assert pair.evidence[0] == "x and y handed in the same file, byte for byte."


def test_a_name_in_the_table_is_no_formula() -> None:
    text = similarity_csv([Pair("=1+1", "b", 0.5, ("Both print 1, 2.", "And more."))])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["first"] == "'=1+1"
    assert (row["similarity"], row["evidence"]) == ("0.5", "Both print 1, 2. And more.")
