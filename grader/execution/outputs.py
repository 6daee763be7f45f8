"""Messages of a kernel that may lie, as outputs that can be stored."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.errors import ProtocolViolation
from grader.records.figure import Figure
from grader.records.notebook import Output
from grader.text import storable

MAX_OUTPUTS, MAX_BYTES = 500, 4 << 20
"""Of one cell."""
MAX_TOTAL_BYTES = 64 << 20
"""Of all cells of a kernel together: a grading keeps them until its report is written."""
KEPT_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml")
FIGURE_TYPE, MAX_FIGURE_TEXT = "application/vnd.deep-learning-grader.figure+json", 2 << 20
MAX_AXES, MAX_LINES, MAX_POINTS = 40, 64, 2_000
FIGURE = TypeAdapter(Figure)


def parts_of(message: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A message's header, its parent's header and its content; without them it is a ProtocolViolation."""
    header, parent, content = (message.get(key) for key in ("header", "parent_header", "content"))
    if not (isinstance(header, dict) and isinstance(parent, dict) and isinstance(content, dict)):
        raise ProtocolViolation("the kernel sent a malformed message")
    return header, parent, content


def text_of(value: object) -> str:
    """A string, or a list of strings joined, as notebooks store text."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "".join(value)
    if not isinstance(value, str):
        raise ProtocolViolation("an output's text is not text")
    return storable(value)


def to_output(kind: object, content: Mapping[str, Any]) -> Output | None:
    """One output from its type and content; None for what is no output. Anything malformed is a ProtocolViolation."""
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return Output("stream", text=text_of(content.get("text")), stream=name)
    if kind == "error":
        return Output("error", text=f"{text_of(content.get('ename'))}: {text_of(content.get('evalue'))}")
    if kind in ("display_data", "execute_result"):
        bundle = content.get("data")
        if not isinstance(bundle, dict):
            raise ProtocolViolation("an output has no data")
        data = {mime: text_of(bundle[mime]) for mime in KEPT_TYPES if mime in bundle}
        figure = to_figure(bundle.get(FIGURE_TYPE))
        return Output("display", text=data.get("text/plain", ""), data=data, figure=figure)
    return None


def to_figure(description: object) -> Figure | None:
    """What the kernel's figure recorder says of a picture; None where nothing usable is said."""
    if not isinstance(description, str) or len(description) > MAX_FIGURE_TEXT:
        return None
    try:
        # half surrogate pairs it refuses by itself
        figure = FIGURE.validate_json(description.replace(r"\u0000", r"\ufffd"))
    except ValidationError:
        return None
    # the recorder keeps these bounds, but a notebook can publish a description of its own
    lines = [line for axes in figure.axes for line in axes.lines]
    bounded = len(figure.axes) <= MAX_AXES and all(len(axes.lines) <= MAX_LINES for axes in figure.axes)
    plain = all(len(line.x) == len(line.y) <= MAX_POINTS for line in lines)
    return figure if bounded and plain else None


def size(output: Output) -> int:
    data = sum(len(text) for text in (output.data or {}).values())
    return len(output.text) + data + (figure_size(output.figure) if output.figure else 0)


def figure_size(figure: Figure) -> int:
    """About as many bytes as it takes."""
    texts = [figure.title, *figure.legend, *(text for axes in figure.axes for text in (*axes.legend, *axes.texts))]
    lines = [line for axes in figure.axes for line in axes.lines]
    return 200 * (1 + len(figure.axes) + len(lines)) + sum(map(len, texts)) + sum(16 * len(line.x) for line in lines)


class Collector:
    """Gathers one cell's outputs, up to `room` bytes; what goes beyond is counted as dropped, never stored."""

    def __init__(self, room: int = MAX_BYTES) -> None:
        self.room = room
        self.outputs: list[Output] = []
        self.bytes = 0
        self.dropped = False

    def add(self, output: Output) -> None:
        self.bytes += size(output)
        last = self.outputs[-1] if self.outputs else None
        if self.bytes > self.room or len(self.outputs) >= MAX_OUTPUTS:
            self.dropped = True
        elif last and last.kind == output.kind == "stream" and last.stream == output.stream:
            self.outputs[-1] = Output("stream", text=last.text + output.text, stream=last.stream)
        else:
            self.outputs.append(output)

    def clear(self) -> None:
        self.outputs, self.bytes = [], 0
