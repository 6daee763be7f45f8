"""Text from a notebook or a kernel, made fit to be stored and shown anywhere."""

import re

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FORGES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Moves a terminal's cursor, ends a line unseen, turns around what stands beside it, or is half a character."""


def storable(text: str) -> str:
    """`text` without what encoders and databases refuse: half surrogate pairs and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def printable(text: str) -> str:
    """`text` that shows in a terminal, a log and a page what it says; lines and tabs stay, colours go."""
    plain = COLOURS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return FORGES.sub("\N{REPLACEMENT CHARACTER}", plain)


def one_line(text: str) -> str:
    """`printable` text that cannot pass for two lines."""
    return printable(text).replace("\n", " ")
