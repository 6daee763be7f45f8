"""Where code changes a library that others use as well."""

import ast
from collections.abc import Iterator, Mapping

SETTERS = {"setattr", "delattr"}


def patched(tree: ast.AST, modules: Mapping[str, str]) -> Iterator[str]:
    """What code of the notebook's own takes the place of in a library: `torch.allclose = ...`, `setattr(torch, ...)`.

    Settings are none of it: constants other than None, and what only names the library's own things.
    """
    for node in ast.walk(tree):
        places: list[ast.expr] = []
        if isinstance(node, ast.Assign) and own_code(node.value, modules):
            places = [place for place in node.targets if isinstance(place, ast.Attribute) or namespace(place)]
        elif isinstance(node, ast.Delete):
            places = [place for place in node.targets if isinstance(place, ast.Attribute)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SETTERS:
            places = node.args[:1]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and namespace(node.func):
            places = [node.func]
        yield from (ast.unparse(place) for place in places if library(place, modules))


def own_code(value: ast.expr, modules: Mapping[str, str]) -> bool:
    nothing = isinstance(value, ast.Constant) and value.value is None
    return nothing or any(
        isinstance(node, ast.Lambda) or (isinstance(node, ast.Name) and node.id not in modules)
        for node in ast.walk(value)
    )


def namespace(node: ast.AST) -> bool:
    """Whether this is about a module's or class's dictionary: `vars(torch)[...]`, `torch.__dict__.update`."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr == "__dict__")
        or (isinstance(part, ast.Name) and part.id == "vars")
        for part in ast.walk(node)
    )


def library(place: ast.AST, modules: Mapping[str, str]) -> bool:
    """Whether the leftmost thing that this is a part of is imported."""
    return any(isinstance(node, ast.Name) and node.id in modules for node in ast.walk(leftmost(place)))


def leftmost(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node
