"""Files as people upload them, and as nobody should: a notebook comes out, or one sentence about why not."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.errors import BadNotebook
from grader.notebooks.read import MAX_BYTES, MAX_CELLS, MAX_DEPTH, MAX_OUTPUTS, MAX_SOURCE, read
from grader.records.notebook import Notebook, Output

Json = dict[str, Any]

CODE: Json = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}
CODE_3: Json = {"cell_type": "code", "input": "x = 1", "language": "python", "metadata": {}, "outputs": []}
HOSTILE = "a\ud800b\0c"
"""A lone surrogate, which no encoder takes, and a NUL, which databases and C programs end a text at."""


def document(*cells: Any, **parts: Any) -> Json:
    """A notebook of format version 4, with `parts` in place of its own."""
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells or [CODE])} | parts


def document_3(*cells: Any, **parts: Any) -> Json:
    """A notebook of format version 3."""
    sheets = [{"cells": list(cells or [CODE_3]), "metadata": {}}]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets} | parts


def written(value: object) -> bytes:
    return json.dumps(value).encode()


def without(table: Json, key: str) -> Json:
    return {name: value for name, value in table.items() if name != key}


def nested(levels: int) -> bytes:
    """A notebook whose brackets go `levels` deep: two of them are the document's own and its metadata's."""
    inner = levels - 2
    return written(document(metadata={"deep": "HERE"})).replace(b'"HERE"', b"[" * inner + b"]" * inner)


def of_size(size: int) -> bytes:
    """A good notebook, filled up with blanks."""
    return written(document()).ljust(size)


def language(name: str) -> Json:
    """Metadata that say which language a notebook is written in."""
    return {"language_info": {"name": name}}


def with_outputs(count: int) -> Json:
    return CODE | {"outputs": [{}] * count}


def refused(name: str, content: Any, *words: str) -> Any:
    """A case: an upload, as bytes, as a document, or as what makes one of these, and words that its sentence has."""
    return pytest.param(content, words, id=name)


NOT_JSON = [
    refused("empty", b"", "empty"),
    refused("blank", b" \r\n\t\n", "empty"),
    refused("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "not a Jupyter notebook", "not JSON"),
    refused("zip", b"PK\x03\x04" + bytes(100), "not a Jupyter notebook", "not JSON"),
    refused("login page", b"<!DOCTYPE html><html>{}</html>", "not a Jupyter notebook", "not JSON"),
    refused("Python script", b"import torch\nx = {}\n", "not a Jupyter notebook", "not JSON"),
    refused("UTF-16", json.dumps(document()).encode("utf-16"), "not a Jupyter notebook", "not JSON"),
    refused("number", b"4", "not a Jupyter notebook", "not JSON"),
    refused("half", written(document())[:70], "broken JSON", "line 1"),
    refused("line of the error", b'{\n "cells": [],\n oops\n}', "broken JSON", "line 3"),
    refused("two documents", written(document()) * 2, "broken JSON", "Extra data"),
    refused("merge conflict", b'{\n<<<<<<< HEAD\n"cells": []\n=======\n}', "broken JSON", "line 2"),
    refused("broken UTF-8", written(document()).replace(b"x = 1", b"x = \xff"), "not valid UTF-8", "byte "),
    refused("cut-off UTF-8", written(document()).replace(b"x = 1", b"x = \xe2\x82"), "not valid UTF-8", "byte "),
    refused("6,000 digits", written(document()).replace(b"null", b"9" * 6000), "number", "too long"),
]
DEEP = [
    refused("brackets", b"[" * 200_000, "nested", f"{MAX_DEPTH} levels"),
    refused("closed brackets", b"[" * 200_000 + b"]" * 200_000, "nested", f"{MAX_DEPTH} levels"),
    refused("braces", b'{"a":' * 200_000, "nested", f"{MAX_DEPTH} levels"),
    refused("in cells", b'{"cells":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested", f"{MAX_DEPTH} levels"),
    refused("one too deep", nested(MAX_DEPTH + 1), "nested", f"{MAX_DEPTH} levels"),
    refused("after strings", b'{"\\"": "\\\\", "a": ' + b"[" * 200_000, "nested", f"{MAX_DEPTH} levels"),
    # a scan that is quadratic in time would take days for these
    refused("endless string", lambda: b'{"a": "' + b'\\"' * (9 << 20), "broken JSON", "Unterminated string"),
    refused("endless backslashes", lambda: b'{"a": "' + b"\\" * (18 << 20), "broken JSON", "Unterminated string"),
    refused("escaped in between", lambda: b'{"a": ' + b'"\\' * (2 << 20), "broken JSON"),
    refused("nothing but quotes", lambda: b"{" + b'"' * (2 << 20), "broken JSON"),
]
NO_NOTEBOOK = [
    refused("list", [document()], "no notebook", "top level"),
    refused("no keys", {}, "no notebook", "`cells`"),
    refused("other JSON", {"name": "results", "values": [1, 2]}, "no notebook", "`cells`"),
    refused("no cells", without(document(), "cells"), "no notebook", "`cells`"),
    refused("cells null", document(cells=None), "no notebook", "`cells`"),
    refused("cells object", document(cells={"0": CODE}), "`cells`", "not a list"),
    refused("cells text", document(cells="x = 1"), "`cells`", "not a list"),
    refused("no version", without(document(), "nbformat"), "`nbformat`", "missing or not a number"),
    refused("version text", document(nbformat="4"), "`nbformat`", "missing or not a number"),
    refused("version true", document(nbformat=True), "`nbformat`", "missing or not a number"),
    refused("version NaN", document(nbformat=float("nan")), "`nbformat`", "missing or not a number"),
    refused("version 99", document(nbformat=99), "version 99", "3 and 4"),
    refused("version 2", document(nbformat=2), "version 2", "3 and 4"),
    refused("version of 4,000 digits", document(nbformat=int("9" * 4000)), "version 999", "3 and 4"),
    refused("no metadata", without(document(), "metadata"), "`metadata`", "missing or not an object"),
    refused("metadata list", document(metadata=[]), "`metadata`", "missing or not an object"),
    refused("not one cell", document(cells=[]), "no code", "nothing to grade"),
    refused("text only", document({"cell_type": "markdown", "source": "hi"}), "no code", "nothing to grade"),
    refused("blank code", document(CODE | {"source": [" \n", "\t"]}), "no code", "nothing to grade"),
    refused("version 3, sheets null", document_3(worksheets=None), "version 3", "malformed"),
    refused("version 3, cell is text", document_3("x = 1"), "version 3", "malformed"),
    refused("version 3, output a number", document_3(CODE_3 | {"outputs": [3]}), "version 3", "malformed"),
    refused("version 3, no sheets", document_3(worksheets=[]), "no code", "nothing to grade"),
]
OTHER_LANGUAGE = [
    refused("R kernel", document(metadata={"kernelspec": {"language": "R"}}), "for R;", "only Python"),
    refused("R file", document(metadata=language("R")), "for R;", "only Python"),
    refused("Julia", document(metadata=language("julia")), "for julia;", "only Python"),
    refused("R in version 3", document_3(metadata=language("R")), "for R;", "only Python"),
    refused("many letters", document(metadata=language("R" * 9999)), "for RRR", "only Python"),
    refused("two lines", document(metadata=language("R\nor S")), "for R", "only Python"),
    refused("surrogate", document(metadata=language("R\ud800")), "for R", "only Python"),
]
BAD_CELL = [
    refused("cell is text", document(CODE, "x = 1"), "Cell 2", "not an object"),
    refused("cell is null", document(None), "Cell 1", "not an object"),
    refused("unknown type", document(CODE, CODE, CODE | {"cell_type": "sql"}), "Cell 3", "unknown type 'sql'"),
    refused("type of two lines", document(CODE | {"cell_type": "a\nb\0"}), "Cell 1", "unknown type"),
    refused("type is a list", document(CODE | {"cell_type": ["code"]}), "Cell 1", "unknown type"),
    refused("long type", document(CODE | {"cell_type": "code" * 9999}), "Cell 1", "unknown type"),
    refused("no type", document(without(CODE, "cell_type")), "Cell 1", "unknown type"),
    refused("source is a number", document(CODE | {"source": 3}), "Cell 1", "`source`", "neither a string"),
    refused("source of numbers", document(CODE | {"source": ["x", 3]}), "Cell 1", "`source`", "neither a string"),
    refused("no source", document(without(CODE, "source")), "Cell 1", "`source`", "neither a string"),
    refused("outputs object", document(CODE | {"outputs": {}}), "Cell 1", "`outputs`", "not a list of objects"),
    refused("outputs null", document(CODE | {"outputs": None}), "Cell 1", "`outputs`", "not a list of objects"),
    refused("output is text", document(CODE | {"outputs": ["1"]}), "Cell 1", "`outputs`", "not a list of objects"),
]
TOO_MUCH = [
    refused("bytes", lambda: of_size(MAX_BYTES + (2 << 20)), "has 22 MB", "limit is 20 MB"),
    refused("cells", lambda: document(*[CODE] * (MAX_CELLS + 1)), "2,001 cells", "limit is 2,000"),
    refused("cells, version 3", lambda: document_3(*[CODE_3] * (MAX_CELLS + 1)), "2,001 cells", "limit is 2,000"),
    refused("source", lambda: document(CODE | {"source": "x" * (MAX_SOURCE + 1)}), "Cell 1", "longer than 1,048,576"),
    refused("outputs", lambda: document(with_outputs(MAX_OUTPUTS + 1)), "more than 20,000 outputs"),
    refused("outputs, two cells", lambda: document(*[with_outputs(10_001)] * 2), "more than 20,000 outputs"),
]


def is_one_sentence(message: str) -> bool:
    """Whether a person gets one line that a terminal, a log and a page can show."""
    return message.isprintable() and message[:1].isupper() and message.endswith(".") and len(message) < 160


@pytest.mark.parametrize(("content", "words"), [*NOT_JSON, *DEEP, *NO_NOTEBOOK, *OTHER_LANGUAGE, *BAD_CELL, *TOO_MUCH])
def test_what_cannot_be_graded_is_refused_in_one_sentence(content: Any, words: tuple[str, ...]) -> None:
    made = content() if callable(content) else content
    with pytest.raises(BadNotebook) as refusal:
        read(made if isinstance(made, bytes) else written(made))

    message = str(refusal.value)
    assert [word for word in words if word not in message] == [], message
    assert is_one_sentence(message), message


def test_the_size_of_a_file_that_is_too_large_is_said_to_be_above_the_limit() -> None:
    with pytest.raises(BadNotebook) as refusal:
        read(of_size(MAX_BYTES + 1))

    assert "has 20 MB; the limit is 20 MB" not in str(refusal.value)


@pytest.mark.parametrize("whole", [written(document()), written(document_3())], ids=["version 4", "version 3"])
def test_an_upload_cut_off_anywhere_is_refused(whole: bytes) -> None:
    read(whole)
    for end in range(len(whole)):
        with pytest.raises(BadNotebook) as refusal:
            read(whole[:end])
        assert is_one_sentence(str(refusal.value)), str(refusal.value)


@pytest.mark.parametrize("damage", [b"\xff", b"\0", b'"', b"[", b"}", b"\\", b"9"])
def test_one_damaged_byte_never_ends_in_a_traceback(damage: bytes) -> None:
    whole = written(document(CODE | {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["1"]}]}))
    for place in range(len(whole)):
        assert is_read_or_refused(whole[:place] + damage + whole[place + 1 :])


STREAM_3 = {"output_type": "stream", "stream": "stdout", "text": "1"}
DISPLAY = {"output_type": "display_data", "data": {"text/plain": ["1"]}, "metadata": {}}
SAMPLES = {
    "version 4": document(
        CODE | {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["1"]}, DISPLAY]},
        {"cell_type": "markdown", "source": ["a\n", "b"], "attachments": {}},
        metadata={"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "python"}},
    ),
    "version 3": document_3(
        CODE_3 | {"outputs": [STREAM_3]}, {"cell_type": "heading", "level": 2, "source": "Title", "metadata": {}}
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("value", [None, True, -1, 0.5, "text", [], {}, [None], [[]], {"a": 1}], ids=repr)
def test_a_value_of_any_type_in_any_place_never_ends_in_a_traceback(sample: str, value: object) -> None:
    changed = list(replaced_once(SAMPLES[sample], value))
    assert len(changed) > 20
    for whole in changed:
        assert is_read_or_refused(written(whole)), whole


def replaced_once(tree: Any, value: object) -> Iterator[Any]:
    """`tree` with `value` instead of one of its parts, for each part."""
    yield value
    parts = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    for key, part in parts:
        for changed in replaced_once(part, value):
            copy = dict(tree) if isinstance(tree, dict) else list(tree)
            copy[key] = changed
            yield copy


def is_read_or_refused(data: bytes) -> bool:
    try:
        return isinstance(read(data), Notebook)
    except BadNotebook as refusal:
        return is_one_sentence(str(refusal))


def source_of(data: bytes) -> str:
    """The only cell's source."""
    (cell,) = read(data).cells
    return cell.source


