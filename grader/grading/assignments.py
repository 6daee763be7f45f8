"""Load an assignment: `rubrics/<id>/` may be published, `reference/<id>/` never."""

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from grader.checks.catalogue import CATALOGUE
from grader.errors import AssignmentError, BadNotebook
from grader.notebooks.facts import code_of, needed
from grader.notebooks.read import read
from grader.records.assignment import Assignment, Check
from grader.records.execution import Profile
from grader.records.notebook import Notebook
from grader.records.rubric import Item, Rubric
from grader.records.submission import Band, Bands
from grader.rubrics import folders_of, load_rubric, parsed, readable, sha256_of

BANDS = "bands.yaml"
BANDS_FILE = TypeAdapter(dict[str, dict[str, Band]])


def load(root: Path, identifier: str) -> Assignment:
    """The assignment `identifier`; raises AssignmentError with a sentence that names the file."""
    rubric, sha256 = load_rubric(root, identifier)
    published, secret = folders_of(root, identifier)
    starter = load_notebook(published / "starter.ipynb")
    missing = [region.starts for region in rubric.regions if region.starts not in {cell.id for cell in starter.cells}]
    if missing:
        raise AssignmentError(f"{published / 'rubric.yaml'} names cells that the starter lacks: {', '.join(missing)}.")
    module = load_module(secret / "checks.py", identifier)
    return Assignment(
        rubric=rubric,
        rubric_sha256=sha256,
        checks_sha256=sha256_of(secret),
        starter=starter,
        solution=load_notebook(secret / "solution.ipynb"),
        checks=named_checks(rubric, module),
        metrics=module.METRICS,
        bands=load_bands(secret / BANDS),
    )


def load_notebook(path: Path) -> Notebook:
    try:
        return read(readable(path))
    except BadNotebook as error:
        raise AssignmentError(f"{path}: {error}") from error


def load_module(path: Path, identifier: str) -> Any:
    """The assignment's own `checks.py`, with the tables `CHECKS` and `METRICS`."""
    # the folder is a package of its own, so that checks.py can be split into files
    name = f"reference_{identifier.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if spec is None or spec.loader is None or not path.is_file():
        raise AssignmentError(f"{path} is missing.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise AssignmentError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def named_checks(rubric: Rubric, module: Any) -> dict[str, Check]:
    """The checks that the rubric names, from the catalogue and from the assignment's own."""
    table = CATALOGUE | {f"local/{name}": check for name, check in module.CHECKS.items()}
    named = {check.run: item for item in rubric.items for check in item.checks}
    if unknown := sorted(named.keys() - table.keys()):
        raise AssignmentError(f"the rubric of {rubric.id} names checks that do not exist: {', '.join(unknown)}")
    for name, item in named.items():
        if item.object is None and wants(table[name]) & {"student", "object", "libraries", "hiding"}:
            raise AssignmentError(f"{name} looks at an object, and the item {item.id} names none")
    return {name: table[name] for name in named}


def wants(check: Check) -> frozenset[str]:
    """What a check takes, by name."""
    return frozenset(inspect.signature(check).parameters)


def load_bands(path: Path) -> Mapping[str, Bands]:
    """The calibrated bands by data set and metric; none where nothing was calibrated yet."""
    if not path.exists():
        return {}
    try:
        return BANDS_FILE.validate_python(parsed(readable(path)))
    except (yaml.YAMLError, ValidationError) as error:
        raise AssignmentError(f"{path} holds no bands: {error}") from error


def reference_namespace(assignment: Assignment) -> Mapping[str, Any]:
    """What the reference solution defines of the objects that checks compare with; none of its training is run."""
    compared = [
        item
        for item in assignment.rubric.items
        if any("reference" in wants(assignment.checks[c.run]) for c in item.checks)
    ]
    namespace: dict[str, Any] = {"__name__": "reference_solution"}
    try:
        exec(needed(code_of(assignment.solution), objects(compared)), namespace)  # noqa: S102 - the reference is trusted
    except Exception as error:
        raise AssignmentError(
            f"the solution of {assignment.rubric.id} fails: {type(error).__name__}: {error}"
        ) from error
    return namespace


def objects(items: Iterable[Item]) -> list[str]:
    """The variables that the checks of `items` look at."""
    return [name for item in items if item.object is not None for name in (item.object, *item.uses)]


def in_profile(item: Item, checks: Mapping[str, Check], profile: Profile) -> Item:
    """The item with the checks that this profile makes: `quick` leaves out those that look at what the notebook did."""
    made = tuple(
        spec for spec in item.checks if profile == "full" or not wants(checks[spec.run]) & {"work", "elsewhere"}
    )
    return item.model_copy(update={"checks": made})
