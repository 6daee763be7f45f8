"""What is attacked: each target makes one case of a `Random`, and says what came of it.

A case ends in a value or in a refusal that is the student's fault; everything else is raised, and so is a value that
breaks its promise: text that cannot be stored, a case that is slow, arrays that take far more memory than they came in.
"""

import base64
import dataclasses
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from grader.errors import BadNotebook, CheckFailed, ProtocolViolation, StudentFault
from grader.execution.line import understood
from grader.execution.outputs import FIGURE_TYPE, Collector, parts_of, to_output
from grader.execution.student import Student
from grader.execution.wire import decode, load_arrays
from grader.grading.assignments import objects, wants
from grader.grading.grade import read_ahead, submission_of
from grader.grading.report import make_report
from grader.grading.size import why_full, why_full_after
from grader.notebooks.facts import code_of, library_names
from grader.notebooks.read import read
from grader.records.execution import CellRun, Environment, Execution
from grader.records.notebook import Notebook, Output
from grader.records.rubric import CheckSpec, Item
from grader.records.submission import Work
from grader.reports.html import cells
from grader.reports.notebook import executed_notebook
from grader.reports.pictures import Pictures
from grader.text import storable
from tests.fuzz import material
from tests.fuzz.mutate import copied, damaged, number_of, reheaded, repainted, rewritten, twisted

Json = dict[str, Any]
Case = Callable[[], str]
Target = Callable[[Random], Case]
"""Makes a case; running it gives the outcome in a word."""

LONGEST_SECONDS = 1.0
"""Of processor time, for one case."""
MOST_MEMORY, SPARE_MEMORY = 8, 8 << 20
"""How many times its own size, and how many bytes on top of that, an array payload may take."""


class Broken(Exception):
    """A promise was not kept."""


def outcome(case: Case) -> tuple[str, float]:
    """What came of a case and its seconds; raises Broken where it was slow."""
    started = time.process_time()
    result = case()
    seconds = time.process_time() - started
    if seconds > LONGEST_SECONDS:
        raise Broken(f"a case took {seconds:.1f} s")
    return result, seconds


def reader(random: Random) -> Case:
    """Bytes into the reader."""
    document = part_of_a_notebook(random, 60)
    if random.randrange(3):
        text = json.dumps(twisted(random, document), ensure_ascii=random.randrange(2) == 0)
        data = text.encode("utf-8", "surrogatepass")
    else:
        data = damaged(random, json.dumps(document).encode())

    def case() -> str:
        try:
            check_texts(read(data))
        except BadNotebook as refusal:
            check_texts(str(refusal))
            return "refused"
        return "read"

    return case


def notebook(random: Random) -> Case:
    """A notebook that can be read, into everything that looks at it without running it."""
    document = part_of_a_notebook(random, 4)
    wanted = random.choice(objects(material.assignment().rubric.items))
    for cell in document["cells"]:
        if random.randrange(2):
            cell["source"] = rewritten(random, "".join(cell["source"]))
        if random.randrange(8) == 0:
            cell["cell_type"] = random.choice(("code", "markdown", "raw"))
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = rewritten(random, "".join(output["text"]))
    document["cells"].append({"cell_type": "code", "source": "x = 1", "outputs": []})
    data = json.dumps(document).encode()

    def case() -> str:
        try:
            found = read(data)
        except BadNotebook:
            return "refused"
        return look_at(found, wanted)

    return case


def look_at(found: Notebook, wanted: str) -> str:
    """All that is said of a notebook, and of the object `wanted`, without running it."""
    assignment = material.assignment()
    rubric = assignment.rubric
    submission = submission_of(found, assignment)
    reading = read_ahead(submission, assignment, "full")
    library_names(code_of(found), wanted)
    runs = tuple(
        CellRun(cell.index, "error" if cell.index % 2 else "ok", error="ValueError: x", outputs=cell.outputs)
        for cell in found.cells
        if cell.kind == "code"
    )
    execution = execution_of(runs)
    why = why_full(found, rubric) or why_full_after(found, execution, material.dataset())
    report = make_report(submission, "a.ipynb", assignment, execution, {}, material.dataset(), why, "none")
    check_texts(report.model_dump())
    cells(report, found, execution)
    executed_notebook(found, execution)
    failed = False
    for item in reading.items:
        for spec in item.checks:
            failed |= checked(assignment.checks[spec.run], spec, {"submission": submission})
    return "failed" if failed else "passed"


def execution_of(runs: tuple[CellRun, ...]) -> Execution:
    return Execution("ok", "full", False, Environment("3", "2", "cpu"), 1.0, runs)


def checked(check: Callable[..., None], spec: CheckSpec, offers: Mapping[str, object]) -> bool:
    """Whether a check that looks at nothing but `offers` fails; one that looks at more is not run."""
    if not wants(check) <= offers.keys() | spec.params.keys():
        return False
    try:
        check(**{name: offer for name, offer in ({**offers, **spec.params}).items() if name in wants(check)})
    except CheckFailed as failure:
        check_texts(str(failure))
        return True
    return False


