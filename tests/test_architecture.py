"""The house keeps its shape: who may import whom, how long things get, and what is never used.

Each rule is a function from a folder to the sentences of those who break it. The rules run over this repository, and
over small houses that break them, so that a rule which sees nothing is noticed.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
Rule = Callable[[Path], list[str]]

FLOORS = (
    {"errors", "records", "settings", "text"},
    {"notebooks", "sandbox", "execution", "datasets", "checks", "reports", "rubrics", "roster"},
    {"grading"},
    {"engines"},
    {"cli", "service", "batch"},
)
"""From the ground up: a room imports from lower floors, and nothing from its own floor but itself."""

OUTSIDE = "kernel"
"""What is sent into the sandbox: it stands outside of the house."""

DOORS = {
    ("execution", "sandbox"): "a session is a kernel that the sandbox started behind its wall",
    ("checks", "notebooks"): "a check may read code, by what can be said of it without running it",
    ("cli", "service"): "`grader serve` starts the service",
    ("cli", "batch"): "`grader batch` shows what becomes of everybody",
    ("checks", "execution"): "a check works with `Student`, the face of the kernel that execution drives",
}
"""The doors between rooms of one floor, and what each is for."""

WALLS = {
    ("service", "grading"): "grading runs in an engine's child process, never in the service's own",
    ("service", "checks"): "answers stay out of the process that talks to the world",
}
"""Rooms on lower floors that are closed nevertheless."""

LATE = {
    ("grader.datasets.digits", "sklearn.datasets"): "importing takes longer than using what was prepared before",
    ("grader.sandbox.syscalls", "pyseccomp"): "importing fails where libseccomp is missing, which wants a sentence",
    ("grader.datasets.digits", "scipy"): "importing takes longer than using what was prepared before",
    ("grader.cli.cohort", "grader.cli.batch"): "so does a live display and all that finds everybody's notebooks",
    ("grader.cli.cohort", "grader.batch.exports"): "so does all that goes back to a learning platform",
    ("grader.cli.cohort", "grader.batch.diff"): "so does what compares two gradings",
    ("grader.cli.cohort", "grader.cli.diff"): "and what shows that",
    ("grader.cli.gradescope", "grader.cli.export"): "packing a grader is not for those who grade",
    ("grader.cli.gradescope", "grader.cli.autograder"): "so does all that finds the notebook that is meant",
    ("grader.cli.main", "grader.cli.doctor"): "a kernel's client takes longer to import than most commands run",
    ("grader.cli.options", "grader.engines.cluster"): "Ray is not installed everywhere, and takes half a second",
    ("grader.cli.service", "grader.cli.serve"): "a web framework takes longer to import than most commands run",
    ("grader.cli.service", "grader.service.backup"): "the service is not for those who grade a folder",
    ("grader.cli.main", "grader.cli.verify"): "so does all that grading needs",
    ("grader.cli.main", "grader.grading.assignments"): "so do the checks",
    ("grader.cli.main", "grader.grading.calibrate"): "so does all that grading needs",
    ("grader.engines.child", "grader.grading.assignments"): "whoever hands out work imports no checks and no reference",
    ("grader.engines.child", "grader.grading.grade"): "whoever hands out work imports no checks and no reference",
}
"""Imports that may wait inside of a function."""

BY_NAME = {"grader.sandbox.fork_server": "it imports what notebooks do, not what the grader needs"}
"""Modules that may import by name."""

LONGEST_FILE, LONGEST_FUNCTION = 330, 65

READS_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
RUNS_WHAT_IT_READS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
DANGEROUS_CALLS = {
    "torch.load",
    "yaml.load",
    "yaml.load_all",
    "yaml.full_load",
    "yaml.unsafe_load",
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
DANGEROUS_OPTIONS = {"shell", "allow_pickle"}


@dataclass(frozen=True)
class Import:
    """One name that a module imports: `target` is the module that it comes from or is, `base` what stands after `from`."""

    module: str
    line: int
    target: str
    base: str
    level: int
    in_function: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def modules(root: Path, *folders: str) -> dict[str, ast.Module]:
    """The syntax trees of all modules below `folders`, by name."""
    trees = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return trees


def packages(root: Path) -> set[str]:
    return {".".join(path.parent.relative_to(root).parts) for path in (root / "grader").rglob("__init__.py")}


def imports(root: Path) -> list[Import]:
    """Everything that the modules of `grader` import, wherever it stands."""
    trees, found = modules(root, "grader"), list[Import]()
    own_packages = packages(root)
    for module, tree in trees.items():
        late = {id(node) for function in functions(tree) for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                level = node.level if isinstance(node, ast.ImportFrom) else 0
                for target, base in targets(node, module, module in own_packages, trees.keys() | own_packages):
                    found.append(Import(module, node.lineno, target, base, level, id(node) in late))
    return found


def targets(
    node: ast.Import | ast.ImportFrom, module: str, is_package: bool, own: set[str]
) -> Iterator[tuple[str, str]]:
    """Target and base: `from grader.checks import modules` means the module, `import grader.errors` binds the root."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.name if alias.asname else alias.name.partition(".")[0]
        return
    base = node.module or ""
    if node.level:
        above = module.split(".")[: len(module.split(".")) - node.level + is_package]
        base = ".".join([*above, *([node.module] if node.module else [])])
    for alias in node.names:
        full = f"{base}.{alias.name}"
        yield (full if full in own or base == "grader" else base), base


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def room(module: str) -> str:
    """`checks` for `grader.checks.modules`, and nothing for the package root and for other people's modules."""
    parts = module.split(".")
    return parts[1] if parts[0] == "grader" and len(parts) > 1 and parts[1] != "__version__" else ""


