"""What two works share, and sentences about it for a person."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from grader.batch.traces import Traces

SHOWN, QUOTED = 6, 200


@dataclass(frozen=True)
class Place:
    """A cell of one work and a cell of the other, by index."""

    here: int
    there: int
    amount: float
    """Of what they share, in traces that nobody else has."""
    share: float
    """How much of the smaller cell that is."""


@dataclass(frozen=True)
class Match:
    """What two works share of one kind: `part`, which has less of its own, and `whole`."""

    part: str
    whole: str
    amount: float
    share: float
    """How much of `part` is in `whole`."""
    traces: tuple[str, ...]
    """In the order of `part`, the rarest first."""
    places: tuple[Place, ...]
    """Where most is shared first."""


def match(first: tuple[str, Traces], second: tuple[str, Traces], rarity: Mapping[str, float]) -> Match:
    """Two works, each with its key, compared trace by trace."""
    (part, own), (whole, others) = sorted((first, second), key=lambda side: sum(rarity[trace] for trace in side[1]))
    here, there, both = by_cell(own, rarity), by_cell(others, rarity), defaultdict[tuple[int, int], float](float)
    common = [trace for trace in own if trace in others and rarity[trace]]
    for trace in common:
        both[own[trace], others[trace]] += rarity[trace]
    amount, size = sum(both.values()), sum(here.values())
    places = [Place(a, b, shared, shared / min(here[a], there[b])) for (a, b), shared in both.items()]
    return Match(
        part,
        whole,
        amount,
        amount / size if size else 0.0,
        tuple(sorted(common, key=lambda trace: -rarity[trace])),
        tuple(sorted(places, key=lambda place: -place.amount)),
    )


def by_cell(own: Traces, rarity: Mapping[str, float]) -> dict[int, float]:
    found = defaultdict[int, float](float)
    for trace, cell in own.items():
        found[cell] += rarity[trace]
    return found


def file(match: Match) -> str:
    return f"{match.part} and {match.whole} handed in the same file, byte for byte."


def code(match: Match) -> str:
    return f"{match.share:.0%} of {match.part}'s own code is also in {match.whole}, other names and layout aside: {places(match)}."


def text(match: Match) -> str:
    return f'Both write "{quoted(match.traces[0])}"{more(match, "passages")}: {places(match)}.'


def figures(match: Match) -> str:
    return f"{len(match.traces)} of their figures are equal byte for byte: {places(match)}."


def numbers(match: Match) -> str:
    return (
        f"Both print {quoted(match.traces[0])} in a row{more(match, 'rows')}: {places(match)}. "
        "Code that does the same prints the same with the same seed."
    )


def quoted(trace: str) -> str:
    return trace if len(trace) <= QUOTED else f"{trace[:QUOTED]} …"


def more(match: Match, what: str) -> str:
    others = len(match.traces) - 1
    return f" and {others} more such {what}" if others else ""


def places(match: Match) -> str:
    shown = [
        f"cell {place.here + 1} of {match.part} and cell {place.there + 1} of {match.whole} ({place.share:.0%})"
        for place in match.places[:SHOWN]
    ]
    left = len(match.places) - len(shown)
    return "; ".join([*shown, f"{left} more"] if left else shown)
