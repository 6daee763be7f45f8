"""The commands of the service."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.options import EngineOption, FolderOption, JobsOption, SandboxOption, exit_codes, settings_for
from grader.engines.local import AT_ONCE

app = typer.Typer()
users_app = typer.Typer(no_args_is_help=True, help="Who may use the service.")
app.add_typer(users_app, name="users")


@app.command()
def serve(
    data: FolderOption,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8000,
    jobs: JobsOption = AT_ONCE,
    engine: EngineOption = "local",
    sandbox: SandboxOption = None,
) -> None:
    """Take uploads over HTTP and grade them."""
    from grader.cli.serve import serve as serve_until_the_end  # noqa: PLC0415

    with exit_codes():
        serve_until_the_end(settings_for(sandbox), data, host, port, engine, jobs)


@users_app.command("import")
def users_import(
    roster: Annotated[Path, typer.Argument(help="A CSV file with the columns email,name,id,role,team.")],
    data: FolderOption,
) -> None:
    """Add the people of a roster, and print the tokens of those who are new: they are not shown again."""
    from grader.cli.serve import add_users  # noqa: PLC0415

    with exit_codes():
        typer.echo(add_users(settings_for(None), data, roster), nl=False)


@users_app.command("token")
def users_token(
    email: Annotated[str, typer.Argument(help="Whose.")],
    data: FolderOption,
) -> None:
    """Print a new token for somebody who has lost theirs, or whose token somebody else has: the old one ends."""
    from grader.cli.serve import new_token_of  # noqa: PLC0415

    with exit_codes():
        typer.echo(new_token_of(settings_for(None), data, email))


@app.command()
def backup(
    data: FolderOption,
    output: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Copy the service's folder into one file, while it runs."""
    from grader.service.backup import back_up  # noqa: PLC0415

    with exit_codes():
        typer.echo(f"{output}: {back_up(data, output)} files and their database")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `grader backup` wrote.")],
    data: FolderOption,
) -> None:
    """Make a service's folder of a backup; the folder must not exist yet."""
    from grader.service.backup import restore as unpack  # noqa: PLC0415

    with exit_codes():
        typer.echo(f"{data}: {unpack(source, data)} files and their database")
