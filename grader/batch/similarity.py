"""Which works of a cohort are more alike than works of teams that did not work together.

A flag for a person, never a reason for points: teams may have had the same idea, the same source or the same seed.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from grader.batch import traces
from grader.batch.evidence import Match, code, figures, file, match, numbers, text
from grader.batch.traces import Traces
from grader.records.notebook import Notebook

WORTH_A_LOOK, WORTH_A_SENTENCE, COPIED_CELL = 0.3, 0.2, 0.6
"""A pair's score, the share of one kind, and that of a single cell: independent solutions stay below."""
SMALL_COHORT = 20
"""In a smaller cohort nothing is common knowledge."""


@dataclass(frozen=True)
class Work:
    """What one team handed in."""

    key: str
    notebook: Notebook


@dataclass(frozen=True)
class Pair:
    """Two works by their keys."""

    first: str
    second: str
    score: float
    """0 to 1: ranks the pairs and nothing else."""
    evidence: tuple[str, ...]
    """Sentences for a person, the most telling first. Cells are counted from 1."""


@dataclass(frozen=True)
class Kind:
    """One way of being alike."""

    traces: Callable[[Notebook], Traces]
    sentence: Callable[[Match], str]
    weight: float
    """What it says when everything is shared."""
    least: float
    """Sharing fewer traces than so many that nobody else has may be chance."""


FILE = Kind(traces.file, file, 1.0, 0.01)
KINDS = (
    FILE,
    Kind(traces.code, code, 1.0, 25),
    Kind(traces.text, text, 0.7, 12),
    Kind(traces.figures, figures, 0.5, 0.6),
    Kind(traces.numbers, numbers, 0.5, 3),
)


@dataclass(frozen=True)
class OwnTraces:
    """The traces of one kind that each work has of its own, and what they say: 1 where two have it, 0 where all have."""

    kind: Kind
    own: Sequence[Traces]
    rarity: Mapping[str, float]


def similar(works: Iterable[Work], known: Sequence[Notebook]) -> list[Pair]:
    """The pairs of `works` that a person should look at, most similar first.

    What is in `known`, the starter and the reference solution, is nobody's own, and what many teams have hardly is.
    No work is kept, only its traces.
    """
    given = {kind: set(chain.from_iterable(map(kind.traces, known))) for kind in KINDS}
    keys, owned = list[str](), list[dict[Kind, Traces]]()
    for work in works:
        keys.append(work.key)
        owned.append(own_of(work.notebook, given))
    matches = defaultdict[tuple[int, int], list[tuple[Kind, Match]]](list)
    for traced in (own_traces(kind, [own[kind] for own in owned]) for kind in KINDS):
        for (a, b), amount in amounts(traced).items():
            if amount >= traced.kind.least:
                found = match((keys[a], traced.own[a]), (keys[b], traced.own[b]), traced.rarity)
                if found.share >= WORTH_A_SENTENCE or has_copied_cell(traced.kind, found):
                    matches[a, b].append((traced.kind, found))
    pairs = [
        Pair(keys[a], keys[b], score(found), evidence(found))
        for (a, b), found in matches.items()
        if score(found) >= WORTH_A_LOOK or any(has_copied_cell(*entry) for entry in found)
    ]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def own_of(notebook: Notebook, given: Mapping[Kind, set[str]]) -> dict[Kind, Traces]:
    """The traces that were not given. A file with nothing else of its own is what was given, saved once more."""
    own = {
        kind: {trace: cell for trace, cell in kind.traces(notebook).items() if trace not in given[kind]}
        for kind in KINDS
    }
    return own if any(own[kind] for kind in KINDS if kind is not FILE) else {kind: Traces() for kind in KINDS}


def own_traces(kind: Kind, own: Sequence[Traces]) -> OwnTraces:
    size = max(len(own), SMALL_COHORT)
    teams = Counter(chain.from_iterable(own))
    # what one team has says as much as what two have: a copier's additions hide nothing
    rarity = {trace: math.log(size / max(number, 2), size / 2) for trace, number in teams.items()}
    return OwnTraces(kind, own, rarity)


def amounts(traced: OwnTraces) -> dict[tuple[int, int], float]:
    """How much each two works share, in traces that nobody else has; pairs that share nothing are left out."""
    owners = defaultdict[str, list[int]](list)
    for number, found in enumerate(traced.own):
        for trace in found:
            owners[trace].append(number)
    shared = defaultdict[tuple[int, int], float](float)
    for trace, teams in owners.items():
        # what all have says nothing, and makes the most pairs
        for pair in combinations(teams, 2) if traced.rarity[trace] else ():
            shared[pair] += traced.rarity[trace]
    return shared


def score(matches: Sequence[tuple[Kind, Match]]) -> float:
    """Kinds that leave some doubt support each other."""
    return round(1 - math.prod(1 - kind.weight * match.share for kind, match in matches), 4)


def has_copied_cell(kind: Kind, match: Match) -> bool:
    """Whether a question's answer is the other's, though all others may be their own."""
    return any(place.amount >= kind.least and place.share >= COPIED_CELL for place in match.places)


def evidence(matches: Sequence[tuple[Kind, Match]]) -> tuple[str, ...]:
    ranked = sorted(matches, key=lambda entry: -entry[0].weight * entry[1].share)
    return tuple(kind.sentence(match) for kind, match in ranked)
