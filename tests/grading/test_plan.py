"""An object is probed after the region that defines it, and before its name is bound anew."""

import pytest

from grader.grading.grade import submission_of
from grader.grading.plan import plan
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.rubric import CheckSpec, Item
from grader.records.submission import Submission

CHECKS = (CheckSpec(id="works", run="local/works"),)
NET = Item(id="net", title="A network", points=5, object="Net", checks=CHECKS)
TRAIN = Item(id="training", title="Its training", points=5, object="train", checks=CHECKS)


def notebook(*sources: str) -> Notebook:
    """Cells of code, and of markdown where a source starts with `#`."""

    return Notebook(
        "0" * 64,
        tuple(Cell(n, "markdown" if source.startswith("#") else "code", source) for n, source in enumerate(sources)),
    )


def planned(*cells: tuple[str, str], items: tuple[Item, ...] = (NET, TRAIN), stub: str = "x = 0") -> dict[str, int]:
    """After which cell each item is probed; cells are given as their region and their source."""
    submission = Submission(
        notebook(*[source for _, source in cells]), tuple(r for r, _ in cells), notebook(stub), ("setup",)
    )
    places = plan(submission, items)
    return {item.id: index for index, found in places.items() for item in found}


def test_an_object_is_probed_at_the_end_of_the_region_that_defines_it() -> None:
    assert planned(
        ("setup", "import torch"),
        ("net", "# The network"),
        ("net", "class Net: ..."),
        ("net", "print(Net())"),
        ("net", "# It works."),
        ("training", "def train(): ..."),
        ("end", "Net = train = None"),
    ) == {"net": 3, "training": 5}


def test_markdown_after_the_definition_is_no_place_to_probe() -> None:
    assert planned(("net", "class Net: ..."), ("net", "# class Net"), items=(NET,)) == {"net": 0}


def test_the_own_region_is_preferred_to_a_later_redefinition() -> None:
    assert planned(("net", "class Net: ..."), ("training", "Net = 3"), ("end", "class Net: ..."), items=(NET,)) == {
        "net": 0
    }


def test_the_own_region_is_preferred_to_an_earlier_definition() -> None:
    assert planned(("setup", "class Net: ..."), ("net", "class Net: ..."), ("end", "x = 1"), items=(NET,)) == {"net": 1}


def test_the_last_definition_of_a_stretch_counts() -> None:
    assert planned(
        ("net", "class Net: ..."), ("net", "print(Net())"), ("net", "class Net: ..."), ("end", "x = 1"), items=(NET,)
    ) == {"net": 2}


def test_a_stretch_ends_where_another_region_has_code() -> None:
    assert planned(
        ("net", "class Net: ..."), ("training", "Net = 3"), ("net", "print(Net)"), ("end", "x = 1"), items=(NET,)
    ) == {"net": 0}


def test_a_stretch_does_not_end_at_a_text_of_another_region() -> None:
    assert planned(
        ("net", "class Net: ..."), ("training", "# Training"), ("net", "print(Net)"), ("end", "x = 1"), items=(NET,)
    ) == {"net": 2}


def test_the_first_stretch_of_the_own_region_that_defines_the_object_counts() -> None:
    # a later question needs another Net, and its cell looks like the first one's
    assert planned(
        ("net", "import torch"),
        ("setup", "x = 1"),
        ("net", "class Net: ..."),
        ("net", "print(Net())"),
        ("training", "def train(): ..."),
        ("net", "class Net: ..."),
        ("end", "x = 2"),
        items=(NET,),
    ) == {"net": 3}


def test_an_untouched_stub_defines_nothing() -> None:
    stub = "class Net:\n    pass"

    assert planned(("setup", "class Net: ..."), ("net", f"\n{stub} \n"), items=(NET,), stub=stub) == {"net": 0}
    assert planned(("setup", "class Net: ..."), ("net", f"{stub}\n    x = 1"), items=(NET,), stub=stub) == {"net": 1}


