"""A notebook as the grader sees it: what was written, and what its author's kernel left in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from grader.records.figure import Figure


@dataclass(frozen=True)
class Output:
    """One output of a cell. `data` maps MIME types to text (base64 for images)."""

    kind: Literal["stream", "display", "error"]
    text: str = ""
    """Printed text, or the error as `Name: message`."""
    data: Mapping[str, str] | None = None
    stream: str = "stdout"
    figure: Figure | None = None
    """What a picture shows, where the kernel drew it itself."""


@dataclass(frozen=True)
class Cell:
    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    id: str | None = None
    execution_count: int | None = None
    outputs: tuple[Output, ...] = ()
    """As submitted: evidence for people, never a reason for points."""


@dataclass(frozen=True)
class Notebook:
    sha256: str
    cells: tuple[Cell, ...]
