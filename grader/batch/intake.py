"""What a teaching assistant has, as a list of what was handed in."""

from collections.abc import Sequence
from pathlib import Path

from grader.batch.archive import zip_members
from grader.batch.choose import MAX_TOGETHER, choose
from grader.batch.folder import file_member, folder_members
from grader.batch.handed import HandedIn
from grader.batch.layout import Pile, piles
from grader.batch.member import Member, is_notebook, is_zip
from grader.batch.names import key, shown, unique
from grader.errors import BadSource
from grader.text import storable

MAX_TOTAL = 50 << 30
"""Of all that may be read of everybody's, in bytes."""


def intake(source: Path, wanted: str = "") -> list[HandedIn]:
    """Everybody who is in `source`, sorted by name: a folder, a zip, or one notebook.

    Folders and zips are plain (a file or a folder for each student), Moodle's, Canvas's or Gradescope's downloads, or
    nbgrader's `submitted`. Where a student has several notebooks, one with `wanted` in its name comes first. Raises
    BadSource where nothing at all can be read; what is wrong with one submission is its `problem` or `remark`.
    Nothing is written. A zip stays open as long as any of its notebooks can be read.
    """
    members = members_of(source)
    name = source.resolve().name
    everybody = piles(members, name if source.is_dir() else Path(name).stem)
    # nobody's own files, however many, make it too much for all
    total = sum(min(size(pile), MAX_TOGETHER) for pile in everybody)
    if total > MAX_TOTAL:
        raise BadSource(f"{source} has {total >> 30} GB of notebooks; the limit is {MAX_TOTAL >> 30} GB.")
    return handed_in(everybody, wanted)


def members_of(source: Path) -> list[Member]:
    try:
        if source.is_dir():
            return folder_members(source)
        if source.is_file():
            path = source.resolve()
            return [file_member(path, (source.name,))] if is_notebook(source.name) else zip_members(path, str(source))
    except OSError as error:
        raise BadSource(f"{source} cannot be read: {error.strerror}.") from error
    raise BadSource(f"{source} is {'neither a folder nor a zip' if source.exists() else 'not there'}.")


def size(pile: Pile) -> int:
    """Of what may be read, in bytes unpacked."""
    works = [work.member for work in pile.works]
    return sum(one.size for one in works if is_notebook(one.parts[-1]) or is_zip(one.parts[-1]))


def handed_in(everybody: Sequence[Pile], wanted: str) -> list[HandedIn]:
    ordered = sorted(everybody, key=lambda pile: (pile.claim.name, pile.claim.id, pile.claim.place))
    keys = unique(key(shown(pile.claim.name), shown(pile.claim.id)) for pile in ordered)
    return [one(pile, unused, wanted) for pile, unused in zip(ordered, keys, strict=True)]


def one(pile: Pile, unused: str, wanted: str) -> HandedIn:
    claim, chosen = pile.claim, choose(pile.works, wanted)
    return HandedIn(
        key=unused,
        name=shown(claim.name) or "unnamed",
        id=shown(claim.id),
        email=shown(claim.email),
        place=storable(chosen.place or claim.place),
        late=claim.late,
        filename=chosen.filename,
        time=chosen.time,
        sha256=chosen.sha256,
        read=chosen.read,
        problem=chosen.problem,
        remark=" ".join(filter(None, (pile.remark, chosen.remark))),
    )
