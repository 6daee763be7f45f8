"""Names that come from anywhere: as a person sees them, and as folders that every system can have."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from grader.text import FORGES

LONGEST_NAME, LONGEST_ID, LONGEST_SHOWN = 80, 40, 200
"""The first two in bytes: some encrypted file systems end at 143."""

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE | re.DOTALL)
"""Devices on Windows, with any extension."""


def shown(text: str) -> str:
    """`text` in one line, without what turns around or hides what stands beside it."""
    return " ".join(FORGES.sub("", unicodedata.normalize("NFC", re.sub(r"\s", " ", text))).split())[:LONGEST_SHOWN]


def listed(names: Iterable[str], most: int = 5) -> str:
    """The names for a sentence; the first few, where there are many."""
    all_names = [shown(name) for name in names]
    more = f" and {len(all_names) - most:,} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def key(name: str, identity: str) -> str:
    """A folder's name of the letters, marks and digits of both."""
    words = [cut(plain(name), LONGEST_NAME)]
    if identity != name and not name.endswith(f" {identity}"):
        words.append(cut(plain(identity), LONGEST_ID))
    made = "_".join(word for word in words if word) or "unnamed"
    return f"_{made}" if RESERVED.fullmatch(made) else made


def plain(text: str) -> str:
    kept = unicodedata.normalize("NFC", "".join(letter for letter in text if unicodedata.category(letter) != "Cf"))
    spaced = "".join(letter if unicodedata.category(letter)[0] in "LMN" or letter in "-_." else " " for letter in kept)
    return "_".join(spaced.split()).strip("._-")


def cut(text: str, limit: int) -> str:
    """As many whole characters as fit into `limit` bytes."""
    return text.encode()[:limit].decode(errors="ignore").strip("._-")


def unique(keys: Iterable[str]) -> Iterator[str]:
    """`keys` in their order, numbered where a file system could take two for the same."""
    taken, numbers = set[str](), dict[str, int]()
    for wanted in keys:
        made, number = wanted, numbers.get(folded(wanted), 1)
        while folded(made) in taken:
            number += 1
            made = f"{wanted}-{number}"
        numbers[folded(wanted)] = number
        taken.add(folded(made))
        yield made


def folded(name: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
