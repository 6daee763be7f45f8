"""The commands for a whole cohort's notebooks."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.options import (
    AssignmentOption,
    EngineOption,
    JobsOption,
    ProfileOption,
    SandboxOption,
    check_place,
    exit_codes,
    settings_for,
)
from grader.engines.local import room
from grader.reports.files import write_whole
from grader.text import one_line

app = typer.Typer()


@app.command()
def batch(
    source: Annotated[Path, typer.Argument(help="A folder, or the zip that a learning platform gives.")],
    assignment: AssignmentOption,
    output: Annotated[Path, typer.Option(help="The folder for reports and tables.")],
    profile: ProfileOption = "full",
    jobs: JobsOption = None,
    engine: EngineOption = "local",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run of the same was ended.")] = False,
    moodle_worksheet: Annotated[Path | None, typer.Option(help="Moodle's grading worksheet, to be filled in.")] = None,
    decimal: Annotated[str, typer.Option(help="What stands before the decimals in the worksheet.")] = ".",
    canvas_gradebook: Annotated[Path | None, typer.Option(help="Canvas's exported gradebook, likewise.")] = None,
    canvas_assignment: Annotated[str, typer.Option(help="The assignment's title or number in Canvas.")] = "",
    roster: Annotated[Path | None, typer.Option(help="A CSV file, email,name,id,role,team: who is one team.")] = None,
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
            source,
            assignment,
            output,
            profile,
            engine,
            jobs or room(settings),
            resume,
            platform,
            text_of(roster),
            settings,
        )
    for remark in remarks:
        typer.echo(one_line(remark), err=True)
    if any(result.report and result.report.status == "failed" for result in results):
        raise typer.Exit(3)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="What `grader batch` wrote, earlier.")],
    new: Annotated[Path, typer.Argument(help="What it wrote later.")],
    csv: Annotated[Path | None, typer.Option(help="Write the differences as a table here.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print them as JSON instead of a table.")] = False,
) -> None:
    """Say whose points and checks differ between two gradings of a cohort, and why. Ends with 1 where points differ."""
    from grader.batch.diff import in_points  # noqa: PLC0415
    from grader.cli.diff import as_csv, as_json, table  # noqa: PLC0415
    from grader.cli.diff import diff as compared  # noqa: PLC0415

    with exit_codes():
        found, unread = compared(old, new)
        check_place(csv)
        if csv is not None:
            write_whole(csv, as_csv(found))
    for sentence in unread:
        typer.echo(one_line(sentence), err=True)
    if json_:
        typer.echo(as_json(found), nl=False)
    else:
        Console().print(table(found))
    if any(map(in_points, found)):
        raise typer.Exit(1)
