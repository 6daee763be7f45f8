"""Who handed in together: a team has one grade, and nobody is somebody's partner because they say so themselves."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grader.batch.authors import Author, Authors, id_key, ids_in, name_key
from grader.batch.choose import newest
from grader.batch.handed import HandedIn
from grader.batch.names import listed
from grader.roster import Entry

PAIR = 2
WORD = re.compile(r"[^\W\d_]+")
NEWEST = "the newest"

Links = Mapping[str, Mapping[str, set[str]]]
"""By the key of a submission and of another: the IDs of those whom the first names and who may have handed in the other."""


@dataclass(frozen=True)
class Listing:
    """Whom of a roster somebody may be."""

    entries: tuple[Entry, ...]
    sure: bool


def in_teams(everybody: Sequence[HandedIn], authors: Mapping[str, Authors], roster: Sequence[Entry]) -> list[HandedIn]:
    """`everybody`, with the one notebook that is graded for each team, and remarks on who was not taken for a partner.

    Whom `roster` lists is in the team that it says and in no other. Of the rest two are partners where their notebooks
    name the same two IDs, and each of them names both who handed in, by ID or by name. `authors` has whom each notebook
    that can be graded names.
    """
    people = {handed.key: handed for handed in everybody}
    links = links_between(everybody, authors)
    claims = {handed.key: listed_as(handed, roster) for handed in everybody}
    known, unsure = by_roster(claims)
    teams = [*rostered(known), *mutual([key for key in people if key not in known], authors, links)]
    found = dict(people)
    for team, members in teams:
        found.update((one.key, one) for one in as_one([people[key] for key in members], team, authors))
    together = {key: {*members} for _, members in teams for key in members}
    for key, remark in (*unsure.items(), *absent(known, unsure, claims, roster).items()):
        found[key] = remarked(found[key], remark)
    for key, doubt in doubts(people, authors, links, together).items():
        found[key] = remarked(found[key], doubt)
    return list(found.values())


def links_between(everybody: Sequence[HandedIn], authors: Mapping[str, Authors]) -> Links:
    """Also of each submission to itself."""
    whose = defaultdict[str, list[str]](list)
    for handed in everybody:
        for mark in {*ids_of(handed), name_key(handed.name)} - {""}:
            whose[mark].append(handed.key)
    links: dict[str, dict[str, set[str]]] = {key: defaultdict(set) for key in authors}
    for key, named in authors.items():
        for author in named:
            for mark in filter(None, (author.id, author.name)):
                for other in whose[mark]:
                    links[key][other].add(author.id or author.name)
    return links


def ids_of(handed: HandedIn) -> set[str]:
    """What may be students' own numbers: learning platforms have others of their own, too."""
    return {id_key(part.strip()) for part in handed.id.split(",")} | ids_in(handed.name)


def by_roster(claims: Mapping[str, Listing]) -> tuple[dict[str, str], dict[str, str]]:
    """The roster's teams by the keys of those whom it lists; and remarks on who may have a listed person's name only."""
    sure = {entry for claim in claims.values() if claim.sure for entry in claim.entries}
    alike = Counter(entry for claim in claims.values() if not claim.sure for entry in claim.entries)
    teams, remarks = dict[str, str](), dict[str, str]()
    for key, claim in claims.items():
        if not claim.sure and any(entry in sure or alike[entry] > 1 for entry in claim.entries):
            names = listed(entry.name for entry in claim.entries)
            remarks[key] = f"Not taken for the roster's {names}: others who handed in may be, too."
            continue
        of = {entry.team for entry in claim.entries if entry.role == "student"}
        if len(of) == 1:
            teams[key] = of.pop()
    return teams, remarks


def absent(
    known: Mapping[str, str], unsure: Mapping[str, str], claims: Mapping[str, Listing], roster: Sequence[Entry]
) -> dict[str, str]:
    """For each in a team of the roster: who else is in it and has no line in the tables, as nothing of theirs is there."""
    here = {entry for key, claim in claims.items() if key not in unsure for entry in claim.entries}
    missing = defaultdict[str, list[str]](list)
    for entry in roster:
        if entry.role == "student" and entry not in here:
            missing[entry.team].append(entry.name or entry.email)
    return {
        key: f"In this team by the roster, but in no table, as nothing of theirs is here: {listed(missing[team])}."
        for key, team in known.items()
        if missing[team]
    }


def listed_as(handed: HandedIn, roster: Sequence[Entry]) -> Listing:
    """By email or the platform's ID, which nobody chooses for themselves; else by what stands in the name."""
    emails, own = {*handed.email.lower().split(",")}, {*handed.id.split(",")} - {""}
    own |= {id_key(part.strip()) for part in own} - {""}
    for sure, entries in (
        (True, [entry for entry in roster if entry.email in emails]),
        (True, [entry for entry in roster if entry.id and {entry.id, id_key(entry.id)} & own]),
        (False, [entry for entry in roster if id_key(entry.id) and id_key(entry.id) in ids_in(handed.name)]),
        (False, [entry for entry in roster if same_name(entry.name, handed.name)]),
    ):
        if entries:
            return Listing(tuple(entries), sure)
    return Listing((), sure=False)


