"""How far a batch is: live in a terminal, a line for each submission elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from grader.batch.result import Result
from grader.records.progress import Begun, CellStarted, ItemJudged
from grader.records.progress import Progress as Said
from grader.reports.words import points
from grader.text import one_line


class Display:
    """Told from several threads."""

    def __init__(self, live: Progress, total: int) -> None:
        self.live, self.total, self.count = live, total, 0
        self.everything = live.add_task("all", total=total, note="")
        self.running: dict[str, TaskID] = {}
        self.earned: dict[str, float] = {}

    def tell(self, key: str, said: Said) -> None:
        if isinstance(said, Begun):
            self.end(key)
            self.running[key] = self.live.add_task(key, total=None, note="")
            self.earned[key] = 0.0
        elif isinstance(said, CellStarted):
            note = f"cell {said.position} of {said.cells}"
            self.live.update(self.running[key], completed=said.position, total=said.cells, note=note)
        elif isinstance(said, ItemJudged):
            self.earned[key] += said.item.points or 0.0
            self.live.update(self.running[key], note=f"{points(self.earned[key])} points so far")

    def ended(self, result: Result) -> None:
        self.end(result.handed.key)
        self.count += 1
        report = result.report
        what = f"{points(report.score)} of {points(report.max_score)}" if report else ""
        said = what if report and report.status == "graded" else f"{result.status}: {result.problem}"
        self.live.update(self.everything, completed=self.count)
        self.live.console.print(
            one_line(f"{self.count}/{self.total} {result.handed.key}: {said}"),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def end(self, key: str) -> None:
        if (task := self.running.pop(key, None)) is not None:
            self.live.remove_task(task)


@contextmanager
def display(total: int) -> Iterator[Display]:
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as live:
        yield Display(live, total)