def message(random: Random) -> Case:
    """Messages of a kernel into outputs, and these into the checks of what a question's cells printed and drew."""
    assignment = material.assignment()
    sent = [published(random) for _ in range(random.randint(1, 4))]
    item = random.choice([item for item in assignment.rubric.items if item.checks])

    def case() -> str:
        collector = Collector()
        try:
            for one in sent:
                header, _, content = parts_of(one)
                output = to_output(header.get("msg_type"), content)
                if output is not None:
                    collector.add(output)
        except ProtocolViolation:
            return "refused"
        check_texts(collector.outputs)
        return judged(item, tuple(collector.outputs))

    return case


def published(random: Random) -> Json:
    """A message of a kernel, or something like it; what a figure shows may be twisted as well."""
    sent: Json = copied(random.choice(material.messages()))
    bundle = sent["content"].get("data", {})
    if random.randrange(2) and FIGURE_TYPE in bundle:
        figure = twisted(random, json.loads(bundle[FIGURE_TYPE]))
        bundle[FIGURE_TYPE] = json.dumps(figure)
    elif random.randrange(8):
        part = random.choice(("header", "parent_header", "content", "content", "content"))
        sent[part] = twisted(random, sent[part])
    return sent


def judged(item: Item, outputs: tuple[Output, ...]) -> str:
    """Whether an item passes whose cells have these outputs."""
    assignment, solution, region = material.assignment(), material.solution(), item.region or item.id
    pairs = zip(solution.notebook.cells, solution.regions, strict=True)
    code = tuple(cell for cell, home in pairs if home == region and cell.kind == "code")
    runs = tuple(CellRun(cell.index, "ok", outputs=outputs) for cell in code[-1:])
    offers = {
        "work": Work(region, code, runs),
        "elsewhere": Work("", code, runs),
        "bands": next(iter(assignment.bands.values())),
    }
    failed = [checked(assignment.checks[spec.run], spec, offers) for spec in item.checks]
    return "failed" if any(failed) else "passed"


def arrays(random: Random) -> Case:
    """Array payloads into the decoder, with values that refer to them."""
    good = random.choice(material.blobs())
    blob = random.choice((good, damaged(random, good), reheaded(random, good), reheaded(random, good)))
    spec: Any = {"list": [{"tensor": "a0"}, {"array": "a1"}, {"dict": [["x", {"float": "0.5"}]]}, 7]}
    if random.randrange(2):
        spec = twisted(random, spec)

    def case() -> str:
        tracemalloc.start()
        try:
            value = decode(spec, load_arrays(blob))
        except ProtocolViolation:
            return "refused"
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            if peak > MOST_MEMORY * len(blob) + SPARE_MEMORY:
                raise Broken(f"{len(blob)} bytes of arrays took {peak} bytes of memory")
        check_texts(value)
        return "decoded"

    return case


def reply(random: Random) -> Case:
    """Answers of the agent into what asks it."""
    exchange = random.choice(material.exchanges())
    answer, blob = copied(exchange.reply), exchange.blob
    if blob and random.randrange(4) == 0:
        blob = damaged(random, blob) if random.randrange(2) else reheaded(random, blob)
    if random.randrange(8):
        key = random.choice(list(answer))
        answer[key] = twisted(random, answer[key])
    said = json.dumps(answer).encode()
    if random.randrange(8) == 0:
        said = damaged(random, said)

    def case() -> str:
        try:
            check_texts(exchange.ask(Student(lambda *_: understood([b"0", said, blob]))))
        except StudentFault as refusal:
            check_texts(str(refusal))
            return "refused"
        return "decoded"

    return case


def picture(random: Random) -> Case:
    """Pictures into what makes them anew."""
    good = random.choice(material.pngs())
    png = repainted(random, good) if random.randrange(3) else damaged(random, good)
    encoded = base64.b64encode(png).decode()
    if random.randrange(8) == 0:
        encoded = rewritten(random, encoded)

    def case() -> str:
        return "refused" if Pictures().png(encoded) is None else "made anew"

    return case


def part_of_a_notebook(random: Random, most: int) -> Json:
    """A notebook of the repository with some of its cells, one after the other."""
    document = random.choice(material.notebooks())
    everything = document["cells"]
    many = number_of(random, min(most, len(everything)))
    start = random.randint(0, len(everything) - many)
    chosen: Json = copied({**document, "cells": everything[start : start + many]})
    return chosen


def check_texts(value: object) -> None:
    """All text in a value can be stored."""
    for text in texts_in(value):
        if storable(text) != text:
            raise Broken(f"text that cannot be stored: {text[:40]!a}")


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(key)
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


TARGETS: dict[str, Target] = {target.__name__: target for target in (reader, notebook, message, arrays, reply, picture)}
