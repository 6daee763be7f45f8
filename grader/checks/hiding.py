"""Evidence in the code that what a check counted may not be all there was."""

from collections.abc import Sequence

from grader.errors import CheckFailed


def nothing_hidden(name: str, hiding: Sequence[str]) -> None:
    """An answer that has to be made by hand is written in a cell, where one can see how; see `notebooks.suspects.hiding`."""
    if hiding:
        raise CheckFailed(
            f"How `{name}` comes to its results has to be visible, but there is {' and '.join(hiding)}: nothing in this "
            "task needs that. Write it in plain tensor operations in a cell of the notebook."
        )
