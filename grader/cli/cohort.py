"""The commands for a whole cohort's notebooks."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import (
    AssignmentOption,
    EngineOption,
    JobsOption,
    ProfileOption,
    SandboxOption,
    exit_codes,
    settings_for,
)
from grader.engines.local import AT_ONCE
from grader.text import one_line

app = typer.Typer()


@app.command()
def batch(
    source: Annotated[Path, typer.Argument(help="A folder, or the zip that a learning platform gives.")],
    assignment: AssignmentOption,
    output: Annotated[Path, typer.Option(help="The folder for reports and tables.")],
    profile: ProfileOption = "full",
    jobs: JobsOption = AT_ONCE,
    engine: EngineOption = "local",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run of the same was ended.")] = False,
    moodle_worksheet: Annotated[Path | None, typer.Option(help="Moodle's grading worksheet, to be filled in.")] = None,
    decimal: Annotated[str, typer.Option(help="What stands before the decimals in the worksheet.")] = ".",
    canvas_gradebook: Annotated[Path | None, typer.Option(help="Canvas's exported gradebook, likewise.")] = None,
    canvas_assignment: Annotated[str, typer.Option(help="The assignment's title or number in Canvas.")] = "",
    sandbox: SandboxOption = None,
) -> None:
    """Grade everybody's notebooks."""
    from grader.batch.exports import Platform  # noqa: PLC0415
    from grader.cli.batch import batch as grade_everybody  # noqa: PLC0415
    from grader.cli.batch import text_of  # noqa: PLC0415

    with exit_codes():
        platform = Platform(text_of(moodle_worksheet), decimal, text_of(canvas_gradebook), canvas_assignment)
        settings = settings_for(sandbox)
        results, remarks = grade_everybody(
            source, assignment, output, profile, engine, jobs, resume, platform, settings
        )
    for remark in remarks:
        typer.echo(one_line(remark), err=True)
    if any(result.report and result.report.status == "failed" for result in results):
        raise typer.Exit(3)
