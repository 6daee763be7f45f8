"""Copies are found however they are disguised, independent works are left in peace, and nobody is judged."""

import random
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import torch

from grader.batch.similarity import Pair, Work, similar
from grader.records.notebook import Cell, Notebook, Output
from tests.batch.cohort import cohort, independent, known
from tests.batch.disguise import disguised

LOSSES = "\n".join(f"Epoch {epoch}: loss {1 / (epoch + 1.37):.6f}" for epoch in range(1, 12))
ANSWER = "Zero weights give zero gradients for all of the weights, so that only the last bias is ever changed by Adam."
CELL = """
def spread(points, count):
    nearest = [min(points, key=lambda other: abs(other - point)) for point in points]
    while len(nearest) > count:
        worst = max(range(len(nearest)), key=lambda i: nearest[i] ** 2)
        del nearest[worst]
        if not nearest or sum(nearest) < -count:
            raise ValueError(f"only {len(nearest)} of {count} are left")
    return {point: sorted(nearest).index(point) / count for point in nearest}
"""


@pytest.fixture(scope="module")
def given() -> list[Notebook]:
    return known()


@pytest.fixture(scope="module")
def solutions() -> list[Notebook]:
    return independent()


def named(notebooks: Sequence[Notebook]) -> list[Work]:
    return [Work(f"team-{number}", notebook) for number, notebook in enumerate(notebooks)]


def keys(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in pairs]


def added(notebook: Notebook, source: str, *outputs: Output, kind: str = "code") -> Notebook:
    cell = Cell(len(notebook.cells), kind, source, outputs=outputs)  # type: ignore[arg-type]
    return replace(notebook, cells=(*notebook.cells, cell))


def printed(text: str) -> Output:
    return Output("stream", text=text)


def picture(content: str) -> Output:
    return Output("display", data={"image/png": content})


def test_disguised_copies_rank_above_all_independent_works(given: list[Notebook]) -> None:
    chance = random.Random(3)
    teams = named(cohort(60))
    copied = chance.sample(teams, 5)
    copies = [Work(f"copy of {work.key}", disguised(work.notebook, given[0], chance)) for work in copied]
    pairs = similar([*teams, *copies], given)
    assert set(keys(pairs[:5])) == {(work.key, f"copy of {work.key}") for work in copied}
    assert pairs[4].score > 0.9
    assert pairs[5].score < 0.5
    assert "own code is also in" in pairs[0].evidence[0]


def test_independent_solutions_are_no_pairs(given: list[Notebook], solutions: list[Notebook]) -> None:
    assert similar(named(solutions), given) == []


@pytest.mark.parametrize("notebooks", [0, 1])
def test_what_was_given_makes_no_pair(notebooks: int, given: list[Notebook]) -> None:
    assert similar(named([given[notebooks]] * 3), given) == []


@pytest.mark.parametrize("teams", [2, 3, 10])
def test_a_copy_is_found_in_a_cohort_of_any_size(teams: int, given: list[Notebook], solutions: list[Notebook]) -> None:
    copy = disguised(solutions[0], given[0], random.Random(4))
    (pair,) = similar(named([*solutions[: teams - 1], copy]), given)
    assert (pair.first, pair.second) == ("team-0", f"team-{teams - 1}")
    assert pair.score > 0.9


def test_one_copied_cell_is_shown_whatever_the_rest_is(given: list[Notebook], solutions: list[Notebook]) -> None:
    other = CELL.replace("nearest", "found").replace("points", "values").replace("worst", "bad")
    works = named([added(solutions[0], CELL), *solutions[1:5], added(solutions[5], other)])
    (pair,) = similar(works, given)
    assert (pair.first, pair.second) == ("team-0", "team-5")
    assert pair.score < 0.3
    for number, work in ((0, works[0]), (5, works[5])):
        assert f"cell {len(work.notebook.cells)} of team-{number}" in pair.evidence[0].partition(";")[0]


