"""What is mutated: the notebooks of the repository, messages as kernels send them, and the agent's own answers."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
import safetensors.numpy
import torch
from PIL import Image, PngImagePlugin

from grader.datasets.store import Dataset
from grader.execution.inject import local_agent
from grader.execution.outputs import FIGURE_TYPE
from grader.execution.student import Student
from grader.execution.wire import Handle, Loader, Name
from grader.grading.assignments import load
from grader.grading.grade import submission_of
from grader.kernel.figures import describe
from grader.records.assignment import Assignment
from grader.records.submission import Submission

ROOT = Path(__file__).resolve().parent.parent.parent
Json = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """A question to the agent, and its honest answer."""

    ask: Callable[[Student], object]
    reply: Json
    blob: bytes


@cache
def assignment() -> Assignment:
    return load(ROOT, "deep-learning-1")


@cache
def solution() -> Submission:
    return submission_of(assignment().solution, assignment())


def dataset() -> Dataset:
    return Dataset("small", "digits", ROOT, 1_200, 300)


@cache
def notebooks() -> tuple[Json, ...]:
    """The starter, the solution and the example submissions, and one of them in version 3."""
    paths = [ROOT / "rubrics/deep-learning-1/starter.ipynb", *sorted((ROOT / "submissions").glob("*/*.ipynb"))]
    found = [json.loads(path.read_bytes()) for path in paths]
    cells = [cell | {"input": cell["source"]} for cell in found[0]["cells"]]
    return (*found, found[0] | {"nbformat": 3, "worksheets": [{"cells": cells}]})


@cache
def pngs() -> tuple[bytes, ...]:
    """The pictures in the solution, small, so that many can be tried."""
    bundles = [output.data or {} for cell in assignment().solution.cells for output in cell.outputs]
    return tuple(small(base64.b64decode(bundle["image/png"])) for bundle in bundles if "image/png" in bundle)


def small(png: bytes) -> bytes:
    smaller, software = io.BytesIO(), PngImagePlugin.PngInfo()
    software.add_text("Software", "Matplotlib", zip=True)
    with Image.open(io.BytesIO(png)) as picture:
        picture.thumbnail((160, 160))
        picture.save(smaller, "PNG", pnginfo=software, dpi=(100, 100), icc_profile=bytes(200))
    return smaller.getvalue()


@cache
def messages() -> tuple[Json, ...]:
    """One of each type that a kernel publishes, with what the solution prints and draws."""
    printed = [o.text for cell in assignment().solution.cells for o in cell.outputs if o.kind == "stream"]
    contents: list[tuple[str, Json]] = [("stream", {"name": "stdout", "text": text}) for text in printed]
    contents += [
        ("stream", {"name": "stderr", "text": " 50%|#####     | 5/10 [00:01<00:01,  4.90it/s]\r"}),
        ("error", {"ename": "ValueError", "evalue": "shapes", "traceback": ["ValueError: shapes"]}),
        ("execute_result", {"execution_count": 3, "data": {"text/plain": "tensor([1.])"}, "metadata": {}}),
        ("display_data", {"data": {"text/html": "<table><tr><td>0.98</td></tr></table>", "text/plain": "0.98"}}),
        ("status", {"execution_state": "idle"}),
        ("clear_output", {"wait": False}),
        ("update_display_data", {"data": {"text/plain": "1"}, "transient": {"display_id": "a"}}),
    ]
    contents += [("display_data", {"data": {"text/plain": "<Figure>", FIGURE_TYPE: text}}) for text in drawings()]
    return tuple(
        {
            "header": {"msg_id": "m1", "msg_type": kind, "session": "s", "username": "u", "version": "5.4"},
            "parent_header": {"msg_id": "p1", "msg_type": "execute_request"},
            "metadata": {},
            "content": content,
            "buffers": [],
        }
        for kind, content in contents
    )


def drawings() -> list[str]:
    """Descriptions of figures such as the assignment asks for."""
    found = []
    for number, names in enumerate((["train", "val"], ["zeros", "uniform", "xavier"], ["SGD", "Momentum", "Adam"])):
        figure = matplotlib.figure.Figure()
        axes = figure.subplots(1, 2)
        for name in names:
            axes[0].plot(np.append(np.linspace(0.1, 0.97, 20), np.nan), label=f"{name} accuracy")
        axes[0].set(title="Validation accuracy", xlabel="epoch", ylabel="accuracy")
        axes[0].legend()
        axes[1].scatter([1, 2, 3], [1.0, 0.5, 0.2], label="loss")
        axes[1].text(1, 1, "test acc 0.97")
        found.append(json.dumps(describe(figure, number)))
    return found


@cache
def exchanges() -> tuple[Exchange, ...]:
    """One for each question that brings a value back, answered by the real agent."""
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    values = {"w": [torch.ones(2, 3), (1.5, "text", None)], 3: True, "half": torch.ones(2, dtype=torch.float16)}
    answer = local_agent({"f": lambda: values, "net": net, "Net": type(net), "torch": torch})
    x, y = np.ones((2, 4), np.float32), np.ones((2, 2), np.float32)
    questions: list[Callable[[Student], object]] = [
        lambda student: student.call(Name("f")),
        lambda student: student.traced(Name("net"), x),
        lambda student: student.describe("net"),
        lambda student: student.read(Name("net")),
        lambda student: student.parameters(Handle(0)),
        lambda student: student.modules(Handle(0), ["Net"]),
        lambda student: student.gradients(Handle(0), x, y, "mse_loss"),
        lambda student: student.batches(Handle(1), np.ones((4, 3))),
        lambda student: student.call(Name("nothing")),
    ]

    def asked(request: Json, blob: bytes, _: float) -> tuple[Json, bytes]:
        replies.append(answer(request, blob))
        return replies[-1]

    replies: list[tuple[Json, bytes]] = []
    honest = Student(asked)
    honest.read(Name("net"))
    honest.read(Loader((np.ones((6, 1, 2, 2), np.float32), np.arange(6)), batch_size=4))
    found = []
    for question in questions:
        try:
            question(honest)
        except honest.failure:
            assert "error" in replies[-1][0]
        found.append(Exchange(question, *replies[-1]))
    return tuple(found)


@cache
def blobs() -> tuple[bytes, ...]:
    """Arrays as the agent sends them."""
    kinds: list[Any] = [np.float32, np.float64, np.int64, np.uint8, np.bool_, np.float16]
    mixed: Json = {f"a{number}": np.arange(6).reshape(2, 3).astype(kind) for number, kind in enumerate(kinds)}
    odd: Json = {"a0": np.zeros((0, 3)), "a1": np.array(2.5), "a2": np.ones((1, 1, 1, 40), np.float32)}
    plain: Json = {"a0": np.ones((4, 3), np.float32), "a1": np.arange(3)}
    return tuple(safetensors.numpy.save(arrays) for arrays in (plain, mixed, odd))
