"""Load an assignment: `rubrics/<id>/` may be published, `reference/<id>/` never."""

import hashlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grader.checks.catalogue import CATALOGUE
from grader.errors import AssignmentError, BadNotebook
from grader.notebooks.facts import needed
from grader.notebooks.read import read
from grader.records.assignment import Assignment, Check
from grader.records.notebook import Notebook
from grader.records.rubric import Rubric

ASSIGNMENT_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def identifiers(root: Path) -> list[str]:
    """The ids of all assignments under `root`."""
    return sorted(path.parent.name for path in root.glob("rubrics/*/rubric.yaml"))


def load(root: Path, identifier: str) -> Assignment:
    """The assignment `identifier`; raises AssignmentError with a sentence that names the file."""
    known = identifiers(root)
    if not ASSIGNMENT_ID.fullmatch(identifier) or identifier not in known:
        raise AssignmentError(f"There is no assignment {identifier!r}; there is: {', '.join(known) or 'none'}.")
    published, secret = root / "rubrics" / identifier, root / "reference" / identifier
    text = readable(published / "rubric.yaml")
    rubric = load_rubric(text, published / "rubric.yaml")
    if rubric.id != identifier:
        raise AssignmentError(f"{published / 'rubric.yaml'} says that it is {rubric.id!r}.")
    starter = load_notebook(published / "starter.ipynb")
    missing = [region.starts for region in rubric.regions if region.starts not in {cell.id for cell in starter.cells}]
    if missing:
        raise AssignmentError(f"{published / 'rubric.yaml'} names cells that the starter lacks: {', '.join(missing)}.")
    return Assignment(
        rubric=rubric,
        rubric_sha256=hashlib.sha256(text).hexdigest(),
        starter=starter,
        solution=load_notebook(secret / "solution.ipynb"),
        checks=load_checks(secret / "checks.py", rubric),
    )


def readable(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from error


def load_rubric(text: bytes, path: Path) -> Rubric:
    try:
        return Rubric.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise AssignmentError(f"{path} is no rubric: {error}") from error


def load_notebook(path: Path) -> Notebook:
    try:
        return read(readable(path))
    except BadNotebook as error:
        raise AssignmentError(f"{path}: {error}") from error


def load_checks(path: Path, rubric: Rubric) -> dict[str, Check]:
    """The checks that the rubric names, from the catalogue and from the assignment's own table `CHECKS`."""
    # the folder is a package of its own, so that checks.py can be split into files
    name = f"reference_{rubric.id.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if spec is None or spec.loader is None or not path.is_file():
        raise AssignmentError(f"{path} is missing.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise AssignmentError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    table = CATALOGUE | {f"local/{name}": check for name, check in module.CHECKS.items()}
    named = {check.run for item in rubric.items for check in item.checks}
    if unknown := sorted(named - table.keys()):
        raise AssignmentError(f"the rubric of {rubric.id} names checks that do not exist: {', '.join(unknown)}")
    return {name: table[name] for name in named}


def reference_namespace(assignment: Assignment) -> Mapping[str, Any]:
    """What the reference solution defines of the rubric's objects; none of its training is run."""
    sources = [cell.source for cell in assignment.solution.cells if cell.kind == "code"]
    namespace: dict[str, Any] = {"__name__": "reference_solution"}
    try:
        exec(needed(sources, wanted_objects(assignment.rubric)), namespace)  # noqa: S102 - the reference is trusted
    except Exception as error:
        raise AssignmentError(
            f"the solution of {assignment.rubric.id} fails: {type(error).__name__}: {error}"
        ) from error
    return namespace


def wanted_objects(rubric: Rubric) -> list[str]:
    return [item.object for item in rubric.items if item.object is not None]
