"""One student's or team's submission, found and not yet graded."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class HandedIn:
    """What one student or team handed in."""

    key: str
    """Unique in the batch, and a folder's name on every system; made of the name and the LMS's id."""
    name: str
    """The person or team as the LMS shows it."""
    id: str
    """The LMS's; "" where unknown, and joined with "," for a Gradescope team."""
    email: str
    """Empty where unknown."""
    place: str
    """The folder's (else the file's) own name in the source, which feedback goes back under: one part of a path."""
    late: bool
    """Only where the source says so."""
    filename: str = ""
    """The notebook's own name."""
    sha256: str = ""
    """The notebook's, as it was looked at."""
    read: Callable[[], bytes] | None = None
    """The bytes with that digest, from the source; raises BadNotebook where they have changed. None if `problem`."""
    problem: str = ""
    """One sentence, where there is nothing that can be graded."""
    remark: str = ""
    """For the person who grades: what was chosen, and what was left out."""
    team: str = ""
    """The same for all whose submissions are one team's; "" for whoever handed in for all of theirs."""
    time: float = 0.0
    """When it was handed in: seconds since 1970, by the source's clock."""
