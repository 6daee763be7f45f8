"""What can be said about code without running it. Cells that do not parse say nothing."""

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

from grader.notebooks.patches import patched
from grader.records.notebook import Notebook

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
CHEAP_BUILTINS = {
    name for name in dir(builtins) if name not in {"exec", "eval", "input", "open", "exit", "quit", "print"}
}

KERNEL_NAMES = {"get_ipython", "display", "In", "Out", "__name__"}

RUNS_ITS_BODY = re.compile(r"\A(?:\s*%%(?:time|capture|prun)\b.*\n)+")
HELPED_LINE = re.compile(r"^\s*([%!?,;/]+)|=\s*[%!]|\?\s*$")
"""A line that IPython may rewrite, once for each mark: magic, a shell's command, a question, or a call without brackets."""
MAX_EFFORT, MAX_HELPED, LENGTH_REWRITTEN = 100_000, 15_000, 30


def code_of(notebook: Notebook) -> list[str]:
    """The sources of the code cells."""
    return [cell.source for cell in notebook.cells if cell.kind == "code"]


@lru_cache(maxsize=4096)
def parse(source: str) -> ast.Module | None:
    """A cell's syntax tree, `%magic` and `!shell` lines included; None where the cell does not parse.

    Everybody who asks for a cell gets the same tree, which takes long for hostile ones: leave it as it is.
    """
    body = RUNS_ITS_BODY.sub("", source)
    # IPython tokenises the whole cell anew for each mark of magic, and takes the square of its length for some broken ones
    helped = sum(len(mark[1] or "?") for line in body.splitlines() if (mark := HELPED_LINE.search(line)))
    if helped * (len(body) + helped * LENGTH_REWRITTEN) > MAX_EFFORT:
        return None
    try:
        tree = plain(body) or ast.parse(TransformerManager().transform_cell(body))
        symtable.symtable(ast.unparse(tree), "cell", "exec")
    except (SyntaxError, ValueError, RuntimeError, MemoryError):
        return None
    return tree


def plain(body: str) -> ast.Module | None:
    """The tree of what is Python without IPython's help; raises SyntaxError where that is too long to be helped."""
    try:
        return ast.parse(body)
    except SyntaxError:
        if len(body) > MAX_HELPED:
            raise
        return None


