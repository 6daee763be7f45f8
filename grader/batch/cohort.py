"""A whole cohort in figures: how it did, where it lost, and whom a person should look at."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles

from grader.batch.result import Result
from grader.records.findings import Blame
from grader.records.report import CellReport, FlagReport, ItemReport, Report

BARS, SLOWEST = 10, 10


@dataclass(frozen=True)
class Bar:
    """How many have automatic points from `least` on, and below `most`; the last one's `most` included."""

    least: float
    most: float
    count: int


@dataclass(frozen=True)
class CheckFigures:
    """Over all whom a check was made for."""

    id: str
    made: int
    passed: int


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
    open: int
    """How many wait for a person, for a whole run, or for a check that broke."""
    checks: tuple[CheckFigures, ...]


@dataclass(frozen=True)
class Run:
    """One that took long, with the cell that took longest."""

    result: Result
    seconds: float
    cell: CellReport | None


@dataclass(frozen=True)
class Cohort:
    statuses: dict[str, int]
    auto_max: float
    scores: tuple[float, ...]
    """The least automatic points, the quarters of the cohort, the most, and last the mean; empty where there are none."""
    histogram: tuple[Bar, ...]
    items: tuple[ItemFigures, ...]
    blame: dict[Blame, int]
    """Items that somebody lost points in or has none for, by whose doing it is; those of failed gradings, too."""
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
    made = [result.report for result in everybody if result.report]
    blamed = Counter(item.blame for report in made for item in report.items if item.blame)
    unjudged = [item.max_points for report in reports for item in report.items if item.status in ("pending", "error")]
    # partners have the same run, and so have all who handed in the same file
    runs = {report.submission.sha256: run_of(result, report) for result, report in reversed(graded)}
    return Cohort(
        statuses=dict(Counter(result.status for result in everybody)),
        auto_max=auto_max,
        scores=spread(scores),
        histogram=histogram(scores, auto_max),
        items=items(reports),
        blame=dict(blamed.most_common()),
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
    made = [check for item in same for check in item.checks if check.status in ("passed", "failed")]
    names = {check.id: None for item in same for check in item.checks}
    passed, all_ = Counter(check.id for check in made if check.status == "passed"), Counter(check.id for check in made)
    return ItemFigures(
        id=same[0].id,
        title=same[0].title,
        max_points=same[0].max_points,
        judged=len(points),
        points=mean(points) if points else 0.0,
        full=sum(item.points is not None and item.points >= item.max_points for item in same),
        open=len(same) - len(points),
        checks=tuple(CheckFigures(name, all_[name], passed[name]) for name in names),
    )


def run_of(result: Result, report: Report) -> Run:
    execution = report.execution
    cells = execution.cells if execution else ()
    longest = max(cells, key=lambda cell: cell.duration_s, default=None)
    return Run(result, execution.duration_s if execution else 0.0, longest)
