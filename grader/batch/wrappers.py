"""Folders that hold all students and are no student's, as unpacking makes them and nbgrader's `submitted` is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from grader.batch.claims import is_canvas, moodle
from grader.batch.gradescope import METADATA
from grader.batch.litter import tidied
from grader.batch.member import Member, is_notebook, is_zip

MOST_WRAPPERS = 3
SUBMITTED = "submitted"
BESIDE_SUBMITTED = {"source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"}


def unwrapped(members: list[Member], source: str) -> tuple[list[Member], str]:
    """The members and the source's name from where the students are, below folders that hold everything."""
    for level in range(MOST_WRAPPERS):
        top = wrapper(members, source, MOST_WRAPPERS - level)
        if top is None:
            break
        members, source = tidied(below(members, top)), top
    return members, source


def below(members: Sequence[Member], top: str) -> list[Member]:
    """What lies in the folder `top`, counted from there; and what lies nowhere."""
    inner = [replace(one, parts=one.parts[1:]) for one in members if one.parts[0] == top and len(one.parts) > 1]
    return inner + [one for one in members if one.astray and one.parts[0] != top]


def wrapper(members: Sequence[Member], source: str, levels: int) -> str | None:
    """The folder that is no student's but holds all of them; None where there is none, or not in so many levels."""
    members = [member for member in members if not member.astray]
    tops = {member.parts[0] for member in members}
    deep = any(len(member.parts) > 3 and member.parts[0] == SUBMITTED for member in members)
    if deep and (tops & BESIDE_SUBMITTED or tops == {SUBMITTED}):
        return SUBMITTED
    if source == SUBMITTED or any(is_timestamp(member.parts[2:]) for member in members):
        return None
    if not levels or len(tops) != 1 or moodle(top := tops.pop(), folder=True):
        return None
    inner = below(members, top)
    entries = {member.parts[0]: len(member.parts) > 1 or member.folder for member in inner}
    files = [entry for entry, folder in entries.items() if not folder]
    if SUBMITTED in entries or any(moodle(*each) for each in entries.items()) or {*METADATA} & {*files}:
        return top
    if (len(files) > 1 and is_canvas(files)) or any(is_timestamp(member.parts[2:]) for member in inner):
        return top
    if len(entries) == 1 and wrapper(inner, source, levels - 1) is not None:
        return top
    works = Counter(member.parts[0] for member in inner if is_notebook(member.parts[-1]) or is_zip(member.parts[-1]))
    if len(works) > 1:
        return top
    # one notebook right here is the work of somebody who is called as this folder
    folders = len(entries) - len(files)
    return top if not works.keys() & {*files} and (folders > 1 or (folders and top == source)) else None


def is_timestamp(parts: tuple[str, ...]) -> bool:
    """Whether nbgrader put this beside a student's assignment."""
    return parts == ("timestamp.txt",)