def targets(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level assignment binds."""
    if isinstance(statement, ast.Assign):
        places = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        places = [statement.target]
    else:
        return
    for place in places:
        for node in ast.walk(place):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def bound_names(source: str) -> frozenset[str]:
    """The names that a cell defines or assigns at its top level, conditional blocks included."""
    tree = parse(source)
    return frozenset(name for statement in blocks(tree.body) for name in names_of(statement)) if tree else frozenset()


def blocks(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and what stands in their `if`, `try` and `with` blocks."""
    # no recursion: a chain of `elif` is as deep as it is long
    waiting = list(statements)[::-1]
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            inner = [part for field in ("body", "orelse", "finalbody") for part in getattr(statement, field, [])]
            inner += [part for handler in getattr(statement, "handlers", []) for part in handler.body]
            waiting += reversed(inner)


def names_of(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, Definition):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    else:
        yield from targets(statement)


def imported(trees: Iterable[ast.Module]) -> dict[str, str]:
    """What each imported name stands for in full: `{"np": "numpy", "SGD": "torch.optim.SGD"}`."""
    found = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    found[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def star_imports(trees: Iterable[ast.Module]) -> list[str]:
    """The modules of which everything is imported."""
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return [node.module for node in nodes if node.module and node.names[0].name == "*"]


def definitions(sources: Iterable[str], wanted: Iterable[str] = ()) -> list[str]:
    """Each cell with only what defines things: imports, functions, classes, and assignments that compute nothing long.

    An assignment is kept when it calls only imported names and builtins, or when one of `wanted` needs it, and when what
    it reads has been kept too.
    """
    trees = [parse(source) for source in sources]
    parsed = [tree for tree in trees if tree]
    modules, everything = imported(parsed), bool(star_imports(parsed))
    keep_anyway = {name for statement in closure(parsed, wanted) for name in names_of(statement)}
    known = set(dir(builtins)) | KERNEL_NAMES

    def cheap(statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Lambda):
            return True
        calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
        return all(root(function) in modules.keys() | CHEAP_BUILTINS for function in calls)

    def can_run(statement: ast.stmt) -> bool:
        return not any(patched(statement, modules)) and (everything or global_names(statement) <= known)

    def kept(statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
            return True
        if isinstance(statement, Definition):
            return can_run(hollow(statement))
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            required = bool(keep_anyway & set(targets(statement)))
            return (required or cheap(statement)) and can_run(statement)
        if isinstance(statement, ast.If | ast.Try):
            # what only prints does not make a block compute anything
            parts = list(blocks([statement]))
            tests = [ast.Expr(part.test) for part in parts if isinstance(part, ast.If)]
            return all(cheap(test) and can_run(test) for test in tests) and all(
                kept(part) or prints(part) for part in parts if not isinstance(part, ast.If | ast.Try)
            )
        return False

    def reduced(tree: ast.Module) -> Iterator[str]:
        for statement in tree.body:
            if kept(statement):
                known.update(name for part in blocks([statement]) for name in names_of(part))
                yield ast.unparse(statement)

    return ["\n".join(reduced(tree)) if tree else "" for tree in trees]


def prints(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Constant)
    return root(call.func) == "print" and not any(
        isinstance(node, ast.Call) for node in ast.walk(call) if node is not call
    )


def hollow(definition: ast.stmt) -> ast.stmt:
    """What of a definition runs at once: decorators, defaults, base classes, a class's body."""
    found = ast.parse(ast.unparse(definition)).body[0]
    for node in ast.walk(found):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return found


def root(node: ast.AST) -> str | None:
    """The leftmost name of `a.b().c`; None for anything else."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def dotted(node: ast.AST, modules: Mapping[str, str]) -> str | None:
    """`nn.Linear` in full, through the notebook's imports; None where its root is not imported."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in modules:
        return None
    return ".".join([modules[node.id], *reversed(parts)])


def closure(trees: Iterable[ast.Module], names: Iterable[str]) -> list[ast.stmt]:
    """The top-level statements, in order, that bind `names` or anything that their code mentions in turn."""
    statements = [statement for tree in trees for statement in tree.body]
    binders: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        for part in blocks([statement]):
            for name in (*names_of(part), *changed(part)):
                binders.setdefault(name, []).append(statement)
    waiting, seen, reached = list(names), set(names), set()
    while waiting:
        for statement in binders.get(waiting.pop(), []):
            if statement in reached:
                continue
            reached.add(statement)
            mentioned = global_names(statement) - seen
            seen |= mentioned
            waiting += mentioned
    return [statement for statement in statements if statement in reached]


def changed(statement: ast.stmt) -> Iterator[str]:
    """The names whose objects a top-level assignment to an element or attribute changes."""
    for place in statement.targets if isinstance(statement, ast.Assign) else []:
        for node in ast.walk(place):
            inner: ast.AST = node
            while isinstance(inner, ast.Attribute | ast.Subscript):
                inner = inner.value
            if inner is not node and isinstance(inner, ast.Name):
                yield inner.id


def global_names(statement: ast.stmt) -> set[str]:
    """The global variables that a statement's code reads, whenever it runs: its local variables do not count."""

    def walk(table: symtable.SymbolTable) -> Iterator[str]:
        at_top = table.get_type() == "module"
        yield from (s.get_name() for s in table.get_symbols() if s.is_referenced() and (at_top or s.is_global()))
        for child in table.get_children():
            yield from walk(child)

    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    added = {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    return set(walk(table)) | (added & set(declared(table)))


def declared(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (s.get_name() for s in table.get_symbols() if s.is_declared_global())
    for child in table.get_children():
        yield from declared(child)


def needed(sources: Iterable[str], names: Iterable[str]) -> str:
    """One program with only what `names` need: their definitions, what these use, and the imports for it."""
    trees = [tree for source in sources if (tree := parse(source))]
    return "\n".join(ast.unparse(statement) for statement in closure(trees, names))


def numbers(source: str) -> frozenset[int]:
    """The whole numbers that a cell's code names."""
    tree = parse(source)
    nodes = ast.walk(tree) if tree else ()
    return frozenset(n.value for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int)


def library_names(sources: Iterable[str], name: str) -> frozenset[str]:
    """The library names in full, `torch.nn.Linear`, that the code behind `name` mentions, its own helpers included."""
    trees = [tree for source in sources if (tree := parse(source))]
    own = {
        name
        for tree in trees
        for part in blocks(tree.body)
        if not isinstance(part, ast.Import | ast.ImportFrom)
        for name in names_of(part)
    }
    modules = {name: full for name, full in imported(trees).items() if name not in own}
    nodes = [node for statement in closure(trees, [name]) for node in ast.walk(statement)]
    names = {dotted(node, modules) for node in nodes if isinstance(node, ast.Attribute | ast.Name)}
    unknown = {node.id for node in nodes if isinstance(node, ast.Name)} - own - modules.keys() - set(dir(builtins))
    return frozenset(
        {full for full in names if full} | {f"{module}.{name}" for module in star_imports(trees) for name in unknown}
    )
