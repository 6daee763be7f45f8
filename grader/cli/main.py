"""`grader`: the commands, and what their exit codes mean.

0 a report was made, whatever the score; 1 `verify` or `diff` found differences; 2 the input is no gradable notebook; 3 the
grader or the machine is to blame.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.cli import cohort, gradescope, service
from grader.cli.options import AssignmentOption, ProfileOption, SandboxOption, check_place, exit_codes, settings_for
from grader.datasets.prepare import Size, find, import_mnist
from grader.engines.local import open_local
from grader.errors import BadNotebook, GraderError
from grader.grading.failure import failed_report
from grader.grading.job import Job
from grader.notebooks.read import read
from grader.records.grading import Grading
from grader.records.report import Report
from grader.records.rubric import Item
from grader.reports.files import write_whole
from grader.reports.html import html as html_page
from grader.reports.notebook import executed_notebook
from grader.reports.terminal import table
from grader.rubrics import identifiers, load_rubric
from grader.text import one_line

app = typer.Typer(no_args_is_help=True, add_completion=False, help="An autograder for deep-learning notebooks.")
data_app = typer.Typer(no_args_is_help=True, help="The data sets that notebooks find without a network.")
app.add_typer(data_app, name="data")
app.add_typer(cohort.app)
app.add_typer(gradescope.app)
app.add_typer(service.app)


@app.command()
def grade(
    notebook: Annotated[Path, typer.Argument(help="The student's notebook.")],
    assignment: AssignmentOption,
    output: Annotated[
        Path | None, typer.Option(help="Write the report here, and the executed notebook beside it.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a web page here.")] = None,
    profile: ProfileOption = "full",
    sandbox: SandboxOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of a table.")] = False,
) -> None:
    """Grade one notebook."""
    with exit_codes():
        data = bytes_of(notebook)
        parsed = read(data)
        settings = settings_for(sandbox)
        for path in (output, html):
            check_place(path)
        items: tuple[Item, ...] = ()
        try:
            items = load_rubric(settings.root, assignment)[0].items
            job = Job(parsed, notebook.name, assignment, settings, profile)
            with (
                Console(stderr=True).status(Text(one_line(f"Running {notebook.name} …"))),
                open_local(warm=False) as submit,
            ):
                grading = submit(job).result()
        except GraderError as error:
            sha256 = hashlib.sha256(data).hexdigest()
            failed = failed_report(assignment, items, sha256, notebook.name, error, settings.sandbox)
            publish(failed, output, json_)
            raise
        publish(with_notebook(grading, output), output, json_)
        if html is not None:
            write_whole(html, html_page(grading.report, grading.notebook, grading.execution))
        if not json_:
            Console().print(table(grading.report))


def bytes_of(notebook: Path) -> bytes:
    try:
        return notebook.read_bytes()
    except OSError as error:
        raise BadNotebook(f"{notebook} cannot be read: {error.strerror}.") from error


def with_notebook(grading: Grading, output: Path | None) -> Report:
    """The report, its executed notebook written beside it where there is a place."""
    if output is None:
        return grading.report
    path = output.with_suffix(".executed.ipynb")
    write_whole(path, executed_notebook(grading.notebook, grading.execution))
    return grading.report.model_copy(update={"executed_notebook": one_line(str(path))})


def publish(report: Report, output: Path | None, json_: bool) -> None:
    text = report.model_dump_json(indent=2) + "\n"
    if output is not None:
        write_whole(output, text)
    if json_:
        typer.echo(text, nl=False)


@app.command()
def verify(
    assignment: Annotated[str | None, typer.Argument(help="The assignment's id; all of them without one.")] = None,
    profile: ProfileOption = "full",
    sandbox: SandboxOption = None,
) -> None:
    """Grade the reference, all examples and all mutants, and compare with what they declare."""
    from grader.cli.verify import verify_examples, verify_mutants  # noqa: PLC0415
    from grader.grading.assignments import load  # noqa: PLC0415

    wrong = 0
    with exit_codes():
        settings = settings_for(sandbox)
        for identifier in [assignment] if assignment else identifiers(settings.root):
            loaded = load(settings.root, identifier)
            with open_local() as submit:
                wrong += verify_examples(loaded, settings, profile, submit)
                wrong += verify_mutants(loaded, settings, profile, submit)
    if wrong:
        raise typer.Exit(1)


@app.command()
def calibrate(
    assignment: Annotated[str, typer.Argument(help="The assignment's id.")],
    size: Annotated[Size, typer.Option(help="The data set's size.")] = "small",
    seeds: Annotated[int, typer.Option(min=2, help="How many runs of the reference, each with a seed of its own.")] = 8,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
) -> None:
    """Run the reference with several seeds, and store how well it does: what submissions are compared with."""
    from grader.grading.assignments import load  # noqa: PLC0415
    from grader.grading.calibrate import bands_of, measure, store  # noqa: PLC0415

    with exit_codes():
        settings = settings_for(None)
        loaded = load(settings.root, assignment)
        dataset = find(settings.datasets, size)
        measured = []
        with open_local() as submit:
            for metrics in measure(loaded, settings, size, range(first, first + seeds), submit):
                measured.append(metrics)
                typer.echo(f"{len(measured)} of {seeds} runs of the reference done")
        typer.echo(f"Written: {store(settings.root, loaded, dataset, bands_of(measured))}")


@app.command()
def doctor(sandbox: SandboxOption = None) -> None:
    """Say what this machine has, what to do about what it lacks, and how the grader is set."""
    from grader.cli.doctor import configured, diagnose  # noqa: PLC0415

    with exit_codes():
        settings = settings_for(sandbox)
        lines = list(diagnose(settings))
    for line in lines:
        typer.echo(f"{'ok     ' if line.ok else 'MISSING'} {line.what}: {line.found}")
        if line.advice:
            typer.echo(f"        {line.advice}")
    typer.echo("\nSettings:")
    for variable, value, source in configured(settings):
        typer.echo(f"  {variable:24} {value}" + ("" if source == "default" else f"  ({source})"))
    if not all(line.ok for line in lines):
        raise typer.Exit(3)


@app.command()
def schema() -> None:
    """Print the JSON Schema of reports."""
    typer.echo(json.dumps(Report.model_json_schema(mode="serialization"), indent=2))


@data_app.command("prepare")
def data_prepare(
    size: Annotated[Size | None, typer.Option(help="small or full; both without this option.")] = None,
) -> None:
    """Make the data sets that do not exist yet."""
    sizes: tuple[Size, ...] = (size,) if size else ("small", "full")
    with exit_codes():
        settings = settings_for(None)
        for wanted in sizes:
            dataset = find(settings.datasets, wanted)
            typer.echo(f"{dataset.label}: {dataset.root}")


@data_app.command("import")
def data_import(folder: Annotated[Path, typer.Argument(help="A folder with the four files of MNIST.")]) -> None:
    """Take over the real MNIST, which all later gradings use."""
    with exit_codes():
        dataset = import_mnist(folder, settings_for(None).datasets)
        typer.echo(f"{dataset.label}: {dataset.root}")
