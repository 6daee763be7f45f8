"""A whole cohort in figures: how it did, where it lost, and whom a person should look at."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles
from typing import get_args

from grader.batch.result import Result
from grader.records.findings import Blame, CheckStatus
from grader.records.report import CellReport, FlagReport, ItemReport, Report

BARS, SLOWEST = 10, 10
STATUSES = ("graded", "not gradable", "failed")
BLAMES: tuple[Blame, ...] = get_args(Blame)


@dataclass(frozen=True)
class Bar:
    """How many have automatic points from `least` on, and below `most`; the last one's `most` included."""

    least: float
    most: float
    count: int


@dataclass(frozen=True)
class CheckFigures:
    """Over all whom a check was made for, to its end."""

    id: str
    made: int
    passed: int
    blame: Mapping[Blame, int]
    """Those for whom it did not pass or broke, by whose doing it is."""


@dataclass(frozen=True)
class ItemFigures:
    """Over all who have points in an item."""

    id: str
    title: str
    max_points: float
    judged: int
    points: float
    """The mean."""
    full: int
    """How many have all of them."""
    manual: int
    """How many wait for a person."""
    pending: int
    """How many were not judged in this profile."""
    blame: Mapping[Blame, int]
    """Those who have not all points or none yet, by whose doing it is."""
    checks: tuple[CheckFigures, ...]


@dataclass(frozen=True)
class Run:
    """One that took long, with the cell that took longest."""

    result: Result
    seconds: float
    cell: CellReport | None


@dataclass(frozen=True)
class Doing:
    """What is missing by somebody's doing."""

    blame: Blame
    items: int
    whose: tuple[Result, ...]


@dataclass(frozen=True)
class Cohort:
    statuses: Mapping[str, int]
    auto_max: float
    scores: tuple[float, ...]
    """The least automatic points, the quarters of the cohort, the most, and last the mean; empty where there are none."""
    histogram: tuple[Bar, ...]
    items: tuple[ItemFigures, ...]
    doings: tuple[Doing, ...]
    """By whose doing points were lost or could not be given, those of failed gradings included."""
    open_points: float
    """Automatic points that nobody could give yet, of all together: for want of a whole run, or by a check that broke."""
    slowest: tuple[Run, ...]
    flagged: tuple[tuple[Result, tuple[FlagReport, ...]], ...]
    late: tuple[Result, ...]
    without: tuple[Result, ...]
    """Those without points, and why."""


def cohort(results: Iterable[Result]) -> Cohort:
    """Of what became of everybody. Partners who have one report count as two people, as in a gradebook."""
    everybody = sorted(results, key=lambda result: result.handed.key)
    graded = [(result, report) for result in everybody if (report := result.report) and report.status == "graded"]
    reports = [report for _, report in graded]
    scores = [report.auto_score for report in reports]
    auto_max = max((report.auto_max for report in reports), default=0.0)
    unjudged = [item.max_points for report in reports for item in report.items if item.status in ("pending", "error")]
    # partners have the same run, and so have all who handed in the same file
    runs = {report.submission.sha256: run_of(result, report) for result, report in reversed(graded)}
    counted = Counter(result.status for result in everybody)
    return Cohort(
        statuses={status: counted[status] for status in STATUSES if counted[status]},
        auto_max=auto_max,
        scores=spread(scores),
        histogram=histogram(scores, auto_max),
        items=items(reports),
        doings=tuple(doing for blame in BLAMES if (doing := doing_of(blame, everybody)).items),
        open_points=sum(unjudged),
        slowest=tuple(sorted(runs.values(), key=lambda run: -run.seconds)[:SLOWEST]),
        flagged=tuple((result, report.flags) for result, report in graded if report.flags),
        late=tuple(result for result in everybody if result.handed.late),
        without=tuple(result for result in everybody if result.status != "graded"),
    )


def spread(scores: Sequence[float]) -> tuple[float, ...]:
    if not scores:
        return ()
    quarters = quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else [scores[0]] * 3
    return (min(scores), *quarters, max(scores), mean(scores))


def histogram(scores: Sequence[float], auto_max: float) -> tuple[Bar, ...]:
    width = auto_max / BARS
    if not width:
        return ()
    counts = Counter(min(int(max(score, 0.0) / width), BARS - 1) for score in scores)
    return tuple(Bar(width * bar, width * (bar + 1), counts[bar]) for bar in range(BARS))


def items(reports: Sequence[Report]) -> tuple[ItemFigures, ...]:
    """In the rubric's order."""
    found: dict[str, list[ItemReport]] = {}
    for report in reports:
        for item in report.items:
            found.setdefault(item.id, []).append(item)
    return tuple(map(figures, found.values()))


def figures(same: Sequence[ItemReport]) -> ItemFigures:
    points = [item.points for item in same if item.points is not None]
    checks = defaultdict[str, list[tuple[CheckStatus, Blame | None]]](list)
    for item in same:
        for check in item.checks:
            checks[check.id].append((check.status, item.blame))
    statuses = Counter(item.status for item in same)
    return ItemFigures(
        id=same[0].id,
        title=same[0].title,
        max_points=same[0].max_points,
        judged=len(points),
        points=mean(points) if points else 0.0,
        full=sum(item.points is not None and item.points >= item.max_points for item in same),
        manual=statuses["manual"],
        pending=statuses["pending"],
        blame=blamed(item.blame for item in same),
        checks=tuple(check_figures(name, outcomes) for name, outcomes in checks.items()),
    )


def check_figures(name: str, outcomes: Sequence[tuple[CheckStatus, Blame | None]]) -> CheckFigures:
    """`outcomes` have with each status whose doing it is that the check's item lacks points."""
    statuses = Counter(status for status, _ in outcomes)
    # a wrong answer is its author's, even where another check of the item broke
    whose = ("student" if status == "failed" else blame for status, blame in outcomes if status in ("failed", "error"))
    return CheckFigures(name, statuses["passed"] + statuses["failed"], statuses["passed"], blamed(whose))


def blamed(whose: Iterable[Blame | None]) -> dict[Blame, int]:
    counts = Counter(whose)
    return {blame: counts[blame] for blame in BLAMES if counts[blame]}


def doing_of(blame: Blame, results: Sequence[Result]) -> Doing:
    counts = [sum(item.blame == blame for item in result.report.items) if result.report else 0 for result in results]
    whose = tuple(result for result, count in zip(results, counts, strict=True) if count)
    return Doing(blame, sum(counts), whose)


def run_of(result: Result, report: Report) -> Run:
    execution = report.execution
    cells = execution.cells if execution else ()
    longest = max(cells, key=lambda cell: cell.duration_s, default=None)
    return Run(result, execution.duration_s if execution else 0.0, longest)
