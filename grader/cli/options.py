"""What commands have in common: options, settings, and how they end."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
import typer
from pydantic import ValidationError

from grader.engines.interface import Submit
from grader.engines.local import open_local
from grader.errors import BadNotebook, BadSource, GraderError, GraderFault, InfrastructureFault
from grader.records.execution import Profile
from grader.sandbox.none import UNPROTECTED
from grader.settings import Settings
from grader.text import one_line

AssignmentOption = Annotated[str, typer.Option("--assignment", "-a", help="The assignment's id.")]
ProfileOption = Annotated[
    Profile, typer.Option(help="full runs every cell; quick runs only what defines things, and judges objects alone.")
]
FolderOption = Annotated[Path, typer.Option(help="The service's folder.")]
FOLDER = platformdirs.user_data_path("grader")
SandboxOption = Annotated[str | None, typer.Option(help="bubblewrap, container, or none (which protects nothing).")]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, help="How many gradings run at a time; by default as many as there are cores and GPUs for."),
]
EngineName = Literal["local", "ray"]
EngineOption = Annotated[
    EngineName, typer.Option(help="Where gradings run: on this machine, or on the nodes of a Ray cluster.")
]


@contextmanager
def engine_of(
    name: EngineName, at_once: int, warm: bool = True
) -> Iterator[Callable[[], AbstractContextManager[Submit]]]:
    """What opens the engine of this name, once in the block. To be entered by the main thread.

    Raises GraderFault where Ray is not installed, and InfrastructureFault where it has no cluster.
    """
    if name == "local":
        yield partial(open_local, at_once, warm)
        return
    try:
        from grader.engines.cluster import connected, open_ray  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise GraderFault("Ray is not installed: `pip install '.[ray]'` brings it.") from error
    with connected():
        yield partial(open_ray, at_once)


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn a failure into one sentence on stderr and the exit code that says whose it is."""
    try:
        yield
    except GraderError as error:
        typer.echo(one_line(str(error)), err=True)
        raise typer.Exit(2 if isinstance(error, BadNotebook | BadSource) else 3) from error


def settings_for(sandbox: str | None) -> Settings:
    """The settings; raises GraderFault where the environment holds one that makes no sense."""
    try:
        settings = Settings() if sandbox is None else Settings(sandbox=sandbox)
    except ValidationError as error:
        wrong = ", ".join(f"GRADER_{str(detail['loc'][0]).upper()} ({detail['msg']})" for detail in error.errors())
        raise GraderFault(f"These settings make no sense: {wrong}.") from error
    if settings.sandbox == "none":
        typer.echo(UNPROTECTED, err=True)
    return settings


def check_place(path: Path | None) -> None:
    """Whether a report can be written there, before minutes are spent on it."""
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureFault(f"{path} cannot be written: {error.strerror}.") from error
