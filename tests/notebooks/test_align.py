"""Every cell finds its question again, whatever students and editors do to a notebook.

The tests edit pairs of a cell and the region where it belongs; what comes out of `align` has to be those regions.
"""

import random
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from grader.notebooks.align import align
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook

Pair = tuple[Cell, str]
Edit = Callable[[list[Pair]], list[Pair]]

LENGTHS = {
    "header": 3,
    "setup": 3,
    "q1.data": 4,
    "q1.logistic_regression": 4,
    "q1.logistic_regression.questions": 2,
    "q1.mlp": 2,
    "q1.mlp.training": 2,
    "q1.mlp.questions": 1,
    "q1.initialization": 2,
    "q1.initialization.question": 1,
    "q1.optimizers": 2,
    "q1.reflection": 2,
    "q2.data": 2,
    "q2.linear": 2,
    "q2.ffnet": 2,
    "q2.xor": 4,
    "q2.xor.questions": 1,
    "q2.calc_gradients": 4,
}
"""How many of the starter's cells each question has, in order."""

DEFINITIONS = {
    "q1.logistic_regression": "def logistic_regression(",
    "q1.mlp": "class MLP(",
    "q2.linear": "class Linear(",
    "q2.ffnet": "class FFNet(",
    "q2.calc_gradients": "def calc_gradients(",
}
STARTER_REGIONS = [region for region, length in LENGTHS.items() for _ in range(length)]


@pytest.fixture
def starter(assignment: Assignment) -> list[Pair]:
    """The starter's cells and where they belong."""
    return list(zip(assignment.starter.cells, STARTER_REGIONS, strict=True))


@pytest.fixture
def solution(assignment: Assignment) -> list[Pair]:
    """The solution's cells: those of the starter, filled in, and others, each of which belongs to the one above it."""
    region_of = {cell.id: region for cell, region in zip(assignment.starter.cells, STARTER_REGIONS, strict=True)}
    pairs: list[Pair] = []
    for cell in assignment.solution.cells:
        pairs.append((cell, region_of[cell.id] if cell.id in region_of else pairs[-1][1]))
    return pairs


def aligned(pairs: Iterable[Pair], assignment: Assignment) -> list[str]:
    cells = tuple(replace(cell, index=index) for index, (cell, _) in enumerate(pairs))
    return list(align(Notebook("0" * 64, cells), assignment.starter, assignment.rubric.regions))


def differences(pairs: list[Pair], assignment: Assignment) -> list[str]:
    """The cells that are not where they belong, for people."""
    return [
        f"{cell.source[:50]!r} belongs to {wanted}, not {found}"
        for (cell, wanted), found in zip(pairs, aligned(pairs, assignment), strict=True)
        if found != wanted
    ]


def code(source: str, region: str, identity: str | None = None) -> Pair:
    return Cell(0, "code", textwrap.dedent(source).strip(), identity), region


def text(source: str, region: str) -> Pair:
    return Cell(0, "markdown", source), region


def defining(pairs: list[Pair], region: str) -> int:
    """The place of the cell that defines the region's object."""
    (place,) = [i for i, (cell, _) in enumerate(pairs) if DEFINITIONS[region] in cell.source and cell.kind == "code"]
    return place


def of_all(change: Callable[[Cell], Cell]) -> Edit:
    return lambda pairs: [(change(cell), region) for cell, region in pairs]


# --- what editors do ---


def without_ids(pairs: list[Pair]) -> list[Pair]:
    return [(replace(cell, id=None), region) for cell, region in pairs]


def random_ids(pairs: list[Pair]) -> list[Pair]:
    draw = random.Random(1)
    return [(replace(cell, id=f"{draw.getrandbits(32):08x}"), region) for cell, region in pairs]


def shuffled_ids(pairs: list[Pair]) -> list[Pair]:
    """Each id on another cell than its own: an id taken at its word leads astray."""
    ids = [cell.id for cell, _ in pairs]
    return [(replace(cell, id=other), region) for (cell, region), other in zip(pairs, ids[5:] + ids[:5], strict=True)]


