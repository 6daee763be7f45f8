"""Members to piles, one for each student or team: which way of naming a source has, and whose each member is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.batch.claims import Claim, Convention, canvas, is_canvas, moodle, nbgrader, plain
from grader.batch.gradescope import MAX_METADATA, METADATA, submitters
from grader.batch.litter import tidied
from grader.batch.member import Member
from grader.batch.wrappers import SUBMITTED, is_timestamp, unwrapped
from grader.errors import BadNotebook, BadSource


@dataclass(frozen=True)
class Work:
    """One member of a student's, its place counted from the student's folder."""

    place: str
    member: Member


@dataclass(frozen=True)
class Pile:
    """All that one student or team handed in."""

    claim: Claim
    works: list[Work] = field(default_factory=list)
    remark: str = ""


def piles(members: Sequence[Member], source: str) -> list[Pile]:
    """Everybody's pile; `source` is the folder's or the zip's own name, without an extension."""
    members, source = unwrapped(tidied(members), source)
    exported, remark = metadata(members)
    members = [member for member in members if member.parts[0] not in METADATA]
    conventions = conventions_of(members, source, exported)
    made = {claim.whose: Pile(claim, remark=remark) for claim in exported.values()}
    for member in members:
        top, folder = member.parts[0], len(member.parts) > 1 or member.folder
        claim = next(claim for convention in conventions if (claim := convention(top, folder)))
        pile = made.setdefault(claim.whose, Pile(claim, remark=remark))
        own = ((claim.file or top,) if claim.file or not folder else ()) + member.parts[1:]
        if own:
            pile.works.append(Work(claim.place, replace(member, parts=own)))
        elif member.problem:
            pile.works.append(Work(claim.place, replace(member, folder=False)))
    return list(made.values())


def conventions_of(members: Sequence[Member], source: str, exported: Mapping[str, Claim]) -> list[Convention]:
    """The most telling first; the last one takes everything."""

    def gradescope(entry: str, folder: bool) -> Claim | None:
        return exported.get(entry)

    chosen: list[Convention] = [gradescope, moodle]
    if is_canvas(member.parts[0] for member in members if len(member.parts) == 1 and not member.folder):
        chosen.append(canvas)
    if source == SUBMITTED or any(is_timestamp(member.parts[2:]) for member in members):
        chosen.append(nbgrader)
    return [*chosen, plain]


def metadata(members: Sequence[Member]) -> tuple[dict[str, Claim], str]:
    """What a Gradescope export says of its folders; and what to say where it cannot be read."""
    for member in members:
        if len(member.parts) == 1 and member.parts[0] in METADATA and not member.folder:
            try:
                return submitters(member.read(MAX_METADATA)), ""
            except (BadSource, BadNotebook) as error:
                return {}, f"The students' names are unknown: {error}"
    return {}, ""
