"""Builds a submission from a style file of `tests/solutions` and the starter.

A style file holds cells in percent format:

    # no-ids                            an option, before the first cell: an editor that knows no ids saved the notebook
    # %% code cell-09                   takes the place of that cell of the starter
    # %% markdown cell-02 lines 10-11   takes the place of these lines of it, counted from 1; after the last: is added
    # %% markdown                       a cell of the student's own, after the one above
    # %% markdown after cell-20         a cell of the student's own, after that cell of the starter

Markdown is written behind "# ". What a file does not name stays as in the starter.
"""

import copy
import re
from pathlib import Path
from typing import Any

HEAD = re.compile(
    r"# %% (?P<kind>code|markdown)(?:(?P<new> after)? (?P<id>[\w-]+))?(?: lines (?P<first>\d+)-(?P<last>\d+))?"
)


def assemble(style: Path, starter: dict[str, Any]) -> dict[str, Any]:
    """The notebook that a student of this style hands in, as nbformat 4 JSON; `starter` is left as it is."""
    preamble, *parts = re.split(r"^(?=# %% )", style.read_text(encoding="utf-8"), flags=re.MULTILINE)
    options = {line.removeprefix("# ").strip() for line in preamble.splitlines()}
    notebook = copy.deepcopy(starter)
    cells: list[dict[str, Any]] = notebook["cells"]
    position = -1
    for number, part in enumerate(parts):
        head, _, body = part.partition("\n")
        match = HEAD.fullmatch(head.rstrip())
        if match is None:
            raise ValueError(f"{style.name}: no cell starts with {head!r}")
        source = markdown(body) if match["kind"] == "markdown" else body.strip("\n")
        if match["id"]:
            position = next(i for i, cell in enumerate(cells) if cell.get("id") == match["id"])
        if match["new"] or not match["id"]:
            position += 1
            cells.insert(position, {"cell_type": match["kind"], "id": f"own-{number:02}", "metadata": {}})
        elif cells[position]["cell_type"] != match["kind"]:
            raise ValueError(f"{style.name}: the starter's {match['id']} is no {match['kind']} cell")
        if match["first"]:
            lines = "".join(cells[position]["source"]).splitlines()
            lines[int(match["first"]) - 1 : int(match["last"])] = source.splitlines()
            source = "\n".join(lines)
        cells[position]["source"] = source.splitlines(keepends=True)
    stamp(cells)
    if "no-ids" in options:
        forget_ids(notebook)
    return notebook


def markdown(body: str) -> str:
    return "\n".join(line[2:] for line in body.strip("\n").splitlines())


def stamp(cells: list[dict[str, Any]]) -> None:
    """As if all cells had run, once and in order."""
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["execution_count"] = count
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [f"Out of cell {count}\n"]}]


def forget_ids(notebook: dict[str, Any]) -> None:
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["source"] = "".join(cell["source"])