def numbered_ids(pairs: list[Pair]) -> list[Pair]:
    """The starter's own ids in the new order, as an editor would give them that counts cells."""
    return [(replace(cell, id=f"cell-{i:02}"), region) for i, (cell, region) in enumerate(pairs)]


def two_ids_swapped(pairs: list[Pair]) -> list[Pair]:
    """All ids are right but two, as after copying one cell into another."""
    edited, (first, second) = list(pairs), (defining(pairs, "q2.linear"), defining(pairs, "q1.mlp"))
    edited[first] = (replace(pairs[first][0], id=pairs[second][0].id), pairs[first][1])
    edited[second] = (replace(pairs[second][0], id=pairs[first][0].id), pairs[second][1])
    return edited


def same_id(pairs: list[Pair]) -> list[Pair]:
    return [(replace(cell, id="cell-40"), region) for cell, region in pairs]


def windows_lines(cell: Cell) -> Cell:
    return replace(cell, source=cell.source.replace("\n", "\r\n"))


def trailing_blanks(cell: Cell) -> Cell:
    return replace(cell, source="\n\n" + "".join(f"{line}  \n" for line in cell.source.splitlines()) + "\n")


def no_blank_lines(cell: Cell) -> Cell:
    return replace(cell, source="\n".join(line.strip() for line in cell.source.splitlines() if line.strip()))


def wide_indentation(cell: Cell) -> Cell:
    lines = cell.source.splitlines()
    return replace(cell, source="\n".join("\t" * (len(line) - len(line.lstrip())) + line.lstrip() for line in lines))


def wrapped(cell: Cell) -> Cell:
    return replace(cell, source=textwrap.fill(cell.source, 60)) if cell.kind == "markdown" else cell


def touched(cell: Cell) -> Cell:
    """A word more in every line."""
    return replace(cell, source="".join(f"{line} ok\n" for line in cell.source.splitlines() if line))


EDITORS: dict[str, Edit] = {
    "nothing": lambda pairs: pairs,
    "no ids": without_ids,
    "random ids": random_ids,
    "shuffled ids": shuffled_ids,
    "numbered ids": numbered_ids,
    "two ids swapped": two_ids_swapped,
    "one id for all": same_id,
    "Windows line ends": of_all(windows_lines),
    "trailing blanks": of_all(trailing_blanks),
    "no blank lines": of_all(no_blank_lines),
    "wide indentation": of_all(wide_indentation),
    "text wrapped": lambda pairs: without_ids(of_all(wrapped)(pairs)),
    "every line touched": lambda pairs: without_ids(of_all(touched)(pairs)),
}


@pytest.mark.parametrize("edit", EDITORS)
def test_the_starter_as_an_editor_leaves_it(edit: str, starter: list[Pair], assignment: Assignment) -> None:
    assert differences(EDITORS[edit](starter), assignment) == []


@pytest.mark.parametrize("edit", EDITORS)
def test_the_solution_as_an_editor_leaves_it(edit: str, solution: list[Pair], assignment: Assignment) -> None:
    assert differences(EDITORS[edit](solution), assignment) == []


# --- what students do; each with the starter's ids and without any ---


def helpers_around(pairs: list[Pair]) -> list[Pair]:
    """A helper function before and another after each definition."""
    edited = list(pairs)
    for region in DEFINITIONS:
        place = defining(edited, region)
        edited[place : place + 1] = [
            code("def log_sum_exp(z):\n    return z.exp().sum().log()", region),
            edited[place],
            code("def show(values):\n    for value in values:\n        print(f'{value:.3f}')", region),
        ]
    return edited


def markdown_split(pairs: list[Pair]) -> list[Pair]:
    """A heading and notes of one's own between a question and its code."""
    edited = list(pairs)
    for region in DEFINITIONS:
        place = defining(edited, region)
        notes = [text("#### Our solution", region), text("We tried three ways; this one is the fastest.", region)]
        edited[place:place] = notes
    return edited


