"""Which works of a cohort are more alike than works of teams that did not work together.

A flag for a person, never a reason for points: teams may have had the same idea, the same source or the same seed.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from grader.batch import traces
from grader.batch.evidence import Match, code, figures, match, numbers, text
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


KINDS = (
    Kind(traces.code, code, 1.0, 25),
    Kind(traces.text, text, 0.7, 12),
    Kind(traces.figures, figures, 0.5, 0.6),
    Kind(traces.numbers, numbers, 0.5, 3),
)


@dataclass(frozen=True)
class Cohort:
    """The traces of one kind that each work has of its own, and what they say: 1 where two have it, 0 where all have."""

    kind: Kind
    own: Sequence[Traces]
    rarity: Mapping[str, float]


def similar(works: Sequence[Work], known: Sequence[Notebook]) -> list[Pair]:
    """The pairs of `works` that a person should look at, most similar first.

    What is in `known`, the starter and the reference solution, is nobody's own, and what many teams have hardly is.
    """
    notebooks = [work.notebook for work in works]
    cohorts = [cohort_of(kind, notebooks, known) for kind in KINDS]
    matches = defaultdict[tuple[int, int], list[tuple[Kind, Match]]](list)
    for cohort in cohorts:
        for (a, b), amount in amounts(cohort).items():
            if amount >= cohort.kind.least:
                found = match((works[a].key, cohort.own[a]), (works[b].key, cohort.own[b]), cohort.rarity)
                if found.share >= WORTH_A_SENTENCE or has_copied_cell(cohort.kind, found):
                    matches[a, b].append((cohort.kind, found))
    pairs = [
        Pair(works[a].key, works[b].key, score(found), evidence(found))
        for (a, b), found in matches.items()
        if score(found) >= WORTH_A_LOOK or any(has_copied_cell(*entry) for entry in found)
    ]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def cohort_of(kind: Kind, notebooks: Sequence[Notebook], known: Sequence[Notebook]) -> Cohort:
    given = set(chain.from_iterable(kind.traces(notebook) for notebook in known))
    everything = [kind.traces(notebook) for notebook in notebooks]
    own = [{trace: cell for trace, cell in found.items() if trace not in given} for found in everything]
    size = max(len(own), SMALL_COHORT)
    teams = Counter(chain.from_iterable(own))
    # what one team has says as much as what two have: a copier's additions hide nothing
    rarity = {trace: math.log(size / max(number, 2), size / 2) for trace, number in teams.items()}
    return Cohort(kind, own, rarity)


def amounts(cohort: Cohort) -> dict[tuple[int, int], float]:
    """How much each two works share, in traces that nobody else has; pairs that share nothing are left out."""
    owners = defaultdict[str, list[int]](list)
    for number, found in enumerate(cohort.own):
        for trace in found:
            owners[trace].append(number)
    shared = defaultdict[tuple[int, int], float](float)
    for trace, teams in owners.items():
        for pair in combinations(teams, 2):
            shared[pair] += cohort.rarity[trace]
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
