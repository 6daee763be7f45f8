"""Load what may be published of an assignment: its rubric holds no answers, and needs no checks to be read."""

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grader.errors import AssignmentError
from grader.records.rubric import Rubric

ASSIGNMENT_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def identifiers(root: Path) -> list[str]:
    """The ids of all assignments under `root`."""
    return sorted(path.parent.name for path in root.glob("rubrics/*/rubric.yaml"))


def load_rubric(root: Path, identifier: str) -> tuple[Rubric, str]:
    """The rubric of the assignment `identifier` and its file's sha256; raises AssignmentError with a sentence."""
    known = identifiers(root)
    if not ASSIGNMENT_ID.fullmatch(identifier) or identifier not in known:
        raise AssignmentError(f"There is no assignment {identifier!r}; there is: {', '.join(known) or 'none'}.")
    path = root / "rubrics" / identifier / "rubric.yaml"
    text = readable(path)
    try:
        rubric = Rubric.model_validate(parsed(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise AssignmentError(f"{path} is no rubric: {error}") from error
    if rubric.id != identifier:
        raise AssignmentError(f"{path} says that it is {rubric.id!r}.")
    return rubric, hashlib.sha256(text).hexdigest()


def sha256_of(*folders: Path) -> str:
    """Of all files in `folders` with their names, but for what Python compiled."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(readable(path)).hexdigest()} {path.parent.name}/{path.name}\n"
        for path in files
        if path.parent.name != "__pycache__"
    ]
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def folders_of(root: Path, identifier: str) -> tuple[Path, Path]:
    """What may be published of an assignment, and what may not."""
    return root / "rubrics" / identifier, root / "reference" / identifier


def readable(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from error


def parsed(text: bytes) -> Any:
    """YAML by libyaml: each grading reads it anew, and PyYAML's own parser takes ten times as long."""
    return yaml.CSafeLoader(text).get_single_data()
