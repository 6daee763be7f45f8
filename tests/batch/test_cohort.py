"""The figures of a cohort are those of its reports, and its page shows them and runs nothing."""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote

import pytest

from grader.batch.cohort import BARS, Cohort, cohort, histogram, spread
from grader.batch.handed import HandedIn
from grader.batch.page import MOST_PAIRS, page
from grader.batch.result import Result
from grader.batch.similarity import Pair
from grader.records.findings import Blame
from grader.records.report import (
    CellReport,
    CheckReport,
    EnvironmentReport,
    ExecutionReport,
    FlagReport,
    ItemReport,
    ItemStatus,
    Report,
    SubmissionReport,
)

MOST = 4.0
HOSTILE = '"><script>alert(1)</script>\u202e'


def item_of(name: str, points: float | None) -> ItemReport:
    status: ItemStatus = "pending" if points is None else "passed" if points == MOST else "failed"
    check = CheckReport(
        id="computes",
        status="skipped" if points is None else "passed" if points else "failed",
        weight=1,
        message="",
        visibility="visible",
    )
    blame: Blame | None = "student" if status == "failed" else None
    return ItemReport(
        id=name, title=f"Item {name}", points=points, max_points=MOST, status=status, blame=blame, checks=(check,)
    )


def report_of(points: Mapping[str, float | None], seconds: float = 1.0, flags: tuple[FlagReport, ...] = ()) -> Report:
    """A report with these points of MOST for each item, whose second cell took all the time."""
    cells = tuple(
        CellReport(index=n, region=f"part {n}", status="ok", duration_s=n * seconds, error=None) for n in range(2)
    )
    execution = ExecutionReport(
        status="ok",
        profile="full",
        salvaged=False,
        device="cpu",
        kernel_start="warm",
        duration_s=seconds,
        cells=cells,
    )
    made = sum(value or 0 for value in points.values())
    return Report(
        assignment="deep-learning-1",
        status="graded",
        submission=SubmissionReport(id="s", sha256=secrets.token_hex(32), filename="hw.ipynb", students=()),
        score=made,
        max_score=MOST * len(points),
        auto_score=made,
        auto_max=MOST * len(points),
        pending_manual=0,
        items=tuple(item_of(name, value) for name, value in points.items()),
        flags=flags,
        execution=execution,
        executed_notebook=None,
        environment=EnvironmentReport(
            grader="1", rubric_sha256="", torch="2", python="3", data="digits", sandbox="bubblewrap", sandbox_lacks=()
        ),
    )


def handed(key: str, late: bool = False) -> HandedIn:
    return HandedIn(key, f"{key} the student", "", "", key, late)


@pytest.fixture
def found() -> Cohort:
    flag = FlagReport(id="odd", severity="warning", message="Look at this.", evidence="")
    failed = report_of({"a": 1.0, "b": 1.0}).model_copy(update={"status": "failed"})
    return cohort(
        [
            Result(handed("c"), report_of({"a": 4.0, "b": None}, seconds=9.0)),
            Result(handed("a", late=True), report_of({"a": 4.0, "b": 4.0}, flags=(flag,))),
            Result(handed("b"), report_of({"a": 0.0, "b": 1.0})),
            Result(handed("d"), None, "No notebook."),
            Result(handed("e"), failed, "The machine failed."),
        ]
    )


def test_everybody_is_counted_and_only_what_is_graded_has_points(found: Cohort) -> None:
    assert found.statuses == {"graded": 3, "not gradable": 1, "failed": 1}
    assert found.scores == pytest.approx((1.0, 2.5, 4.0, 6.0, 8.0, 13 / 3))
    assert sum(bar.count for bar in found.histogram) == 3
    assert [result.handed.key for result in found.without] == ["d", "e"]
    assert [result.handed.key for result in found.late] == ["a"]
    assert [result.handed.key for result, _ in found.flagged] == ["a"]
    # two of what is graded, and two of a grading that failed
    assert [(doing.blame, doing.items) for doing in found.doings] == [("student", 4)]


def test_an_item_has_the_mean_of_those_who_have_points_in_it(found: Cohort) -> None:
    first, second = found.items
    assert (first.judged, first.points, first.full, first.pending) == (3, 8 / 3, 2, 0)
    assert (second.judged, second.points, second.full, second.pending) == (2, 2.5, 1, 1)


def test_a_check_is_counted_where_it_was_made(found: Cohort) -> None:
    (first,), (second,) = (item.checks for item in found.items)
    assert (first.made, first.passed, first.blame) == (3, 2, {"student": 1})
    assert (second.made, second.passed, second.blame) == (2, 2, {})
    assert found.open_points == MOST