def floor(name: str) -> int:
    return next((number for number, rooms in enumerate(FLOORS) if name in rooms), -1)


def crossings(root: Path) -> Iterator[tuple[Import, str, str]]:
    """The imports from one room into another."""
    for found in imports(root):
        here, there = room(found.module), room(found.target)
        if here and there and here != there:
            yield found, here, there


# --- the rules ---


def rooms_without_floor(root: Path) -> list[str]:
    known = set().union(*FLOORS) | {OUTSIDE}
    return sorted(
        {f"{name} has no floor" for module in modules(root, "grader") if (name := room(module)) and name not in known}
    )


def upward_imports(root: Path) -> list[str]:
    return [
        str(found)
        for found, here, there in crossings(root)
        if OUTSIDE not in (here, there)
        and (floor(there) >= floor(here) or (here, there) in WALLS)
        and (here, there) not in DOORS
    ]


def unused_doors(root: Path) -> list[str]:
    used = {(here, there) for _, here, there in crossings(root)}
    return [f"nothing in {here} imports {there}" for here, there in DOORS if (here, there) not in used]


def kernel_imports(root: Path) -> list[str]:
    """The kernel's folder is another package in the sandbox: only `from .sibling import` works there."""
    outside = f"grader.{OUTSIDE}"
    complaints = []
    for found in imports(root):
        inside, own = room(found.module) == OUTSIDE, found.target.partition(".")[0] == "grader"
        sibling = found.level == 1 and found.target.startswith(f"{outside}.")
        if (inside and own and not sibling) or (not inside and room(found.target) == OUTSIDE):
            complaints.append(str(found))
    return complaints


def cycles(root: Path) -> list[str]:
    """Each module that imports itself over others."""
    edges: dict[str, set[str]] = {}
    for found in imports(root):
        edges.setdefault(found.module, set()).add(found.target)

    def reached(start: str) -> set[str]:
        seen, waiting = set[str](), [start]
        while waiting:
            for target in edges.get(waiting.pop(), set()) - seen:
                seen.add(target)
                waiting.append(target)
        return seen

    return [f"{module} imports itself in the end" for module in edges if module in reached(module)]


def late_imports(root: Path) -> list[str]:
    return [
        str(found)
        for found in imports(root)
        if found.in_function and room(found.module) != OUTSIDE and (found.module, found.target) not in LATE
    ]


def hidden_imports(root: Path) -> list[str]:
    return [
        f"{module}:{node.lineno} imports by name"
        for module, tree in modules(root, "grader").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and last_name(node) in {"import_module", "__import__"}
        and module not in BY_NAME
    ]


def root_imports(root: Path) -> list[str]:
    return [str(found) for found in imports(root) if found.base == "grader" and found.target != "grader.__version__"]


def environment_readers(root: Path) -> list[str]:
    def names(tree: ast.Module) -> set[str]:
        imported = {full.removeprefix("os.") for _, full in bindings(tree) if full.startswith("os.")}
        return imported | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    return [
        f"{module} reads the environment"
        for module, tree in modules(root, "grader", "reference").items()
        if module != "grader.settings" and names(tree) & READS_ENVIRONMENT
    ]


def long_files(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)} has {length} lines"
        for folder in ("grader", "reference")
        for path in (root / folder).rglob("*.py")
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]


def long_functions(root: Path) -> list[str]:
    return [
        f"{module}.{function.name} has {length} lines"
        for module, tree in modules(root, "grader", "reference").items()
        for function in functions(tree)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]