def definition_split(pairs: list[Pair]) -> list[Pair]:
    """The last two lines of each definition in a cell of their own, as a function that is put into place."""
    edited = list(pairs)
    for region in DEFINITIONS:
        place = defining(edited, region)
        cell, _ = edited[place]
        lines = cell.source.splitlines()
        rest = code("def later(self, *inputs):\n" + "\n".join(lines[-2:]), region)
        edited[place : place + 1] = [(replace(cell, source="\n".join(lines[:-2])), region), rest]
    return edited


def answers_below_questions(pairs: list[Pair]) -> list[Pair]:
    """Text answers in the questions' own cells, longer than the questions."""
    answer = "\n\n<span style='color:red'>" + "It depends on the width of the hidden layer. " * 40 + "</span>"
    return [
        (replace(cell, source=cell.source + answer), region)
        if region.rpartition(".")[2].startswith("question")
        else (cell, region)
        for cell, region in pairs
    ]


def answers_in_all_markdown(pairs: list[Pair]) -> list[Pair]:
    return [
        (replace(cell, source=cell.source + "\n\n**Done**, see below."), region)
        if cell.kind == "markdown"
        else (cell, region)
        for cell, region in pairs
    ]


def cut(pairs: list[Pair], start: str, stop: str) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """What is before the region `start`, what is from there to the region `stop`, and the rest."""
    regions = [region for _, region in pairs]
    first, last = regions.index(start), regions.index(stop)
    return pairs[:first], pairs[first:last], pairs[last:]


def logistic_regression_at_the_end(pairs: list[Pair]) -> list[Pair]:
    before, question, after = cut(pairs, "q1.logistic_regression", "q1.mlp")
    return [*before, *after, *question]


def second_part_first(pairs: list[Pair]) -> list[Pair]:
    before, first, second = cut(pairs, "q1.data", "q2.data")
    return [*before, *second, *first]


def all_twice(pairs: list[Pair]) -> list[Pair]:
    return [pair for pair in pairs for _ in range(2)]


def all_below_itself(pairs: list[Pair]) -> list[Pair]:
    """Two notebooks in one: the whole is there twice."""
    return [*pairs, *pairs]


def scratch_at_the_end(pairs: list[Pair]) -> list[Pair]:
    return [*pairs, code("print(2 + 2)", pairs[-1][1]), code("# TODO", pairs[-1][1]), code("", pairs[-1][1])]


def empty_cells_everywhere(pairs: list[Pair]) -> list[Pair]:
    return [pair for cell, region in pairs for pair in ((cell, region), code("", region))]


def commented_out_copy(pairs: list[Pair]) -> list[Pair]:
    """An older version of each definition as a comment below it."""
    edited = list(pairs)
    for region in DEFINITIONS:
        place = defining(edited, region)
        old = "\n".join(f"# {line}" for line in edited[place][0].source.splitlines())
        edited.insert(place + 1, code(old, region))
    return edited


STUDENTS: dict[str, Edit] = {
    "helpers around": helpers_around,
    "notes in between": markdown_split,
    "definitions split": definition_split,
    "answers below questions": answers_below_questions,
    "answers in all markdown": answers_in_all_markdown,
    "a question moved to the end": logistic_regression_at_the_end,
    "second part first": second_part_first,
    "every cell twice": all_twice,
    "everything twice": all_below_itself,
    "scratch at the end": scratch_at_the_end,
    "empty cells": empty_cells_everywhere,
    "commented-out copies": commented_out_copy,
}


@pytest.mark.parametrize("ids", ["nothing", "no ids", "shuffled ids"])
@pytest.mark.parametrize("edit", STUDENTS)
def test_the_solution_as_a_student_leaves_it(edit: str, ids: str, solution: list[Pair], assignment: Assignment) -> None:
    assert differences(EDITORS[ids](STUDENTS[edit](solution)), assignment) == []


