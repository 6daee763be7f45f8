"""Code cells as text: what to call them, whether there is code in them, what is quoted or remarked in them."""

import re
from collections.abc import Iterator
from typing import Literal

from grader.records.notebook import Cell, Notebook

LONGEST_START, MOST_NAMED = 40, 3

QUOTED_OR_REMARKED = re.compile(
    r"""(?P<fence>\"{3}|'{3})(?P<long>.*?)(?:(?P=fence)|\Z)"""
    # possessive, and content with a missing end: linear in time for every cell
    r"""|(?P<quote>["'])(?P<short>(?:\\.|(?!(?P=quote))[^\\\n])*+)(?P=quote)?"""
    r"""|\#(?P<remark>[^\n]*)""",
    re.DOTALL,
)


def has_code(cell: Cell) -> bool:
    """Whether there is anything to run: not only blank lines and comments."""
    lines = (line.strip() for line in cell.source.splitlines())
    return cell.kind == "code" and any(line and not line.startswith("#") for line in lines)


def called(notebook: Notebook, cell: Cell) -> str:
    """What to call a code cell in a sentence: the how manieth it is, and how it starts."""
    number = sum(other.kind == "code" for other in notebook.cells if other.index <= cell.index)
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    start = next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")
    return f"code cell {number} (starting `{shortened(start, LONGEST_START)}`)"


def listed(parts: list[str]) -> str:
    """The first few of `parts` in words, and how many more there are."""
    named, more = parts[:MOST_NAMED], len(parts) - MOST_NAMED
    if more > 0:
        return f"{', '.join(named)} and {more} more"
    return " and ".join([*([", ".join(named[:-1])] if named[:-1] else []), *named[-1:]])


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def quoted_or_remarked(source: str) -> Iterator[tuple[Literal["long", "short", "remark"], str]]:
    """The strings (`long` in triple quotes) and comments of code that need not parse."""
    for match in QUOTED_OR_REMARKED.finditer(source):
        if match["remark"] is not None:
            yield "remark", match["remark"]
        elif match["long"] is not None:
            yield "long", match["long"]
        else:
            yield "short", match["short"]