def test_a_notebook_keeps_what_was_written_and_what_was_printed() -> None:
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]},
        {
            "output_type": "execute_result",
            "data": {"text/plain": ["1", "2"], "image/png": "AAAA"},
            "execution_count": 7,
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []},
    ]
    data = written(
        document(
            {"cell_type": "markdown", "source": "# Title", "id": "first"},
            CODE | {"source": ["x = 1\n", "x"], "id": "second", "execution_count": 7, "outputs": outputs},
            {"cell_type": "raw", "source": ""},
        )
    )

    notebook = read(data)

    assert notebook.sha256 == hashlib.sha256(data).hexdigest()
    assert [(cell.index, cell.kind, cell.source, cell.id, cell.execution_count) for cell in notebook.cells] == [
        (0, "markdown", "# Title", "first", None),
        (1, "code", "x = 1\nx", "second", 7),
        (2, "raw", "", None, None),
    ]
    assert notebook.cells[1].outputs == (
        Output("stream", text="a\nb", stream="stderr"),
        Output("display", text="12", data={"text/plain": "12", "image/png": "AAAA"}),
        Output("error", text="ValueError: no"),
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n \t\r\n"], ids=["none", "byte order mark", "blank lines"])
def test_what_stands_before_the_first_brace_does_not_matter(mark: bytes) -> None:
    data = mark + written(document())

    assert source_of(data) == "x = 1"
    assert read(data).sha256 == hashlib.sha256(data).hexdigest()


def test_letters_of_all_alphabets_arrive() -> None:
    source = "naïve = 'שלום ∇ 🙂'"

    assert source_of(json.dumps(document(CODE | {"source": source}), ensure_ascii=False).encode()) == source
    assert source_of(written(document(CODE | {"source": source}))) == source


def test_not_a_number_in_an_output_or_in_metadata_is_no_obstacle() -> None:
    output = {"output_type": "display_data", "data": {"application/json": float("nan"), "text/plain": "nan"}}
    data = written(document(CODE | {"outputs": [output]}, metadata={"loss": float("inf")}))
    assert b"NaN" in data
    assert b"Infinity" in data

    (cell,) = read(data).cells

    assert cell.outputs == (Output("display", text="nan", data={"text/plain": "nan"}),)


def test_ids_outputs_counts_and_cell_metadata_may_be_missing() -> None:
    (cell,) = read(written(document({"cell_type": "code", "source": "x = 1"}))).cells

    assert (cell.id, cell.outputs, cell.execution_count) == (None, (), None)


def test_ids_and_counts_of_the_wrong_type_are_left_out() -> None:
    (cell,) = read(written(document(CODE | {"id": 5, "execution_count": "7"}))).cells

    assert (cell.id, cell.execution_count) == (None, None)


def test_parts_of_an_output_that_have_the_wrong_type_are_left_out() -> None:
    outputs: list[Json] = [
        {},
        {"output_type": 5},
        {"output_type": "stream", "name": "stdout", "text": 5},
        {"output_type": "display_data", "data": ["text/plain"]},
        {"output_type": "display_data", "data": {"text/plain": {"a": 1}, "text/html": "<b>"}},
    ]

    (cell,) = read(written(document(CODE | {"outputs": outputs}))).cells

    assert [output.text for output in cell.outputs] == [""] * 5
    assert cell.outputs[4].data == {"text/html": "<b>"}


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "conda-env-dl", "display_name": "Deep learning", "language": "python"}},
        {"kernelspec": None, "language_info": []},
        {"kernelspec": {"language": ""}, "language_info": {"name": None}},
        {"language_info": {"name": "Python", "version": "3.11"}},
        {"language_info": {"name": "ipython"}},
        {"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU", "widgets": {"a": [{"b": None}]}},
    ],
    ids=repr,
)
def test_metadata_of_any_editor_is_accepted(metadata: Json) -> None:
    assert source_of(written(document(metadata=metadata))) == "x = 1"