@pytest.mark.parametrize("edit", STUDENTS)
def test_the_starter_as_a_student_leaves_it(edit: str, starter: list[Pair], assignment: Assignment) -> None:
    assert differences(without_ids(STUDENTS[edit](starter)), assignment) == []


OWN_WAYS = {
    "q1.logistic_regression": """
        @torch.no_grad()
        def logistic_regression(*loaders, **hyper):
            regression = Regression(784, 10)
            return regression.fit(*loaders, **hyper).parameters
        """,
    "q1.mlp": """
        import math

        class MLP(torch.nn.Sequential):
            def __init__(self, width=400):
                layers = [torch.nn.Flatten()]
                for fan_in, fan_out in ((784, width), (width, width)):
                    layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
                torch.nn.Sequential.__init__(self, *layers, torch.nn.Linear(width, 10))
        """,
    "q2.linear": """
        from dataclasses import dataclass

        class Linear(torch.nn.Module):
            # y = Wx + b
            def __init__(self, n, m):
                torch.nn.Module.__init__(self)
                self.W, self.b = map(torch.nn.Parameter, (torch.randn(m, n), torch.randn(m)))

            def forward(self, value):
                return torch.einsum("ij,...j->...i", self.W, value) + self.b
        """,
    "q2.ffnet": """
        class FFNet(torch.nn.Module):
            def __init__(self, *sizes):
                torch.nn.Module.__init__(self)
                self.first, self.second = Linear(sizes[0], sizes[2]), Linear(sizes[2], sizes[1])

            def forward(self, value):
                hidden = 1 / (1 + torch.exp(-self.first(value)))
                return self.second(hidden)
        """,
    "q2.calc_gradients": """
        # by hand
        def calc_gradients(net, x, target, prediction, loss=None):
            second = 2 * (prediction - target)
            (W1, b1, W2, b2) = net.parameters()
            a = torch.sigmoid(W1 @ x + b1)
            first = (W2.T @ second) * a * (1 - a)
            return torch.cat([torch.outer(first, x).ravel(), first, torch.outer(second, a).ravel(), second])
        """,
}


@pytest.mark.parametrize("ids", ["nothing", "no ids", "shuffled ids"])
@pytest.mark.parametrize("base", ["starter", "solution"])
def test_definitions_written_in_ones_own_way(
    base: str, ids: str, starter: list[Pair], solution: list[Pair], assignment: Assignment
) -> None:
    pairs = list(starter if base == "starter" else solution)
    for region, source in OWN_WAYS.items():
        place = defining(pairs, region)
        pairs[place] = code(source, region, pairs[place][0].id)

    assert differences(EDITORS[ids](pairs), assignment) == []


@pytest.mark.parametrize("region", DEFINITIONS)
def test_a_definition_is_found_without_its_question(region: str, solution: list[Pair], assignment: Assignment) -> None:
    pairs = without_ids([pair for pair in solution if pair[0].kind == "code"])

    assert aligned(pairs, assignment)[defining(pairs, region)] == region


@pytest.mark.parametrize("region", DEFINITIONS)
def test_a_definition_is_found_at_the_top_of_the_notebook(
    region: str, solution: list[Pair], assignment: Assignment
) -> None:
    place = defining(solution, region)
    pairs = without_ids([solution[place], *solution[:place], *solution[place + 1 :]])

    assert differences(pairs, assignment) == []


def test_two_definitions_in_one_cell_belong_to_the_first_one(solution: list[Pair], assignment: Assignment) -> None:
    first, second = defining(solution, "q2.linear"), defining(solution, "q2.ffnet")
    both = solution[first][0].source + "\n\n\n" + solution[second][0].source
    pairs = list(solution)
    pairs[first] = code(both, "q2.linear")
    del pairs[second]

    assert differences(without_ids(pairs), assignment) == []


