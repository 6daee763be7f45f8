"""The commands of the service."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import FOLDER, EngineOption, FolderOption, JobsOption, SandboxOption, exit_codes, settings_for
from grader.engines.local import room

app = typer.Typer()
users_app = typer.Typer(no_args_is_help=True, help="Who may use the service.")
app.add_typer(users_app, name="users")


@app.command()
def serve(
    data: FolderOption = FOLDER,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8000,
    jobs: JobsOption = None,
    engine: EngineOption = "local",
    sandbox: SandboxOption = None,
) -> None:
    """Take uploads over HTTP and grade them."""
    from grader.cli.serve import serve as serve_until_the_end  # noqa: PLC0415

    with exit_codes():
        settings = settings_for(sandbox)
        serve_until_the_end(settings, data, host, port, engine, jobs or room(settings))


@users_app.command("import")
def users_import(
    roster: Annotated[Path, typer.Argument(help="A CSV file with the columns email,name,id,role,team.")],
    data: FolderOption = FOLDER,
) -> None:
    """Add the people of a roster, and print the tokens of those who are new: they are not shown again."""
    from grader.cli.serve import add_users  # noqa: PLC0415

    with exit_codes():
        tokens, without = add_users(settings_for(None), data, roster)
    typer.echo(tokens, nl=False)
    for team in without:
        typer.echo(
            f"{team} has handed in work and has no student any more, so nobody sees it or gets its points: a team's name "
            f"has to stay, or its students hand in once more.",
            err=True,
        )


@users_app.command("token")
def users_token(
    email: Annotated[str, typer.Argument(help="Whose.")],
    data: FolderOption = FOLDER,
) -> None:
    """Print a new token for somebody who has lost theirs, or whose token somebody else has: the old one ends."""
    from grader.cli.serve import new_token_of  # noqa: PLC0415

    with exit_codes():
        typer.echo(new_token_of(settings_for(None), data, email))


@app.command()
def backup(
    output: Annotated[Path, typer.Option(help="The file to write.")],
    data: FolderOption = FOLDER,
) -> None:
    """Copy the service's folder into one file, while it runs."""
    from grader.service.backup import back_up  # noqa: PLC0415

    with exit_codes():
        url = settings_for(None).database.get_secret_value()
        typer.echo(f"{output}: {back_up(data, output, url)} files and their database")


@app.command()
def retry(
    data: FolderOption = FOLDER,
    assignment: Annotated[str, typer.Option("--assignment", "-a", help="Of this one only.")] = "",
) -> None:
    """Queue again whatever could not be graded and waits for staff, once its cause is gone. The service may run."""
    from grader.cli.serve import try_again  # noqa: PLC0415

    with exit_codes():
        typer.echo(f"{try_again(settings_for(None), data, assignment)} queued again")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `grader backup` wrote.")],
    data: FolderOption = FOLDER,
) -> None:
    """Make a service's folder of a backup; the folder must not exist yet."""
    from grader.service.backup import restore as unpack  # noqa: PLC0415

    with exit_codes():
        typer.echo(f"{data}: {unpack(source, data)} files and their database")