def same_name(one: str, other: str) -> bool:
    """Whatever the order of its parts; where one is written as a single word, as by Canvas, by its letters."""
    if not name_key(one) or name_key(one) != name_key(other):
        return False
    first, second = (sorted(name_key(part) or part for part in WORD.findall(name.casefold())) for name in (one, other))
    return min(len(first), len(second)) == 1 or first == second


def rostered(known: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    members = defaultdict[str, list[str]](list)
    for key, team in known.items():
        members[team].append(key)
    return ((team, keys) for team, keys in members.items() if len(keys) > 1)


def mutual(keys: Sequence[str], authors: Mapping[str, Authors], links: Links) -> Iterator[tuple[str, list[str]]]:
    """The pairs that name each other; where three do, nobody can say who is whose partner."""
    free = {*keys} & authors.keys()
    partners = {
        key: [other for other in links[key] if other in free - {key} and agree(key, other, authors, links)]
        for key in keys
        if key in free
    }
    done = set[str]()
    for key, others in partners.items():
        if len(others) == 1 and partners[others[0]] == [key] and key not in done:
            done.add(others[0])
            yield " + ".join(sorted(ids(authors[key]))), [key, others[0]]


def agree(one: str, other: str, authors: Mapping[str, Authors], links: Links) -> bool:
    """Whether both notebooks name the same two IDs, and each of them both who handed in, as two different people."""
    pair = ids(authors[one])
    views = [(links[view].get(one, set()), links[view].get(other, set())) for view in (one, other)]
    return pair == ids(authors[other]) and len(pair) == PAIR and all(a and b and len(a | b) > 1 for a, b in views)


def ids(named: Iterable[Author]) -> set[str]:
    return {author.id for author in named} - {""}


def as_one(members: Sequence[HandedIn], team: str, authors: Mapping[str, Authors]) -> list[HandedIn]:
    """A team's members, all with the notebook that is graded for them: the newest one, else the first by name."""
    of_team = [replace(member, team=team) for member in members]
    works = {member.sha256: member for member in reversed(of_team) if member.key in authors}
    if not works:
        return of_team
    newer = newest(works, {sha256: work.time for sha256, work in works.items()}) if len(works) > 1 else None
    graded = works[newer] if newer else next(member for member in of_team if member.key in authors)
    how = NEWEST if newer else "the first by name"
    others = [member for member in of_team if member.sha256 != graded.sha256]
    told = f"Partner of {listed(member.name for member in others)}: this notebook, {how}, is graded for all."
    return [
        with_work_of(graded, member, how) if member in others else remarked(member, told if others else "")
        for member in of_team
    ]


def with_work_of(graded: HandedIn, member: HandedIn, how: str) -> HandedIn:
    when = f", handed in {datetime.fromtimestamp(graded.time, UTC):%Y-%m-%d %H:%M}" if how == NEWEST else ""
    told = f"Partner of {graded.name}: graded is their notebook {graded.filename}, {how}{when}."
    taken = replace(
        member,
        filename=graded.filename,
        time=graded.time,
        sha256=graded.sha256,
        read=graded.read,
        problem="",
        remark=" ".join(filter(None, (member.remark, member.problem))),
    )
    return remarked(taken, told)


def doubts(
    people: Mapping[str, HandedIn],
    authors: Mapping[str, Authors],
    links: Links,
    together: Mapping[str, set[str]],
) -> dict[str, str]:
    """For each who seems to have a partner that was not taken for one: who that is, and why it seems so."""
    found = defaultdict[str, dict[str, str]](dict)

    def doubted(one: str, other: str, why: str) -> None:
        if other != one and other not in together.get(one, ()):
            found[one].setdefault(other, why)

    alike = defaultdict[frozenset[str], list[str]](list)
    for key, named in authors.items():
        for other, who in links[key].items():
            # of two with the same name, each names themselves
            if who - links[key].get(key, set()):
                doubted(key, other, "named here")
                doubted(other, key, "names them")
        if len(ids(named)) == PAIR:
            alike[frozenset(ids(named))].append(key)
    for keys in alike.values():
        for key in keys:
            for other in keys:
                doubted(key, other, "the same two IDs")
    return {
        key: f"Not taken for partners: {listed(f'{people[other].name} ({why})' for other, why in others.items())}."
        for key, others in found.items()
    }


def remarked(handed: HandedIn, remark: str) -> HandedIn:
    return replace(handed, remark=" ".join(filter(None, (handed.remark, remark))))
