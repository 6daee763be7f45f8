"""What of a notebook can be recognised in a copy of it, whatever the copier did to names, comments, layout and order.

Every function maps a trace to the index of the first cell that has it. What is read of one notebook is bounded, so that
a huge one takes no longer than a long one.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Name, Number, String

from grader.notebooks.facts import parse
from grader.records.notebook import Cell, Notebook

Traces = dict[str, int]

TOKENS, WINDOW, WORDS, NUMBERS = 12, 4, 6, 3
"""Lengths of what is compared. Of any TOKENS + WINDOW - 1 tokens that two notebooks share, one trace is common."""
MAX_CODE, MAX_TEXT, MAX_PRINTED = 120_000, 200_000, 1_000_000
"""Characters of a notebook that are read: more than any honest one has."""

TAG = re.compile(r"<[^<>]{0,300}>")
WORD = re.compile(r"\w++")
NUMBER = re.compile(r"(?<![\w.])\d++\.\d++(?:e[-+]?\d++)?+(?![\w.])")
"""A number with a point. One with a unit behind it tells the time and not a result."""
LEAST_DIGITS = 4


class Plain(ast.NodeTransformer):
    """Code without what can be added to it or taken from it for show: annotations, docstrings, lone constants."""

    def visit(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return None
        if isinstance(node, ast.AnnAssign):
            return self.generic_visit(ast.Assign([node.target], node.value, lineno=0)) if node.value else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        return self.generic_visit(node)


def file(notebook: Notebook) -> Traces:
    """The file as a whole."""
    return {notebook.sha256: 0} if notebook.sha256 else {}


def code(notebook: Notebook) -> Traces:
    """Winnowed fingerprints of the code (Schleimer, Wilkerson and Aiken, 2003), all names and all constants alike."""
    found, sources = Traces(), ((cell.index, cell.source) for cell in notebook.cells if cell.kind == "code")
    for index, source in bounded(sources, MAX_CODE):
        for trace in winnowed(list(tokens(plain(source)))):
            found.setdefault(trace, index)
    return found


def bounded(parts: Iterable[tuple[int, str]], limit: int) -> Iterator[tuple[int, str]]:
    """Cells by index, as far as they are read: the shortest first, so that a huge one keeps no other from being read."""
    for index, part in sorted(parts, key=lambda entry: len(entry[1])):
        yield index, part[:limit]
        limit -= min(limit, len(part))


def plain(source: str) -> str:
    """`source` as Python itself would lay it out; as it is where it does not parse."""
    tree = parse(source)
    if tree is None:
        return source
    try:
        return ast.unparse(Plain().generic_visit(ast.parse(ast.unparse(tree))))
    except RecursionError:
        return source


def tokens(source: str) -> Iterator[str]:
    """Keywords, builtins and signs as they are; one word for all other names, one for numbers, one for strings."""
    last = ""
    for kind, written in PythonLexer().get_tokens(source):
        if kind in Comment or kind is String.Doc or not written.strip():
            continue
        word = written
        if kind in String:
            word = "string"
        elif kind in Number:
            word = "number"
        elif kind in Name and kind is not Name.Builtin:
            word = "name"
        # a formatted string comes in pieces
        if not word == last == "string":
            yield word
        last = word


def winnowed(found: Sequence[str]) -> Iterator[str]:
    """Of the hashes of all runs of tokens, the least in each window: a copy's are the same, wherever it stands."""
    hashes = [digest(" ".join(run)) for run in runs(found, TOKENS)]
    yield from map(min, runs(hashes, min(WINDOW, len(hashes) or 1)))


def text(notebook: Notebook) -> Traces:
    """Runs of words in what is written between the code, without tags, signs and capitals."""
    found, sources = Traces(), ((cell.index, cell.source) for cell in notebook.cells if cell.kind == "markdown")
    for index, source in bounded(sources, MAX_TEXT):
        for run in runs(WORD.findall(TAG.sub(" ", source).casefold()), WORDS):
            found.setdefault(" ".join(run), index)
    return found


def numbers(notebook: Notebook) -> Traces:
    """Runs of long numbers that a cell printed, such as the losses of epochs, or weights."""
    found, printed = Traces(), ((cell.index, printed_by(cell)) for cell in notebook.cells)
    for index, lines in bounded(printed, MAX_PRINTED):
        for run in runs([number for number in NUMBER.findall(lines) if digits(number) >= LEAST_DIGITS], NUMBERS):
            # a curve that stays where it is says nothing
            if len(set(run)) == NUMBERS:
                found.setdefault(", ".join(run), index)
    return found


def runs(things: Sequence[str], length: int) -> Iterator[Sequence[str]]:
    return (things[start : start + length] for start in range(len(things) - length + 1))


def printed_by(cell: Cell) -> str:
    return "\n".join(output.text for output in cell.outputs if output.kind != "error")


def digits(number: str) -> int:
    """How many of a number's digits are significant."""
    return len(number.partition("e")[0].replace(".", "").lstrip("0"))


def figures(notebook: Notebook) -> Traces:
    """Pictures among the outputs, byte for byte."""
    found = Traces()
    for cell in notebook.cells:
        for output in cell.outputs:
            for kind, content in (output.data or {}).items():
                if kind.startswith("image/"):
                    found.setdefault(digest("".join(content.split())), cell.index)
    return found


def digest(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