def test_an_untouched_stub_alone_is_probed_where_it_stands() -> None:
    stub = "class Net:\n    pass"

    assert planned(("setup", "x = 1"), ("net", stub), ("end", "x = 2"), items=(NET,), stub=stub) == {"net": 1}


def test_an_object_that_is_defined_elsewhere_is_probed_at_the_end_of_that_region() -> None:
    assert planned(
        ("setup", "class Net: ..."),
        ("setup", "import torch"),
        ("net", "# see above"),
        ("training", "x = 1"),
        items=(NET,),
    ) == {"net": 1}


def test_the_last_definition_elsewhere_counts() -> None:
    assert planned(
        ("setup", "class Net: ..."),
        ("net", "print('see below')"),
        ("training", "class Net: ..."),
        ("end", "x = 1"),
        items=(NET,),
    ) == {"net": 2}


def test_an_object_that_nobody_defines_is_probed_at_the_end_of_its_region() -> None:
    assert planned(
        ("setup", "x = 1"), ("net", "class Nett: ..."), ("net", "x = 2"), ("end", "x = 3"), items=(NET,)
    ) == {"net": 2}


def test_an_object_that_nobody_defines_is_probed_after_the_last_visit_to_its_region() -> None:
    assert planned(("net", "x = 1"), ("end", "x = 2"), ("net", "x = 3"), ("end", "x = 4"), items=(NET,)) == {"net": 2}


def test_an_object_without_definition_and_without_region_is_probed_at_the_end() -> None:
    assert planned(("setup", "x = 1"), ("training", "x = 2"), ("end", "# That is all."), items=(NET,)) == {"net": 1}


@pytest.mark.parametrize(
    "definition",
    [
        "class Net: ...",
        "def Net(): ...",
        "Net = 1",
        "from mine import Net",
        "if True:\n    class Net: ...",
        "%matplotlib inline\nclass Net: ...",
    ],
)
def test_any_binding_defines(definition: str) -> None:
    assert planned(("net", definition), ("end", "x = 1"), ("net", "print(1)"), items=(NET,)) == {"net": 0}


@pytest.mark.parametrize("mention", ["Net()", "Net", "# class Net", "def f(Net): ...", "class Net", "'class Net: ...'"])
def test_a_mention_does_not_define(mention: str) -> None:
    assert planned(("setup", "class Net: ..."), ("net", f"x = 1\n{mention}"), ("end", "x = 1"), items=(NET,)) == {
        "net": 0
    }


def test_several_objects_can_be_probed_at_one_place_in_the_rubrics_order() -> None:
    both = notebook("def train(): ...", "class Net: ...")

    assert plan(Submission(both, ("setup", "setup"), notebook("x = 0"), ("setup",)), (NET, TRAIN)) == {1: [NET, TRAIN]}


def test_an_item_can_name_the_region_of_its_object() -> None:
    item = Item(id="speed", title="Speed", points=1, object="train", region="training", checks=CHECKS)

    assert planned(("training", "def train(): ..."), ("end", "def train(): ..."), items=(item,)) == {"speed": 0}


def test_items_without_an_object_are_not_probed() -> None:
    assert planned(("net", "class Net: ..."), items=(Item(id="net", title="Text", points=5, checks=CHECKS),)) == {}


def test_the_solution_is_probed_right_after_each_of_its_questions(assignment: Assignment) -> None:
    submission = submission_of(assignment.solution, assignment)
    items = [item for item in assignment.rubric.items if item.object is not None]
    regions = submission.regions

    places = plan(submission, items)

    last_code = {regions[cell.index]: cell.index for cell in assignment.solution.cells if cell.kind == "code"}
    probed = {item.id: index for index, items in places.items() for item in items}
    assert probed == {item.id: last_code[item.id] for item in items}
    assert len(probed) == 6
