"""`grader export gradescope`: this grader, an assignment and the course's secret in one zip."""

import secrets
import shlex
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from grader.errors import GraderFault
from grader.records.execution import Profile
from grader.reports.files import replace_whole
from grader.reports.gradescope import refused_json
from grader.rubrics import load_rubric
from grader.settings import Settings

CHECKOUT, SCRIPTS = Path(__file__).resolve().parent.parent.parent, Path(__file__).with_name("scripts")
NEEDED = ("README.md", "pyproject.toml", "constraints.txt", "constraints-cpu.txt", "scripts/system-packages.sh")
"""Of the checkout, beside the package: what installing it takes."""
PARTS, COMPILED = ("rubrics", "reference"), {"__pycache__"}
CELLS, REST, SPARE_SECONDS = 0.6, 0.3, 30
"""The parts of the time for the notebook's cells and for all else; what is left to say that it was too little."""

UNFINISHED = (
    "The grading did not come to an end, so there is no grade yet. A notebook that runs for very long can be the reason; "
    "otherwise this is no fault of yours. Staff can see more in the autograder's output."
)


def autograder_zip(settings: Settings, assignment: str, minutes: int, profile: Profile, output: Path) -> list[str]:
    """Write the zip, readable to nobody else; returns remarks for whoever uploads it.

    Raises AssignmentError, and GraderFault where this grader cannot be packed or the sandbox would show the reference.
    """
    load_rubric(settings.root, assignment)
    if settings.sandbox != "bubblewrap":
        raise GraderFault(
            f"The reference lies beside the notebook there: the sandbox is bubblewrap, not {settings.sandbox}."
        )
    remarks, secret = list[str](), settings.secret.get_secret_value()
    if "secret" not in settings.model_fields_set:
        secret = secrets.token_hex(32)
        remarks.append(
            "GRADER_SECRET is not set: the zip has one of its own, so hidden inputs there are not those here."
        )
    files = {
        "settings.sh": settings_sh(assignment, minutes, profile, secret).encode(),
        "unfinished.json": refused_json(UNFINISHED).encode(),
        **dict(contents(settings.root, assignment)),
    }
    replace_whole(output, packed(files), output.parent, 0o600)
    return remarks


def settings_sh(assignment: str, minutes: int, profile: Profile, secret: str) -> str:
    """What both scripts read: the secret is in no argument, and only in the environment of the grader itself."""
    seconds = 60 * minutes - SPARE_SECONDS
    values = {
        "AUTOGRADER_ASSIGNMENT": assignment,
        "AUTOGRADER_PROFILE": profile,
        "AUTOGRADER_SECONDS": seconds,
        "GRADER_SECRET": secret,
        "GRADER_SANDBOX": "bubblewrap",
        "GRADER_TOTAL_SECONDS": int(CELLS * seconds),
        "GRADER_GRADING_SECONDS": int(REST * seconds),
    }
    lines = [f"export {name}={shlex.quote(str(value))}" for name, value in values.items()]
    here = ['export GRADER_ROOT="$source"', 'export GRADER_DATASETS="$base/datasets"']
    return "\n".join(["# for setup.sh and run_autograder, which know $base and $source", *lines, *here, ""])


def contents(root: Path, assignment: str) -> Iterator[tuple[str, bytes]]:
    """The scripts, the package with what installs it, and the assignment, by their names in the zip."""
    for script in ("setup.sh", "run_autograder"):
        yield script, (SCRIPTS / script).read_bytes()
    for name in NEEDED:
        path = CHECKOUT / name
        if not path.is_file():
            raise GraderFault(f"{path} is missing: the autograder is made from a checkout of the project.")
        yield name, path.read_bytes()
    for folder, top in ((CHECKOUT / "grader", CHECKOUT), *((root / part / assignment, root) for part in PARTS)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not COMPILED & {*path.parts}:
                yield str(path.relative_to(top)), path.read_bytes()


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip that is the same for the same files; scripts can be run and the rest is for the owner alone."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
            info.external_attr = (0o100700 if data.startswith(b"#!") else 0o100600) << 16
            archive.writestr(info, data)
    return made.getvalue()
