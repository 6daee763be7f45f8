"""What operating systems and tools leave lying around in submissions: nobody handed it in."""

from collections.abc import Iterable

from grader.batch.claims import moodle
from grader.batch.member import Member

CHECKPOINTS = ".ipynb_checkpoints"
SYSTEM = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


def tidied(members: Iterable[Member]) -> list[Member]:
    """`members` without litter; a folder with nothing else counts as empty."""
    kept = []
    for member in members:
        last = None if member.folder else len(member.parts) - 1
        end = next((n for n, part in enumerate(member.parts) if is_litter(part, n, n == last)), None)
        if end is None:
            kept.append(member)
        elif end:
            kept.append(Member(member.parts[:end], folder=True))
    return kept


def is_litter(part: str, level: int, file: bool) -> bool:
    """Whether this `part` of a place is, so many folders below the source."""
    if part in SYSTEM or part.startswith("._"):
        return True
    # an LMS may call a person "."
    if not part.startswith(".") or moodle(part, folder=True):
        return False
    # a student's hidden notebook is graded if there is no other
    return level == 0 or not (file or part == CHECKPOINTS)