def dangers(root: Path) -> list[str]:
    """Whatever runs what it reads, or hands a text to a shell."""
    complaints = []
    for module, tree in modules(root, "grader", "reference").items():
        aliases = dict(bindings(tree))
        for full in aliases.values():
            if full.partition(".")[0] in RUNS_WHAT_IT_READS or full in DANGEROUS_CALLS:
                complaints.append(f"{module} imports {full}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and (full := full_name(node, aliases)) in DANGEROUS_CALLS:
                complaints.append(f"{module}:{node.lineno} uses {full}")
            if isinstance(node, ast.keyword) and node.arg in DANGEROUS_OPTIONS and not is_false(node.value):
                complaints.append(f"{module}:{node.value.lineno} passes {node.arg}")
    return complaints


def bindings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What each imported name stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) if alias.asname else (alias.name,) * 2 for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def full_name(node: ast.Attribute, aliases: dict[str, str]) -> str:
    parts, at = [node.attr], node.value
    while isinstance(at, ast.Attribute):
        parts.append(at.attr)
        at = at.value
    start = aliases.get(at.id, at.id) if isinstance(at, ast.Name) else ""
    return ".".join([start, *reversed(parts)])


def last_name(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


RULES: list[Rule] = [
    rooms_without_floor,
    upward_imports,
    unused_doors,
    kernel_imports,
    cycles,
    late_imports,
    hidden_imports,
    root_imports,
    environment_readers,
    long_files,
    long_functions,
    dangers,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_this_house_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == []


def test_the_rules_see_this_house() -> None:
    assert len(modules(ROOT, "grader")) > 40
    assert len(modules(ROOT, "reference")) > 3
    assert len(list(crossings(ROOT))) > 40


HOUSE = {
    "grader/__init__.py": "__version__ = '1'",
    "grader/errors.py": "class GraderError(Exception): ...",
    "grader/settings.py": "import os\nHOME = os.environ['HOME']",
    "grader/records/__init__.py": "",
    "grader/records/notebook.py": "import dataclasses",
    "grader/kernel/__init__.py": "",
    "grader/kernel/values.py": "def f():\n    import torch",
    "grader/kernel/agent.py": "import sys\nfrom .values import f",
    "grader/sandbox/__init__.py": "",
    "grader/sandbox/start.py": "from grader.errors import GraderError",
    "grader/execution/__init__.py": "",
    "grader/execution/student.py": "from grader.sandbox.start import GraderError\nfrom grader.execution import wire",
    "grader/execution/wire.py": "import numpy as np\nx = np.load('x', allow_pickle=False)",
    "grader/checks/__init__.py": "",
    "grader/checks/modules.py": "from grader.execution.student import wire",
    "grader/checks/written.py": "from grader.notebooks.read import json",
    "grader/notebooks/__init__.py": "",
    "grader/notebooks/read.py": "import json\njson.load",
    "grader/grading/__init__.py": "",
    "grader/grading/grade.py": "from grader import __version__\nfrom grader.notebooks.read import json\nfrom grader.checks import modules",
    "grader/engines/__init__.py": "",
    "grader/engines/local.py": "from grader.grading.grade import json",
    "grader/cli/__init__.py": "",
    "grader/cli/serve.py": "from grader.service import app",
    "grader/cli/batch.py": "from grader.batch import run",
    "grader/batch/__init__.py": "",
    "grader/batch/run.py": "",
    "grader/service/__init__.py": "",
    "grader/service/app.py": "from grader.engines import local\nfrom grader.records.notebook import dataclasses",
    "reference/some/checks.py": "import yaml\nfrom .linear import f\nyaml.safe_load('x')\nf(shell=False)",
}
"""A small house in which everything is right."""

BROKEN: list[tuple[Rule, str, str]] = [
    (rooms_without_floor, "grader/attic/__init__.py", ""),
    (rooms_without_floor, "grader/helpers.py", ""),
    (upward_imports, "grader/records/notebook.py", "from grader.notebooks.read import json"),
    (upward_imports, "grader/records/notebook.py", "from grader.settings import HOME"),
    (upward_imports, "grader/errors.py", "if True:\n    import grader.records.notebook as n"),
    (upward_imports, "grader/notebooks/read.py", "from grader.checks import modules"),
    (upward_imports, "grader/notebooks/read.py", "from ..checks import modules"),
    (upward_imports, "grader/notebooks/read.py", "def f():\n    from grader.grading.grade import json"),
    (upward_imports, "grader/notebooks/read.py", "from grader import sandbox"),
    (upward_imports, "grader/notebooks/__init__.py", "from ..sandbox import start"),
    (upward_imports, "grader/sandbox/start.py", "from grader.execution import wire"),
    (upward_imports, "grader/grading/grade.py", "from grader.engines.local import json"),
    (upward_imports, "grader/engines/local.py", "from grader.service.app import local"),
    (upward_imports, "grader/service/app.py", "from grader.grading.grade import json"),
    (upward_imports, "grader/service/app.py", "from grader.checks.modules import wire"),
    (upward_imports, "grader/batch/run.py", "from grader.service.app import local"),
    (unused_doors, "grader/checks/modules.py", ""),
    (unused_doors, "grader/execution/student.py", ""),
    (kernel_imports, "grader/kernel/agent.py", "from grader.kernel.values import f"),
    (kernel_imports, "grader/kernel/agent.py", "from grader.errors import GraderError"),
    (kernel_imports, "grader/kernel/agent.py", "def f():\n    from ..errors import GraderError"),
    (kernel_imports, "grader/kernel/agent.py", "import grader"),
    (kernel_imports, "grader/execution/wire.py", "from grader.kernel import values"),
    (kernel_imports, "grader/execution/wire.py", "from grader.kernel.values import f"),
    (kernel_imports, "grader/execution/wire.py", "import grader.kernel.values as v"),
    (cycles, "grader/execution/wire.py", "from grader.execution.student import wire"),
    (cycles, "grader/execution/wire.py", "from grader.execution import student"),
    (cycles, "grader/execution/wire.py", "from . import student"),
    (cycles, "grader/kernel/values.py", "def f():\n    from .agent import f"),
    (cycles, "grader/errors.py", "import grader.checks.modules as m"),
    (late_imports, "grader/notebooks/read.py", "def f():\n    import json"),
    (
        late_imports,
        "grader/notebooks/read.py",
        "class A:\n    async def f(self):\n        if self:\n            from json import loads",
    ),
    (late_imports, "grader/datasets/digits.py", "def f():\n    from grader.errors import GraderError"),
    (hidden_imports, "grader/notebooks/read.py", "import importlib\nimportlib.import_module('grader.checks')"),
    (hidden_imports, "grader/notebooks/read.py", "__import__('grader.checks')"),
    (root_imports, "grader/notebooks/read.py", "import grader"),
    (root_imports, "grader/notebooks/read.py", "import grader.errors"),
    (root_imports, "grader/notebooks/read.py", "from grader import errors"),
    (root_imports, "grader/notebooks/read.py", "from grader import __doc__"),
    (root_imports, "grader/notebooks/read.py", "from .. import errors"),
    (environment_readers, "grader/notebooks/read.py", "import os\nos.environ.get('HOME')"),
    (environment_readers, "grader/notebooks/read.py", "import os as o\no.getenv('HOME')"),
    (environment_readers, "grader/kernel/agent.py", "from os import environ"),
    (environment_readers, "reference/some/checks.py", "import os\nos.environ"),
    (long_files, "grader/notebooks/read.py", "x = 1\n" * (LONGEST_FILE + 1)),
    (long_files, "reference/some/checks.py", "x = 1\n" * (LONGEST_FILE + 1)),
    (long_functions, "grader/notebooks/read.py", "class A:\n    def f(self):\n" + "        x = 1\n" * LONGEST_FUNCTION),
    (long_functions, "reference/some/checks.py", "async def f():\n" + "    x = 1\n" * LONGEST_FUNCTION),
    (dangers, "grader/notebooks/read.py", "import pickle"),
    (dangers, "grader/notebooks/read.py", "def f():\n    from dill import loads"),
    (dangers, "grader/notebooks/read.py", "import marshal as m"),
    (dangers, "reference/some/checks.py", "import joblib.memory"),
    (dangers, "grader/kernel/values.py", "import torch\ntorch.load('x')"),
    (dangers, "grader/kernel/values.py", "import torch as t\nread = t.load"),
    (dangers, "reference/some/checks.py", "from torch import load"),
    (dangers, "grader/notebooks/read.py", "import yaml\nyaml.load('x', yaml.SafeLoader)"),
    (dangers, "grader/notebooks/read.py", "import subprocess\nsubprocess.run('ls', shell=True)"),
    (dangers, "grader/notebooks/read.py", "import subprocess\nsubprocess.run('ls', shell=1)"),
    (dangers, "grader/notebooks/read.py", "import os\nos.system('ls')"),
    (dangers, "grader/notebooks/read.py", "import numpy\nnumpy.load('x', allow_pickle=True)"),
]


def build(root: Path, files: dict[str, str]) -> None:
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_house_without_fault_keeps_the_rule(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, HOUSE)

    assert rule(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "name", "source"), [pytest.param(*case, id=f"{case[0].__name__}-{n}") for n, case in enumerate(BROKEN)]
)
def test_who_breaks_a_rule_is_named(rule: Rule, name: str, source: str, tmp_path: Path) -> None:
    build(tmp_path, HOUSE | {name: source})

    assert rule(tmp_path) != []
