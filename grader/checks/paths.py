"""Paths that exist on one machine only."""

import ast
import re
from collections.abc import Iterator

from grader.checks.cells import called, listed, quoted_or_remarked, shortened
from grader.errors import CheckFailed
from grader.notebooks.facts import parse
from grader.records.notebook import Cell
from grader.records.submission import Submission

LONGEST_PATH = 60

ABSOLUTE = re.compile(
    # a drive, and a name of two letters at least: `d:\s` is a regular expression
    r"[A-Za-z]:[\\/]+(?:\Z|(?:[\w ~.()-]{2}|\w[\\/])[\w ~.,()*?\\/-]*\Z)"
    r"|\\{2,}[A-Za-z0-9][\w.-]+\\+[\w$][\w .$()*?\\-]*\Z"
    r"|/(?:home|Users)/[\w.$-]"
    r"|/(?:root|mnt|media|Volumes)/"
    r"|~/"
    r"|(?i:file):/"
)
UNFINISHED = re.compile(r"/(?:home|Users)/\Z|[A-Za-z]:[\\/]+[\w ~.,()\\/-]*\Z")
"""What an f-string may begin with that goes on with a value."""
SHELLS = {"bash", "sh", "script", "cmd", "powershell", "system", "sx", "!"}
ASKS_SHELL = {"system", "popen", "getoutput", "run_line_magic", "run_cell_magic"}
WORD = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'=;|&<>()]+")


def no_absolute_paths(submission: Submission) -> None:
    """No code cell names a file by a path that starts at the top of somebody's own machine."""
    found = [
        f"`{shortened(path, LONGEST_PATH)}` in {called(submission.notebook, cell)}"
        for cell in submission.notebook.cells
        if cell.kind == "code"
        for path in dict.fromkeys(absolute_paths(cell))
    ]
    if found:
        raise CheckFailed(
            "The code should use only relative paths, such as `./data/x.csv`, so that it runs on any machine, but there "
            f"{'is' if len(found) == 1 else 'are'} {listed(found)}."
        )


def absolute_paths(cell: Cell) -> Iterator[str]:
    tree = parse(cell.source)
    yield from in_strings(tree) if tree else in_text(cell.source)


def in_strings(tree: ast.Module) -> Iterator[str]:
    """The absolute paths among the strings and shell lines of code that parses."""
    done = set[int]()
    for node in ast.walk(tree):
        if id(node) in done:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            # a docstring, or text that nothing is done with
            done.add(id(node.value))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            # what is added to a path does not start it
            done.update(map(id, ast.walk(node.right)))
        elif isinstance(node, ast.JoinedStr):
            done.update(map(id, node.values))
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and starts_absolute(first.value):
                yield ast.unparse(node)[2:-1]
        elif isinstance(node, ast.Call) and (lines := shell_lines(node)):
            done.update(map(id, node.args))
            yield from (path for line in lines for path in in_shell(line))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_absolute(node.value):
            yield node.value.strip()


def shell_lines(call: ast.Call) -> list[str]:
    """What a `%magic` or `!shell` line hands on; nothing for other calls."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in ASKS_SHELL:
        return []
    handed = [value.value for value in call.args if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    if function.attr == "run_cell_magic" and handed and handed[0] not in SHELLS:
        handed = handed[:2]
    return [line for text in handed for line in text.splitlines() if not line.lstrip().startswith("#")]


def in_shell(line: str) -> Iterator[str]:
    for word in WORD.findall(line):
        path = word.strip("\"'")
        if is_absolute(path):
            yield path


def in_text(source: str) -> Iterator[str]:
    """The absolute paths in a cell that does not parse."""
    for kind, text in quoted_or_remarked(source):
        if kind == "short" and is_absolute(text):
            yield text.strip()
    for line in source.splitlines():
        if line.lstrip().startswith(("%", "!")):
            yield from in_shell(line.lstrip().lstrip("%!"))


def starts_absolute(text: str) -> bool:
    """Whether a path that goes on after `text` is an absolute one."""
    return is_absolute(text) or UNFINISHED.match(text.lstrip()) is not None


def is_absolute(text: str) -> bool:
    return ABSOLUTE.match(text.strip()) is not None
