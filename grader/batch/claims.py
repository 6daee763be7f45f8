"""Whose an entry at the top of a source is, by its name: one function for each way of naming."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOODLE = re.compile(r"(?P<place>(?P<name>.*?)_(?P<id>[0-9]+)_assignsubmission_[a-z0-9]+_?)(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(
    r"(?:(?P<anonymous>anon)|(?P<name>[^\s.]+?))(?P<late>_LATE)?_(?P<id>(?(anonymous)[A-Za-z0-9]+|[0-9]+))_"
    r"(?:(?P<attachment>[0-9]+)_(?P<file>.+)|(?P<page>(?:text|link)\.html))",
    re.DOTALL,
)
EXTENSION = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,8}$")
BLIND = "Participant"
"""What Moodle calls everybody under blind marking, in English."""


@dataclass(frozen=True)
class Claim:
    """Who an entry belongs to."""

    whose: tuple[str, ...]
    """The same for all entries of one student or team, and for nobody else's."""
    name: str
    place: str
    id: str = ""
    email: str = ""
    file: str = ""
    """What the student called it; "" for a folder."""
    late: bool = False


Convention = Callable[[str, bool], Claim | None]
"""From an entry's name, and whether it is a folder, to whose it is: None where it is not named so."""


def moodle(entry: str, folder: bool) -> Claim | None:
    """Both spellings of folders, and flat; also teams, whose name and id stand in the same places."""
    found = MOODLE.fullmatch(entry)
    if found is None:
        return None
    name, identity = found["name"], found["id"]
    title = f"{name} {identity}" if name == BLIND else name
    return Claim(("moodle", name, identity), title, found["place"], identity, file=found["file"])


def canvas(entry: str, folder: bool) -> Claim | None:
    found = None if folder else CANVAS.fullmatch(entry)
    if found is None:
        return None
    name, identity = found["name"] or found["anonymous"], found["id"]
    title = f"{name} {identity}" if found["anonymous"] else name
    file = found["file"] or found["page"]
    return Claim(("canvas", identity), title, entry, identity, file=file, late=found["late"] is not None)


def is_canvas(files: Iterable[str]) -> bool:
    """Whether these names are Canvas's, and not only alike (as `hw_1_2_ada.ipynb`).

    No attachment there is two files, no person has two names, and nothing else lies beside them in numbers.
    """
    attachments, names, other = list[str](), defaultdict[str, set[str]](set), 0
    for file in files:
        found = CANVAS.fullmatch(file)
        if found is None:
            other += 1
            continue
        names[found["id"]].add(found["name"] or "")
        if found["attachment"]:
            attachments.append(found["attachment"])
    one_each = len(attachments) == len(set(attachments)) and all(len(each) == 1 for each in names.values())
    lower = all(name == name.lower() for each in names.values() for name in each)
    return bool(names) and one_each and lower and other <= sum(map(len, names.values()))


def nbgrader(entry: str, folder: bool) -> Claim | None:
    """A folder in `submitted/`, which is called as the student's id."""
    return Claim(("nbgrader", entry), entry, entry, entry) if folder else None


def plain(entry: str, folder: bool) -> Claim:
    """A folder for each student, or a file; `Ada.zip` beside the folder `Ada` is Ada's too."""
    name = entry if folder else EXTENSION.sub("", entry)
    return Claim(("plain", name), name, entry, file="" if folder else entry)
