"""The commands for Gradescope: what is uploaded there, and what runs there."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import AssignmentOption, ProfileOption, check_place, exit_codes, settings_for

app = typer.Typer()
export_app = typer.Typer(no_args_is_help=True, help="This grader for other platforms to run.")
app.add_typer(export_app, name="export")


@export_app.command("gradescope")
def export_gradescope(
    assignment: AssignmentOption,
    output: Annotated[Path, typer.Option(help="The zip to write. It holds the reference: keep it to staff.")],
    minutes: Annotated[int, typer.Option(min=2, max=40, help="The autograder's timeout, as it is set there.")] = 10,
    profile: ProfileOption = "full",
) -> None:
    """Make the autograder zip that runs this grader on Gradescope."""
    from grader.cli.export import autograder_zip  # noqa: PLC0415

    with exit_codes():
        check_place(output)
        remarks = autograder_zip(settings_for(None), assignment, minutes, profile, output)
    for remark in remarks:
        typer.echo(remark, err=True)


@app.command()
def gradescope(
    base: Annotated[Path, typer.Argument(help="The folder with submission/ and results/, there /autograder.")],
    assignment: AssignmentOption,
    profile: ProfileOption = "full",
) -> None:
    """Grade the one submission that Gradescope has laid out, and write its results.json."""
    from grader.cli.autograder import grade_submission  # noqa: PLC0415

    with exit_codes():
        grade_submission(base, assignment, profile, settings_for(None))
