"""Whatever comes in, as a file or from a kernel, ends in a value or in the student's fault; `python -m tests.fuzz` tries more.

The cases are the same in every run. Hypothesis makes the smallest one of a failure.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import damaged, twisted
from tests.fuzz.targets import TARGETS, Broken, check_texts, outcome

CASES = {"reader": 1_500, "notebook": 200, "message": 1_500, "arrays": 1_500, "reply": 1_500, "picture": 500}


# mutated code makes Python warn
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", TARGETS)
def test_no_case_breaks_a_promise(name: str) -> None:
    @settings(
        max_examples=CASES[name],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def attack(random: Random) -> None:
        results.add(outcome(TARGETS[name](random))[0])

    results: set[str] = set()
    attack()
    # a target that refuses everything has tried nothing
    assert "refused" in results
    assert len(results) > 1


def test_the_same_number_is_the_same_case() -> None:
    def cases(number: int) -> list[object]:
        random = Random(number)
        return [twisted(random, {"a": [1, {"b": "text"}]}), damaged(random, bytes(range(256)))]

    assert cases(7) == cases(7)
    assert cases(7) != cases(8)


def test_what_breaks_a_promise_is_noticed() -> None:
    with pytest.raises(Broken, match="cannot be stored"):
        check_texts({"a": ["\ud800"]})
    with pytest.raises(Broken, match="took"):
        outcome(lambda: str(sum(range(100_000_000))))
