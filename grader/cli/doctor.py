"""What this machine has for grading, found out by trying."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from grader.datasets.prepare import find
from grader.errors import GraderError
from grader.execution.session import open_session
from grader.grading.assignments import load
from grader.grading.grade import kernel_of
from grader.rubrics import identifiers
from grader.settings import Settings


@dataclass(frozen=True)
class Line:
    what: str
    found: str
    ok: bool = True
    advice: str = ""


def diagnose(settings: Settings) -> Iterator[Line]:
    """One line for each thing that grading needs."""
    yield from walls(settings)
    yield from kernel(settings)
    yield from gpu(settings)
    yield from data(settings)
    yield from assignments(settings)
    if "secret" not in settings.model_fields_set:
        yield Line("course secret", "not set", advice="Set GRADER_SECRET, or hidden inputs can be computed in advance.")


def configured(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Each setting's variable, its value, and where that is from; secrets are not shown."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        given = name in settings.model_fields_set
        shown = ("hidden" if given else "none") if isinstance(value, SecretStr) else str(value) or "none"
        yield f"GRADER_{name.upper()}", shown, "given" if given else "default"


def walls(settings: Settings) -> Iterator[Line]:
    if settings.sandbox == "none":
        yield Line("sandbox", settings.sandbox)
        return
    if settings.sandbox == "container":
        name, package = settings.engine.split()[0], "an engine: docker.io or podman"
    else:
        name, package = "bwrap", "bubblewrap"
    program = shutil.which(name)
    yield Line(settings.sandbox, program or "none", bool(program), "" if program else f"apt-get install {package}")


def kernel(settings: Settings) -> Iterator[Line]:
    """Start one behind the wall and look around in it."""
    with tempfile.TemporaryDirectory() as empty:
        Path(empty).chmod(0o755)
        try:
            with open_session(kernel_of(settings, empty)) as session:
                environment = session.environment
                run = session.run_cell(0, "import torchvision.extension\nprint(torchvision.extension._has_ops())", 60)
        except GraderError as error:
            yield Line("kernel", str(error), ok=False)
            return
    if not environment.sandbox_lacks:
        yield Line("sandbox", "complete, with a user and a control group of its own for each")
    for lack in environment.sandbox_lacks:
        yield Line("sandbox lacks", lack, advice="Run as root with control groups, or grade only people you know.")
    yield Line("kernel", f"Python {environment.python}, torch {environment.torch}, on the {environment.device}")
    printed = "".join(output.text for output in run.outputs).strip()
    if printed == "True":
        yield Line("torchvision", "with its compiled operators")
    elif printed == "False":
        yield Line(
            "torchvision",
            "without its compiled operators (this torch has no CUDA); `nms` and `qnms` are declared in each kernel",
        )
    else:
        yield Line("torchvision", printed or "does not import", ok=False, advice="pip install torchvision")


def gpu(settings: Settings) -> Iterator[Line]:
    if Path("/dev/nvidia0").exists():
        advice = "" if settings.gpus or settings.sandbox == "none" else "Kernels see it with GRADER_GPUS=all."
        yield Line("GPU", "present", advice=advice)
    else:
        yield Line("GPU", "none: notebooks run on the CPU")


def data(settings: Settings) -> Iterator[Line]:
    for size in ("small", "full"):
        try:
            yield Line(f"data, {size}", find(settings.datasets, size).label)
        except GraderError as error:
            yield Line(
                f"data, {size}", str(error), ok=False, advice="Delete that folder and run `grader data prepare`."
            )


def assignments(settings: Settings) -> Iterator[Line]:
    known = identifiers(settings.root)
    if not known:
        yield Line("assignments", f"none under {settings.root}", ok=False, advice="Set GRADER_ROOT.")
    for identifier in known:
        try:
            rubric = load(settings.root, identifier).rubric
            yield Line("assignment", f"{identifier}, {len(rubric.items)} items")
        except GraderError as error:
            yield Line("assignment", str(error), ok=False)