@pytest.mark.parametrize(
    ("kind", "output", "says"),
    [
        ("code", printed(LOSSES), "Both print 0.421941, 0.296736, 0.228833 in a row and 8 more such rows: cell"),
        ("code", picture("aGVsbG8="), "1 of their figures are equal byte for byte: cell"),
        ("markdown", ANSWER, 'Both write "zero weights give zero gradients for" and'),
    ],
)
def test_equal_outputs_and_answers_alone_make_a_pair(
    kind: str, output: Output | str, says: str, given: list[Notebook], solutions: list[Notebook]
) -> None:
    def with_it(notebook: Notebook) -> Notebook:
        if isinstance(output, str):
            return added(notebook, f"<b>{output}</b>", kind=kind)
        return added(notebook, "", output)

    (pair,) = similar(named([with_it(solutions[0]), solutions[1], with_it(solutions[2])]), given)
    assert (pair.first, pair.second) == ("team-0", "team-2")
    assert 0.3 <= pair.score <= 0.7
    assert len(pair.evidence) == 1
    assert says in pair.evidence[0]
    assert similar(named([with_it(notebook) for notebook in solutions[:3]]), [*given, with_it(given[1])]) == []


def test_printed_weights_make_a_pair(given: list[Notebook]) -> None:
    torch.manual_seed(7)
    weights, others = torch.randn(2, 3, 4)
    works = named([added(given[0], "", printed(str(one))) for one in (weights, weights, others)])
    (pair,) = similar(works, given)
    assert (pair.first, pair.second) == ("team-0", "team-1")
    assert pair.evidence[0].startswith("Both print ")


def test_the_same_file_with_little_of_its_own_is_a_pair_and_what_was_given_is_none(given: list[Notebook]) -> None:
    little = replace(added(given[0], "", printed("0.7313, 0.1291, 0.5517")), sha256="f")
    (pair,) = similar(named([little, little, given[0]]), given)
    assert (pair.first, pair.second, pair.score) == ("team-0", "team-1", 1.0)
    assert pair.evidence[0] == "team-0 and team-1 handed in the same file, byte for byte."
    assert similar(named([replace(given[0], sha256="saved again")] * 2), given) == []


def test_what_everybody_prints_makes_no_pair(given: list[Notebook]) -> None:
    everybody = [added(given[0], f"x = {number}", printed(LOSSES), picture("aGVsbG8=")) for number in range(30)]
    assert similar(named(everybody), given) == []


def test_what_all_of_a_few_share_is_not_common_knowledge(given: list[Notebook]) -> None:
    few = [added(given[0], "", printed(LOSSES)) for _ in range(3)]
    assert keys(similar(named(few), given)) == [("team-0", "team-1"), ("team-0", "team-2"), ("team-1", "team-2")]


def test_clues_support_each_other(given: list[Notebook]) -> None:
    one = named([added(given[0], "", printed(LOSSES))] * 2)
    two = named([added(given[0], "", printed(LOSSES), picture("aGVsbG8="))] * 2)
    (weak,), (strong,) = similar(one, given), similar(two, given)
    assert weak.score < strong.score
    assert len(strong.evidence) == 2


def test_no_work_is_kept() -> None:
    def works() -> Iterator[Work]:
        for number in range(3):
            notebook = Notebook(str(number), ())
            seen.append(weakref.ref(notebook))
            yield Work(str(number), notebook)
        alive.extend(one() is not None for one in seen[:2])

    seen, alive = list[weakref.ref[Notebook]](), list[bool]()
    similar(works(), [])
    assert alive == [False, False]


def test_works_that_say_nothing_are_no_pairs(given: list[Notebook]) -> None:
    empty, broken = Notebook("", ()), Notebook("", (Cell(0, "code", "def f(:\n"), Cell(1, "raw", "x")))
    assert similar([], given) == []
    assert similar(named([empty, empty, broken, broken]), []) == []
