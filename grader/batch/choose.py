"""Which notebook of a pile is graded. Nothing is guessed in silence: what was left out is said."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.batch.archive import inside
from grader.batch.layout import Work
from grader.batch.litter import tidied
from grader.batch.member import Member, is_notebook, is_zip
from grader.batch.names import listed, shown
from grader.errors import BadNotebook
from grader.notebooks.read import MAX_BYTES

MAX_CANDIDATES, MAX_TOGETHER = 20, 5 * MAX_BYTES
CLOCK = 2.0
"""What a zip's times are rounded to, and unpacking sets them apart by, in seconds."""


@dataclass(frozen=True)
class Candidate:
    place: str
    member: Member
    label: str
    """Its path in what the student handed in."""
    time: float
    """Of the file that was handed in, which may be a zip around it."""
    again: Callable[[int], bytes]
    """As the member's `read`, later, without keeping a zip in memory."""


@dataclass(frozen=True)
class Chosen:
    """A notebook, or a problem."""

    place: str = ""
    filename: str = ""
    time: float = 0.0
    sha256: str = ""
    read: Callable[[], bytes] | None = None
    problem: str = ""
    remark: str = ""


def choose(works: Sequence[Work], wanted: str) -> Chosen:
    """The notebook among `works`: one that is called `wanted`, else the newest, else the first by name."""
    files, twice = last_of_each(work for work in works if not work.member.folder)
    said = [work.member.problem for work in works if work.member.problem]
    whole = [work for work in files if not work.member.problem]
    found = [direct(work) for work in whole if is_notebook(work.member.parts[-1])]
    zips = [work for work in whole if is_zip(work.member.parts[-1])]
    candidates = [each for each in found if not is_hidden(each.member)]
    if candidates and zips:
        said.append(f"Not opened: {listed(work.member.parts[-1] for work in zips)}.")
    elif len(zips) > MAX_CANDIDATES:
        said.append(f"There are {len(zips):,} zips, too many to find the one that is meant.")
    elif not candidates:
        for work in zips:
            try:
                candidates += packed(work, said)
            except BadNotebook as error:
                said.append(str(error))
    if not candidates and found:
        candidates = found
        said.append("There is only a hidden notebook, as Jupyter's automatic copies are.")
    if not candidates:
        return Chosen(problem=" ".join(said[:3]) or nothing(whole), remark=" ".join(twice))
    return settled(candidates, wanted, [*twice, *said])


def last_of_each(works: Iterable[Work]) -> tuple[list[Work], list[str]]:
    """The last of those with the same name, which a zip can have; and a sentence about them."""
    every = list(works)
    counted = Counter((work.place, work.member.parts) for work in every)
    twice = ["/".join(parts) for (_, parts), number in counted.items() if number > 1]
    kept = {(work.place, work.member.parts): work for work in every}
    said = [f"The zip has more than one {listed(twice)}; the last was taken."] if twice else []
    return sorted(kept.values(), key=lambda work: work.member.parts), said


def direct(work: Work) -> Candidate:
    return Candidate(work.place, work.member, "/".join(work.member.parts), work.member.time, work.member.read)


def packed(work: Work, said: list[str]) -> Iterator[Candidate]:
    """The notebooks in a student's own zip, one level deep; raises BadNotebook where there is none."""
    name, members = shown(work.member.parts[-1]), inside(work.member)
    numbers = {id(member): number for number, member in enumerate(members)}
    files, twice = last_of_each(Work(work.place, member) for member in tidied(members) if not member.folder)
    problems = [member.problem for member in members if member.problem]
    notebooks = [
        each.member
        for each in files
        if is_notebook(each.member.parts[-1]) and not is_hidden(each.member) and not each.member.problem
    ]
    if not notebooks:
        deeper = any(is_zip(each.member.parts[-1]) for each in files)
        problems.append(f"{name} has {'another zip' if deeper else 'no notebook'} in it.")
        raise BadNotebook(" ".join(problems[:3]))
    said += [*twice, *problems]

    def again(number: int) -> Callable[[int], bytes]:
        def read(limit: int) -> bytes:
            now = inside(work.member)
            return now[number].read(limit) if number < len(now) else b""

        return read

    for each in notebooks:
        label = "/".join((name, *each.parts))
        yield Candidate(work.place, each, label, work.member.time, again(numbers[id(each)]))


def is_hidden(member: Member) -> bool:
    return any(part.startswith(".") for part in member.parts)


def nothing(files: Sequence[Work]) -> str:
    if not files:
        return "Nothing was handed in."
    return f"There is no notebook (.ipynb); what was handed in: {listed(work.member.parts[-1] for work in files)}."


def settled(candidates: Sequence[Candidate], wanted: str, said: list[str]) -> Chosen:
    if wanted:
        candidates = [each for each in candidates if wanted.casefold() in each.label.casefold()] or candidates
    together = sum(each.member.size for each in candidates if each.member.size <= MAX_BYTES)
    if len(candidates) > MAX_CANDIDATES or together > MAX_TOGETHER:
        return Chosen(
            problem=f"There are {len(candidates):,} notebooks, too many to find the one that is meant.",
            remark=" ".join(said[:5]),
        )
    digests, refused = dict[str, Candidate](), list[str]()
    for each in sorted(candidates, key=lambda each: each.label):
        try:
            digests.setdefault(hashlib.sha256(each.member.read(MAX_BYTES)).hexdigest(), each)
        except BadNotebook as error:
            refused.append(str(error))
    if not digests:
        return Chosen(problem=" ".join(refused[:3]), remark=" ".join(said[:5]))
    sha256, taken = next(iter(digests.items()))
    if len(digests) > 1:
        newer = newest(digests, {digest: each.member.time for digest, each in digests.items()})
        sha256, taken = (newer, digests[newer]) if newer else (sha256, taken)
        names = listed(each.label for each in digests.values())
        how = "the newest" if newer else "the first by name"
        said.append(f"There are {len(digests)} different notebooks ({names}); {how} was taken: {shown(taken.label)}.")
    name = shown(taken.member.parts[-1])
    remark = " ".join([*said, *refused][:5])
    return Chosen(taken.place, name, taken.time, sha256, reader(taken.again, name, sha256), remark=remark)


def newest(keys: Iterable[str], times: Mapping[str, float]) -> str | None:
    """The one of two or more `keys` that is newer than all others; None where their times do not say."""
    first, second = sorted(keys, key=lambda key: -times[key])[:2]
    return first if times[first] - times[second] >= CLOCK else None


def reader(read: Callable[[int], bytes], name: str, sha256: str) -> Callable[[], bytes]:
    """Reads what was looked at, and nothing else; raises BadNotebook."""

    def read_again() -> bytes:
        data = read(MAX_BYTES)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BadNotebook(f"{name} has changed since it was found.")
        return data

    return read_again
