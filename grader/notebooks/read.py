"""Bytes to a Notebook, or one sentence about why not. What it costs is bounded before anything is parsed."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

import nbformat

from grader.errors import BadNotebook
from grader.records.notebook import Cell, Notebook, Output
from grader.text import one_line, storable

MAX_BYTES, MAX_DEPTH, MAX_CELLS, MAX_OUTPUTS, MAX_SOURCE = 20 << 20, 60, 2_000, 20_000, 1 << 20
CELL_TYPES = ("code", "markdown", "raw")

# possessive, and content with a missing end: linear in time for every file
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
BRACKET = re.compile(rb"[\[\]{}]")


def read(data: bytes) -> Notebook:
    """Parse, bound and normalise a notebook file; raises BadNotebook with one sentence."""
    document = parse(data)
    version = checked_version(document)
    checked_language(document)
    if version == 3:
        document = upgraded(document)
    cells = document.get("cells")
    if cells is None:
        raise BadNotebook("The file is JSON but no notebook: it has no `cells`.")
    if not isinstance(cells, list):
        raise BadNotebook("The notebook's `cells` is not a list.")
    if len(cells) > MAX_CELLS:
        raise BadNotebook(f"The notebook has {len(cells):,} cells; the limit is {MAX_CELLS:,}.")
    read_cells = tuple(read_cell(index, cell, version == 3) for index, cell in enumerate(cells))
    if sum(len(cell.outputs) for cell in read_cells) > MAX_OUTPUTS:
        raise BadNotebook(f"The notebook has more than {MAX_OUTPUTS:,} outputs.")
    if not any(cell.kind == "code" and cell.source.strip() for cell in read_cells):
        raise BadNotebook("The notebook has no code, so there is nothing to grade.")
    return Notebook(sha256=hashlib.sha256(data).hexdigest(), cells=read_cells)


def parse(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`, its size and depth checked first."""
    if not data.strip():
        raise BadNotebook("The file is empty.")
    if len(data) > MAX_BYTES:
        raise BadNotebook(f"The file has {math.ceil(len(data) / 2**20)} MB; the limit is {MAX_BYTES >> 20} MB.")
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        raise BadNotebook("The file is not a Jupyter notebook: it is not JSON.")
    if depth(data) > MAX_DEPTH:
        raise BadNotebook(f"The file is nested more than {MAX_DEPTH} levels deep; no notebook is.")
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise BadNotebook(f"The file is not valid UTF-8 text (byte {error.start:,}).") from error
    except json.JSONDecodeError as error:
        raise BadNotebook(f"The file is broken JSON (line {error.lineno}: {error.msg}).") from error
    except ValueError as error:
        raise BadNotebook("The file holds a number that is too long to read.") from error
    if not isinstance(document, dict):
        raise BadNotebook("The file is JSON but no notebook: its top level is not an object.")
    return document


def depth(data: bytes) -> int:
    """How deep brackets are nested outside of strings, counted without parsing."""
    deepest = level = 0
    for bracket in BRACKET.findall(STRING.sub(b"", data)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
        if deepest > MAX_DEPTH:
            break
    return deepest


def checked_version(document: Mapping[str, Any]) -> int:
    version = document.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool):
        if "cells" not in document and "worksheets" not in document:
            raise BadNotebook("The file is JSON but no notebook: it has no `cells`.")
        raise BadNotebook("The notebook's format version (`nbformat`) is missing or not a number.")
    if version not in (3, 4):
        raise BadNotebook(f"The notebook has format version {str(version)[:20]}; versions 3 and 4 can be graded.")
    return version


def checked_language(document: Mapping[str, Any]) -> None:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise BadNotebook("The notebook's `metadata` is missing or not an object.")
    named = [(metadata.get("kernelspec"), "language"), (metadata.get("language_info"), "name")]
    for table, key in named:
        language = table.get(key) if isinstance(table, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            raise BadNotebook(
                f"The notebook is written for {one_line(language[:30])}; only Python notebooks can be graded."
            )


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """A version 3 notebook as version 4."""
    try:
        notebook: dict[str, Any] = nbformat.convert(nbformat.from_dict(document), 4)
    except Exception as error:
        raise BadNotebook("The notebook has format version 3 and is malformed.") from error
    return notebook


def read_cell(index: int, cell: object, upgraded: bool) -> Cell:
    where = f"Cell {index + 1} of the notebook"
    if not isinstance(cell, dict):
        raise BadNotebook(f"{where} is not an object.")
    if cell.get("cell_type") not in CELL_TYPES:
        raise BadNotebook(f"{where} has the unknown type {str(cell.get('cell_type'))[:20]!r}.")
    source = joined(cell.get("source"))
    if source is None:
        raise BadNotebook(f"{where} has no text: its `source` is neither a string nor a list of strings.")
    if len(source) > MAX_SOURCE:
        raise BadNotebook(f"{where} is longer than {MAX_SOURCE:,} characters.")
    outputs = cell.get("outputs", [])
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise BadNotebook(f"{where} has `outputs` that are not a list of objects.")
    identity, count = cell.get("id"), cell.get("execution_count")
    return Cell(
        index=index,
        kind=cell["cell_type"],
        source=source,
        id=joined(identity) if isinstance(identity, str) and not upgraded else None,
        execution_count=count if isinstance(count, int) else None,
        outputs=tuple(read_output(output) for output in islice(outputs, MAX_OUTPUTS + 1)),
    )


def read_output(output: Mapping[str, Any]) -> Output:
    """A stored output; parts of the wrong type are left out: what a file claims was printed decides nothing."""
    kind = output.get("output_type")
    if kind == "stream":
        return Output("stream", text=joined(output.get("text")) or "", stream=storable(str(output.get("name"))[:10]))
    if kind == "error":
        return Output("error", text=storable(f"{output.get('ename')}: {output.get('evalue')}"[:1000]))
    bundle = output.get("data")
    texts = {storable(str(mime)): joined(value) for mime, value in bundle.items()} if isinstance(bundle, dict) else {}
    data = {mime: text for mime, text in texts.items() if text is not None}
    return Output("display", text=data.get("text/plain", ""), data=data)


def joined(value: object) -> str | None:
    """Notebook text as one storable string; None where it is no text."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        return None
    return storable(value)
