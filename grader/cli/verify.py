"""What `grader verify` says: one line for each example, and the table of checks against mutants."""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.job import Submit
from grader.grading.mutants import Trial, idle_checks, load_mutants, trials
from grader.grading.verify import verify
from grader.records.assignment import Assignment
from grader.records.execution import Profile
from grader.settings import Settings


def verify_examples(assignment: Assignment, settings: Settings, profile: Profile, submit: Submit) -> int:
    """Say of the reference and of each example whether it comes out as declared; returns how many do not."""
    wrong = 0
    for verdict in verify(assignment, settings, profile, submit):
        seconds = verdict.report.execution.duration_s if verdict.report.execution else 0
        mark = "differs" if verdict.differences else "as declared"
        name = f"{assignment.rubric.id}/{verdict.name}"
        typer.echo(f"{name}: {mark}, {verdict.report.auto_score:g} points, {seconds:.0f} s")
        for difference in verdict.differences:
            typer.echo(f"  {difference}")
        wrong += bool(verdict.differences)
    return wrong


def verify_mutants(assignment: Assignment, settings: Settings, profile: Profile, submit: Submit) -> int:
    """Say which check notices which mutant; returns how much of that is not as it should be."""
    tried = []
    for trial in trials(assignment, load_mutants(settings.root, assignment), settings, profile, submit):
        tried.append(trial)
        for complaint in trial.complaints:
            typer.echo(f"mutant {trial.mutant.name} ({trial.mutant.item}): {complaint}")
    idle = idle_checks(assignment, tried, profile)
    for check in idle:
        typer.echo(f"{check} notices no mutant")
    Console().print(table(tried))
    return sum(len(trial.complaints) for trial in tried) + len(idle)


def table(tried: list[Trial]) -> Table:
    """Checks against the mutants that they notice."""
    rows = Table("check", "notices", title=Text(f"{len(tried)} mutants"), title_justify="left")
    noticed: dict[str, list[str]] = {}
    for trial in tried:
        for check in trial.noticed:
            noticed.setdefault(f"{trial.mutant.item}/{check}", []).append(trial.mutant.name)
    for check, names in sorted(noticed.items()):
        rows.add_row(Text(check), Text("; ".join(names)))
    return rows
