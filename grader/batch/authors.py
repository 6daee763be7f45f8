"""Whom a notebook names as its authors, as keys by which they can be known elsewhere."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.batch.handed import HandedIn
from grader.checks.identity import ID_LENGTHS, is_well_formed, people
from grader.errors import BadNotebook
from grader.notebooks.align import align, starter_regions
from grader.notebooks.read import read
from grader.records.notebook import Notebook
from grader.records.rubric import Rubric
from grader.records.submission import Submission
from grader.rubrics import folders_of, readable

MOST = 4
"""No team is larger: whoever names the whole course has nobody's attention for it."""
MOST_CELLS, MOST_SOURCE = 40, 4000
"""Names stand at the top. All notebooks are looked at before the first is graded, and none may hold that up."""
LEAST_LETTERS = 5
ID = re.compile(rf"(?<!\d)\d{{{min(ID_LENGTHS)},{max(ID_LENGTHS)}}}(?!\d)", re.ASCII)


@dataclass(frozen=True)
class Author:
    """A person as a notebook names them; what is missing is empty."""

    id: str
    name: str


Authors = tuple[Author, ...]


def authors_of(everybody: Sequence[HandedIn], rubric: Rubric, root: Path) -> dict[str, Authors]:
    """The authors that each notebook names, by the keys of `everybody`; none of those whose notebook cannot be graded.

    Raises AssignmentError where the starter cannot be read.
    """
    published, _ = folders_of(root, rubric.id)
    starter = read(readable(published / "starter.ipynb"))
    found, known = dict[str, Authors](), dict[str, Authors]()
    for handed in everybody:
        try:
            if handed.sha256 not in known and handed.read is not None:
                known[handed.sha256] = authors(read(handed.read()), starter, rubric)
        except BadNotebook:
            continue
        if handed.read is not None:
            found[handed.key] = known[handed.sha256]
    return found


def authors(notebook: Notebook, starter: Notebook, rubric: Rubric) -> Authors:
    """Those at the top of `notebook`, without examples that the starter gives."""
    region = rubric.identity
    if region is None:
        return ()
    homes = tuple(starter_regions(starter, rubric.regions))
    top = tuple(replace(cell, source=cell.source[:MOST_SOURCE], outputs=()) for cell in notebook.cells[:MOST_CELLS])
    notebook = replace(notebook, cells=top)
    nothing = Notebook("", ())
    examples = {person.id for person in people(Submission(starter, homes, nothing, ()), region)}
    named = people(Submission(notebook, align(notebook, starter, rubric.regions), starter, homes), region)
    return tuple(Author(id_key(person.id), name_key(person.name)) for person in named if person.id not in examples)[
        :MOST
    ]


def id_key(number: str) -> str:
    """Leading zeros get lost; "" for what is no ID."""
    return number.zfill(max(ID_LENGTHS)) if is_well_formed(number) else ""


def ids_in(text: str) -> set[str]:
    return {id_key(number) for number in ID.findall(text)}


def name_key(name: str) -> str:
    """The same for `Ada Lovelace`, `Lovelace, Ada` and Canvas's `lovelaceada`; "" where a name says too little."""
    letters = [letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalpha()]
    return "".join(sorted(letters)) if len(letters) >= LEAST_LETTERS else ""