def test_keys_that_nobody_knows_are_ignored() -> None:
    cell = CODE | {"metadata": {"tags": ["a"], "vscode": {}}, "attachments": {}, "comments": [1]}

    assert source_of(written(document(cell, signature="sha256:0", orig_nbformat=2))) == "x = 1"


def test_brackets_in_text_are_not_depth() -> None:
    source = "x = '" + "[{" * 500 + '\\" [' * 100 + "'" + "\\" * 5

    assert source_of(written(document(CODE | {"source": source}))) == source


def test_brackets_that_closed_again_are_not_depth() -> None:
    assert source_of(written(document(metadata={"shapes": [[[]]] * 1000}))) == "x = 1"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: nested(MAX_DEPTH), id="depth"),
        pytest.param(lambda: of_size(MAX_BYTES), id="bytes"),
        pytest.param(lambda: written(document(*[CODE] * MAX_CELLS)), id="cells"),
        pytest.param(lambda: written(document(CODE | {"source": "x" * MAX_SOURCE})), id="source"),
        pytest.param(lambda: written(document(*[with_outputs(MAX_OUTPUTS // 2)] * 2)), id="outputs"),
        pytest.param(lambda: written(document()).replace(b"null", b"9" * 4000), id="digits"),
    ],
)
def test_what_is_just_within_the_limits_is_accepted(make: Callable[[], bytes]) -> None:
    assert read(make()).cells


HOSTILE_TEXTS: dict[str, Json] = {
    "source": {"source": HOSTILE},
    "source line": {"source": ["x = 1\n", HOSTILE]},
    "id": {"id": HOSTILE},
    "printed text": {"outputs": [{"output_type": "stream", "name": "stdout", "text": HOSTILE}]},
    "stream name": {"outputs": [{"output_type": "stream", "name": HOSTILE, "text": ""}]},
    "error name": {"outputs": [{"output_type": "error", "ename": HOSTILE, "evalue": "", "traceback": []}]},
    "error text": {"outputs": [{"output_type": "error", "ename": "E", "evalue": HOSTILE, "traceback": []}]},
    "data": {"outputs": [{"output_type": "display_data", "data": {"text/plain": [HOSTILE]}}]},
    "MIME type": {"outputs": [{"output_type": "display_data", "data": {HOSTILE: "x"}}]},
}


@pytest.mark.parametrize("place", HOSTILE_TEXTS)
def test_no_text_of_a_notebook_holds_what_encoders_and_databases_refuse(place: str) -> None:
    data = written(document(CODE | HOSTILE_TEXTS[place]))
    assert b"\\ud800" in data
    assert b"\\u0000" in data

    texts = list(strings(dataclasses.asdict(read(data))))

    assert [text for text in texts if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)] == []


def strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from strings(value)


def test_the_letters_around_a_hostile_one_are_kept() -> None:
    source = source_of(written(document(CODE | {"source": HOSTILE})))

    assert [letter for letter in source if letter in "abc"] == ["a", "b", "c"]
    assert len(source) == len(HOSTILE)


def test_a_notebook_of_version_3_is_upgraded() -> None:
    outputs = [
        {"output_type": "pyout", "text": ["1"], "prompt_number": 3, "metadata": {}},
        STREAM_3,
        {"output_type": "pyerr", "ename": "ValueError", "evalue": "no", "traceback": []},
    ]
    sheets = [
        {"cells": [{"cell_type": "heading", "level": 2, "source": "Title", "metadata": {}}]},
        {"cells": [CODE_3 | {"input": ["x = 1\n", "x"], "prompt_number": 3, "outputs": outputs}]},
    ]

    cells = read(written(document_3(worksheets=sheets))).cells

    assert [(cell.index, cell.kind, cell.source, cell.execution_count) for cell in cells] == [
        (0, "markdown", "## Title", None),
        (1, "code", "x = 1\nx", 3),
    ]
    assert [(output.kind, output.text) for output in cells[1].outputs] == [
        ("display", "1"),
        ("stream", "1"),
        ("error", "ValueError: no"),
    ]


@pytest.mark.parametrize("data", [written(document()), written(document_3())], ids=["version 4", "version 3"])
def test_the_same_bytes_are_the_same_notebook(data: bytes) -> None:
    assert read(data) == read(data)
