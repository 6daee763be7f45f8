"""A copy of a notebook that its copier did not want to be known: the same program in other clothes."""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from matplotlib.axes import Axes
from torch import nn

from grader.notebooks.facts import Definition, bound_names, global_names, parse
from grader.records.notebook import Cell, Notebook

PHRASES = ("now we do this part", "see the lecture", "as required", "another step", "this took us long", "fixed later")
WORDS = ("alpha", "value", "thing", "current", "part", "item", "data", "result", "temp", "holder", "unit", "state")
LIBRARY = {name for thing in (torch.Tensor, nn.Linear(1, 1), Axes, dict, list, str) for name in dir(thing)}
"""Names of attributes that a copier has to leave alone."""


def disguised(notebook: Notebook, given: Notebook, chance: random.Random) -> Notebook:
    """`notebook` with other names, comments, layout, cells and answers; what `given` names keeps its name."""
    fixed = set[str]().union(*(mentioned(cell.source) for cell in given.cells if cell.kind == "code"))
    renamed = renaming([cell.source for cell in notebook.cells if cell.kind == "code"], fixed, chance)
    theirs = {cell.source for cell in given.cells}
    cells: list[Cell] = []
    for cell in notebook.cells:
        if cell.source in theirs:
            cells.append(replace(cell, outputs=()))
        elif cell.kind == "code":
            cells += [Cell(0, "code", part) for part in split(rewritten(cell.source, renamed, chance), chance)]
        else:
            cells.append(Cell(0, cell.kind, " ".join(chance.choices(PHRASES, k=12))))
    return replace(notebook, cells=tuple(replace(cell, index=i) for i, cell in enumerate(moved(cells, chance))))


def mentioned(source: str) -> set[str]:
    """The names in a starter's cell; of one that does not parse before it is filled in, those that it defines."""
    if tree := parse(source):
        return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | bound_names(source)
    heads = [line for line in source.splitlines() if line.lstrip().startswith(("def ", "class "))]
    return set(re.findall(r"\w+", " ".join(heads)))


class Renamed(ast.NodeTransformer):
    """Other names for what is the code's own, and no docstrings."""

    def __init__(self, variables: dict[str, str], attributes: dict[str, str], functions: set[str]) -> None:
        self.variables, self.attributes, self.functions = variables, attributes, functions
        self.names = {**variables, **attributes}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Name):
            node.id = self.variables.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = self.variables.get(node.arg, node.arg)
        elif isinstance(node, ast.Attribute):
            node.attr = self.attributes.get(node.attr, node.attr)
        elif isinstance(node, ast.alias) and node.asname:
            node.asname = self.variables.get(node.asname, node.asname)
        elif isinstance(node, Definition):
            node.name = self.names.get(node.name, node.name)
            node.body = (node.body[1:] or [ast.Pass()]) if ast.get_docstring(node) is not None else node.body
        elif isinstance(node, ast.Call) and self.is_own(node.func):
            for keyword in node.keywords:
                keyword.arg = self.names.get(keyword.arg or "", keyword.arg)
        return self.generic_visit(node)

    def is_own(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Attribute):
            return function.attr in self.attributes
        return isinstance(function, ast.Name) and function.id in self.functions


def renaming(sources: Sequence[str], fixed: set[str], chance: random.Random) -> Renamed:
    variables, attributes, methods, functions = set[str](), set[str](), set[str](), set[str]()
    for node in (node for tree in filter(None, map(parse, sources)) for node in ast.walk(tree)):
        if isinstance(node, ast.arg):
            variables.add(node.arg)
        elif isinstance(node, ast.alias):
            variables.add(node.asname or "")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            variables.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes.add(node.attr)
        elif isinstance(node, Definition):
            functions.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods |= {part.name for part in node.body if isinstance(part, Definition)}
            places = (part.target for part in node.body if isinstance(part, ast.AnnAssign))
            attributes |= {place.id for place in places if isinstance(place, ast.Name)}
    special = {name for name in functions if name.startswith("__")}
    variables = (variables | functions) - (methods & LIBRARY) - special - fixed - {""}
    attributes = (attributes | methods) - LIBRARY - special - fixed
    names = {name: f"{chance.choice(WORDS)}_{i}" for i, name in enumerate(sorted(variables | attributes))}
    new_variables, new_attributes = ({name: names[name] for name in own} for own in (variables, attributes))
    return Renamed(new_variables, new_attributes, functions)


def rewritten(source: str, renamed: Renamed, chance: random.Random) -> str:
    """Other names and another layout: two spaces, other quotes, comments and empty lines where there were none."""
    if not parse(source):
        return source
    found: list[str] = []
    for line in ast.unparse(renamed.visit(ast.parse(source))).splitlines():
        body = line.lstrip(" ")
        indent = " " * ((len(line) - len(body)) // 2)
        plain = not set('"\\') & set(body)
        if chance.random() < 0.2:
            found += ["", f"{indent}# {chance.choice(PHRASES)}"]
        found.append(indent + (body.replace("'", '"') if plain else body))
    return "\n".join(found)


def split(source: str, chance: random.Random) -> Iterator[str]:
    """The cell in up to three pieces, cut where a statement of the top level begins."""
    tree = parse(source)
    starts = [min([s.lineno, *(d.lineno for d in getattr(s, "decorator_list", []))]) for s in tree.body] if tree else []
    cuts = sorted(chance.sample(starts[1:], min(2, len(starts[1:]))))
    lines = source.splitlines()
    for first, last in zip([1, *cuts], [*cuts, len(lines) + 1], strict=True):
        yield "\n".join(lines[first - 1 : last - 1])


def moved(cells: Sequence[Cell], chance: random.Random) -> list[Cell]:
    """The cells in another order in which each still finds what it reads."""
    found = list(cells)
    for _ in range(5 * len(found)):
        place = chance.randrange(len(found) - 1)
        if independent(found[place].source, found[place + 1].source):
            found[place : place + 2] = found[place + 1], found[place]
    return found


def independent(first: str, second: str) -> bool:
    binds, reads = [bound_names(source) for source in (first, second)], [used(source) for source in (first, second)]
    return not (binds[0] & (binds[1] | reads[1]) or binds[1] & reads[0])


def used(source: str) -> set[str]:
    tree = parse(source)
    return set().union(*(global_names(statement) for statement in tree.body)) if tree else set()