def test_code_whose_stub_said_nothing_is_recognised_by_its_id(solution: list[Pair], assignment: Assignment) -> None:
    # the stub is only a comment, and the question above it is deleted: nothing but the id tells where the code belongs
    pairs = [(cell, region) for cell, region in solution if cell.id != "cell-18"]

    assert differences(pairs, assignment) == []


def test_ids_that_disagree_with_the_text_are_not_believed(solution: list[Pair], assignment: Assignment) -> None:
    pairs = shuffled_ids(solution)
    place = defining(pairs, "q2.ffnet")
    pairs.insert(place + 1, code("print('works')", "q2.ffnet", "cell-19"))

    assert differences(pairs, assignment) == []


def test_an_id_of_code_says_nothing_about_a_text(solution: list[Pair], assignment: Assignment) -> None:
    place = defining(solution, "q2.ffnet") + 1
    note = (Cell(0, "markdown", "Our network has two layers.", "cell-19"), "q2.ffnet")
    pairs = [*solution[:place], note, *solution[place:]]

    assert differences(pairs, assignment) == []


def test_a_text_that_quotes_code_belongs_where_it_stands(
    starter: list[Pair], solution: list[Pair], assignment: Assignment
) -> None:
    quoted = starter[defining(starter, "q1.logistic_regression")][0].source
    place = defining(solution, "q2.ffnet") + 1
    pairs = [*solution[:place], text(f"```python\n{quoted}\n```", "q2.ffnet"), *solution[place:]]

    assert differences(without_ids(pairs), assignment) == []


def test_what_stands_before_the_first_known_cell_belongs_to_the_first_region(
    solution: list[Pair], assignment: Assignment
) -> None:
    pairs = [code("%pip install torch", "header"), text("Ada and Grace", "header"), *solution]

    assert differences(pairs, assignment) == []


def test_a_notebook_that_has_nothing_of_the_starter_is_one_region(assignment: Assignment) -> None:
    pairs = [text("# Cooking with eggs", "header"), code("eggs = 3", "header"), text("Stir.", "header")]

    assert differences(pairs, assignment) == []


FAMILIAR = {
    "train": (
        "q1.mlp.training",
        """
        def train(model, optimizer, epochs=20):
            for epoch in range(epochs):
                step(model, optimizer)
        """,
    ),
    "accuracy": (
        "q1.mlp.training",
        """
        def accuracy(model, loader):
            return sum(hits(model, loader)) / len(loader.dataset)
        """,
    ),
    "XORData": (
        "q2.xor",
        """
        def XORData(dim, repeat):
            return [make(dim) for _ in range(repeat)]
        """,
    ),
    "MLP": (
        "q1.initialization",
        """
        class MLP(nn.Module):
            def __init__(self, scheme):
                super().__init__()
                scheme(self)
        """,
    ),
    "Linear": (
        "q2.ffnet",
        """
        class Linear(nn.Module):
            def forward(self, x):
                return x @ self.weight
        """,
    ),
    "evaluation": (
        "q1.mlp.training",
        r"""
        model = MLP().to(DEVICE)

        # Evaluate
        val_acc  = evaluate_module(model, val_loader)
        test_acc = evaluate_module(model, test_loader)

        print(f"\nNumber of Parameters: {count_params(model):,}")
        print(f"Val. acc.: {val_acc:.4f}")
        print(f"Test acc.: {test_acc:.4f}")
        """,
    ),
}
"""Code that looks like the starter's, in another question, while the notebook has the starter's own as well."""


@pytest.mark.parametrize("kind", FAMILIAR)
def test_code_like_the_starters_belongs_where_it_stands(
    kind: str, solution: list[Pair], assignment: Assignment
) -> None:
    region, source = FAMILIAR[kind]
    end = max(place for place, pair in enumerate(solution) if pair[1] == region) + 1
    pairs = [*solution[:end], code(source, region), code("print('done')", region), *solution[end:]]

    assert differences(pairs, assignment) == []
