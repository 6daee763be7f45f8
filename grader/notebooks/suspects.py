"""What honest answers to a deep-learning assignment have no use for.

Anywhere in a notebook it is a reason to look. In the code of an answer that has to be made by hand it hides how a result
comes about, and in a cell that also defines answers it is a reason to judge these elsewhere.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from grader.notebooks.facts import blocks, closure, dotted, imported, names_of, parse
from grader.notebooks.patches import patched
from grader.records.notebook import Notebook

REACHES_FAR = {"ctypes", "inspect", "marshal", "dis", "socket", "subprocess"}
RUNS_TEXT = {"exec", "eval", "__import__", "compile"}
FRAMES = {"_getframe", "__globals__", "__subclasses__", "f_back", "f_locals", "f_globals", "tb_frame"}
HIDES = {"_thread", "threading", "concurrent", "multiprocessing", "gc"}
INTERPRETER = {"sys.modules", "sys.setprofile", "sys.settrace", "sys.monitoring"}
MAGIC_CALLS = {"run_line_magic", "run_cell_magic", "system", "getoutput"}
HEAP = {"get_objects", "get_referrers", "get_referents"}
GRADER = re.compile(r"(?<![a-z])grader(?![a-z])", re.IGNORECASE)


def suspects(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """The index of a cell and what is unusual in it, once for each."""
    trees = trees_of(notebook)
    modules = imported(trees.values())
    for index, tree in trees.items():
        yield from ((index, what) for what in dict.fromkeys(unusual(tree, modules)))


def patches(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """The index of a cell and what it changes in a library, once for each."""
    trees = trees_of(notebook)
    modules = imported(trees.values())
    for index, tree in trees.items():
        yield from ((index, what) for what in dict.fromkeys(patched(tree, modules)))


def tampers(notebook: Notebook) -> bool:
    """Whether a cell changes a library, or reaches for what it was not given: other frames, the heap, the kernel."""
    found = {what for _, what in suspects(notebook)}
    ways = {f"use of {name}" for name in FRAMES | HEAP | INTERPRETER | {"get_ipython"}} | {"import of ctypes"}
    return bool(found & ways) or any(patches(notebook))


def hiding(sources: Sequence[str], name: str) -> tuple[str, ...]:
    """What in the code behind `name`, its own helpers included, keeps others from seeing how its results come about."""
    trees = [tree for source in sources if (tree := parse(source))]
    code = ast.Module(closure(trees, [name]), [])
    if not any(name in names_of(part) for part in blocks(code.body)):
        return ("code that is in no cell",)
    modules = imported([code])
    used = {full.partition(".")[0] for node in ast.walk(code) if (full := dotted(node, modules))}
    hides = sorted(used & (HIDES | REACHES_FAR))
    return tuple(dict.fromkeys([*reaching(code, modules), *(f"use of {module}" for module in hides)]))


def trees_of(notebook: Notebook) -> dict[int, ast.Module]:
    cells = (cell for cell in notebook.cells if cell.kind == "code")
    return {cell.index: tree for cell in cells if (tree := parse(cell.source))}


def unusual(tree: ast.Module, modules: Mapping[str, str]) -> Iterator[str]:
    own = {full.partition(".")[0] for full in imported([tree]).values()}
    yield from (f"import of {module}" for module in sorted(own & REACHES_FAR))
    yield from reaching(tree, modules)
    for name in filter(None, map(name_in, ast.walk(tree))):
        if GRADER.search(name):
            yield f"mention of the grader: {name[:60]}"


def reaching(tree: ast.Module, modules: Mapping[str, str]) -> Iterator[str]:
    """The ways to what code was not given, and code that is made of text."""
    shells = set(ast.walk(tree)) - magics(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT:
            yield f"call of {node.func.id}"
        elif isinstance(node, ast.Attribute) and node.attr in FRAMES | HEAP:
            yield f"use of {node.attr}"
        elif isinstance(node, ast.Attribute) and (full := dotted(node, modules) or "") in INTERPRETER:
            yield f"use of {full}"
        elif isinstance(node, ast.Name) and node.id == "get_ipython" and node in shells:
            yield "use of get_ipython"


def magics(tree: ast.Module) -> set[ast.AST]:
    """The mentions of `get_ipython` that `%magic` and `!shell` lines are made of."""
    return {
        node.value.func
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in MAGIC_CALLS and isinstance(node.value, ast.Call)
    }


def name_in(node: ast.AST) -> str | None:
    """The text of a name, an attribute or a string, comments and docstrings aside."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
