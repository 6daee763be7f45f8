"""What honest answers to a deep-learning assignment have no use for. A reason to look, never to take points."""

import ast
import re
from collections.abc import Iterator

from grader.notebooks.facts import imported, parse
from grader.records.notebook import Notebook

REACHES_FAR = {"ctypes", "inspect", "marshal", "dis", "socket", "subprocess"}
RUNS_TEXT = {"exec", "eval", "__import__", "compile"}
FRAMES = {"_getframe", "__globals__", "__subclasses__", "f_back", "f_locals", "f_globals", "tb_frame"}
HEAP = {"get_objects", "get_referrers", "get_referents"}
GRADER = re.compile(r"(?<![a-z])grader(?![a-z])", re.IGNORECASE)


def suspects(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """The index of a cell and what is unusual in it, once for each."""
    for cell in notebook.cells:
        tree = parse(cell.source) if cell.kind == "code" else None
        if tree is not None:
            yield from ((cell.index, what) for what in dict.fromkeys(unusual(tree)))


def unusual(tree: ast.Module) -> Iterator[str]:
    modules = {full.partition(".")[0] for full in imported([tree]).values()}
    yield from (f"import of {module}" for module in sorted(modules & REACHES_FAR))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT:
            yield f"call of {node.func.id}"
        elif isinstance(node, ast.Attribute) and node.attr in FRAMES | HEAP:
            yield f"use of {node.attr}"
        elif (name := name_in(node)) and GRADER.search(name):
            yield f"mention of the grader: {name[:60]}"


def name_in(node: ast.AST) -> str | None:
    """The text of a name, an attribute or a string, comments and docstrings aside."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