def test_what_is_missing_is_by_the_doing_of_whose_it_is() -> None:
    broken = item_of("a", 0.0)
    checks = (broken.checks[0], broken.checks[0].model_copy(update={"id": "other", "status": "error"}))
    broken = broken.model_copy(update={"points": None, "status": "error", "blame": "grader", "checks": checks})
    manual = item_of("b", None).model_copy(update={"status": "manual", "checks": ()})
    some = report_of({"a": 0.0}).model_copy(update={"items": (broken, manual)})
    none = broken.model_copy(update={"blame": "infrastructure"})
    failed = report_of({}).model_copy(update={"status": "failed", "items": (none, none)})
    found = cohort(
        [
            Result(handed("a"), some),
            Result(handed("b"), failed, "The machine failed."),
            Result(handed("c"), report_of({"a": 1.0})),
        ]
    )
    assert [(doing.blame, doing.items, [result.handed.key for result in doing.whose]) for doing in found.doings] == [
        ("student", 1, ["c"]),
        ("grader", 1, ["a"]),
        ("infrastructure", 2, ["b"]),
    ]
    first, second = found.items
    assert [check.blame for check in first.checks] == [{"student": 1}, {"grader": 1}]
    assert (first.blame, second.blame, second.manual) == ({"student": 1, "grader": 1}, {}, 1)
    shown = page("Deep learning", found, [])
    for text in ("1 student<br>1 grader", "1 to grade", '<td>the machine<br><span class="note"><bdi>b the student'):
        assert text in shown


def test_the_slowest_comes_first_with_its_longest_cell(found: Cohort) -> None:
    first = found.slowest[0]
    assert first.result.handed.key == "c"
    assert first.cell is not None
    assert (first.seconds, first.cell.index) == (9.0, 1)


@pytest.mark.parametrize(("score", "bar"), [(0.0, 0), (7.99, 0), (8.0, 1), (79.9, 9), (80.0, 9)])
def test_each_score_is_in_one_bar(score: float, bar: int) -> None:
    bars = histogram([score], 80.0)
    assert [one.count for one in bars] == [int(n == bar) for n in range(BARS)]
    assert bars[bar].least <= score <= bars[bar].most


def test_one_score_is_all_its_figures_and_none_has_none() -> None:
    assert spread([3.0]) == (3.0,) * 6
    assert spread([]) == ()


def test_the_page_shows_the_figures_and_leads_to_the_reports(found: Cohort) -> None:
    shown = page("Deep learning", found, [Pair("a", "b", 0.9, ("Both print 0.123.",))])
    assert set(re.findall(r'href="([^"]*)"', shown)) == {f"{key}/report.html" for key in "abc"}
    for text in ("3 graded", "2.67 / 4", "No notebook.", "Both print 0.123.", "Look at this.", "cell 2 part 1, 9.0 s"):
        assert text in shown


def test_of_many_pairs_the_first_are_shown(found: Cohort) -> None:
    many = [Pair("a", "b", 0.9, (f"Number {number}.",)) for number in range(MOST_PAIRS + 2)]
    shown = page("Deep learning", found, many)
    assert f"Number {MOST_PAIRS - 1}." in shown
    assert f"Number {MOST_PAIRS}." not in shown
    assert "2 more are in similarity.csv" in shown
    assert "similarity.csv" not in page("Deep learning", found, many[:MOST_PAIRS])


def test_names_from_right_to_left_turn_nothing_around(found: Cohort) -> None:
    names = ("אליס", "b.c")
    shown = page("Deep learning", found, [Pair(*names, 0.9, (f"Cell 1 of {names[0]} (9%) and <b> of b.c, bxc.",))])
    assert "<li>Cell 1 of <bdi>אליס</bdi> (9%) and &lt;b&gt; of <bdi>b.c</bdi>, bxc.</li>" in shown


def test_nobody_handed_in_anything_is_a_page_too() -> None:
    assert "Nobody handed in anything." in page("Deep learning", cohort([]), [])


def test_what_students_write_neither_runs_nor_leads_elsewhere() -> None:
    flag = FlagReport(id="x", severity="info", message=HOSTILE, evidence=HOSTILE)
    hostile = HandedIn("../a b#?", HOSTILE, "", "", HOSTILE, True)
    found = cohort(
        [
            Result(hostile, report_of({HOSTILE: 1.0}, flags=(flag,))),
            Result(HandedIn("n", HOSTILE, "", "", "", False), None, HOSTILE),
        ]
    )
    shown = page(HOSTILE, found, [Pair(HOSTILE, HOSTILE, 1.0, (HOSTILE,))])
    assert "<script" not in shown
    assert "\u202e" not in shown
    hrefs = {unquote(href) for href in re.findall(r'href="([^"]*)"', shown)}
    assert hrefs == {"../a b#?/report.html", f"{HOSTILE}/report.html"}
    assert "..%2Fa%20b%23%3F/report.html" in shown
    assert "default-src 'none'" in shown.replace("&#39;", "'")
