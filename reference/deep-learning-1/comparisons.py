"""What comparing initialisations and optimisers has to leave behind. Only the grader's own run counts."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.checks.curves import (
    SPLITS,
    Curve,
    answering,
    check_named,
    ending,
    figures,
    runs,
    seen,
    validation,
    words,
)
from grader.checks.printed import accuracy_like, failure, numbers, text_of
from grader.notebooks.facts import Definition, closure, global_names, parse
from grader.records.figure import Figure
from grader.records.submission import Bands, Work

from .training import EPOCHS, floor

CHANCE = 0.25
"""Among ten digits, guessing is right in about one of ten cases; what learns anything is soon above this."""
CLEARLY = 0.02
"""A clear difference of accuracies."""
TRAINS = re.compile(r"\.backward\(|autograd\.grad")

TEST_IN_TEXT = re.compile(r"(?<![A-Za-z])[tT]est|[a-z]Test|TEST|" + SPLITS["test"])


@dataclass(frozen=True)
class Comparison:
    """One of the questions that train the same network in several ways; `names` are patterns, one for each way."""

    count: int
    what: str
    names: tuple[str, ...]


COMPARISONS = {
    "initialization": Comparison(
        5,
        "initialisation schemes",
        (
            "zero|אפס",
            "uniform|אחיד",
            "normal|gauss|randn|נורמל",
            "xavier|glorot",
            r"kaiming|default|(?<![a-z])he(?![a-z])",
        ),
    ),
    "optimizers": Comparison(4, "optimisers", ("adam", "sgd|stochastic|gradient descent", "rms", "ada ?grad")),
}
BEST_OR_WORST = {"initialization": "(best|worst)[ -]*init", "optimizers": "(best|worst)[ -]*opt"}


def named(text: str, comparison: Comparison) -> int:
    """How many of the ways `text` names."""
    return sum(bool(re.search(name, text.lower())) for name in comparison.names)


def names_both(text: str) -> bool:
    """Whether `text` is about an initialisation together with an optimiser."""
    return all(
        named(text, comparison) or re.search(BEST_OR_WORST[question], text.lower())
        for question, comparison in COMPARISONS.items()
    )


# --- initialisation and optimisers: `compared` says which of the two ---


def answer_of(work: Work, elsewhere: Work, compared: str) -> Work:
    comparison = COMPARISONS[compared]

    def wanted(figure: Figure) -> bool:
        enough = len(validation(runs([figure], EPOCHS))) >= comparison.count
        return enough and named(words(figure), comparison) >= 3

    return answering(work, elsewhere, wanted)


def together(work: Work, elsewhere: Work, compared: str) -> None:
    """One figure has the validation accuracy over 20 epochs for each way of training."""
    answer, comparison = answer_of(work, elsewhere, compared), COMPARISONS[compared]
    drawn = max((validation(runs([figure], EPOCHS)) for figure in figures(answer)), key=len, default=[])
    if len(drawn) < comparison.count:
        raise failure(
            answer,
            f"One figure should show the validation accuracy over {EPOCHS} epochs for all {comparison.count} "
            f"{comparison.what}, but {seen(drawn, figures(answer))}.",
        )


def labelled(work: Work, elsewhere: Work, compared: str) -> None:
    """One can tell which curve belongs to which way of training."""
    answer = answer_of(work, elsewhere, compared)
    check_named(answer, drawn_in(answer), COMPARISONS[compared].count)


def tests_printed(work: Work, elsewhere: Work, compared: str) -> None:
    """A final test accuracy is printed for each way of training; in the figure is as good."""
    answer, comparison = answer_of(work, elsewhere, compared), COMPARISONS[compared]
    told = "\n".join([text_of(answer), *map(words, figures(answer))])
    count = len(accuracy_like(numbers(told)))
    asked = f"The final test accuracies of all {comparison.count} {comparison.what} should be printed"
    if count < comparison.count:
        raise failure(answer, f"{asked}, but only {count} printed numbers can be accuracies.")
    code = "\n".join([*(cell.source for cell in answer.cells), called(answer, elsewhere)])
    if not TEST_IN_TEXT.search(told) and not TEST_IN_TEXT.search(code):
        raise failure(
            answer,
            f"{asked}, but nothing says that any of the printed numbers comes from the test data. Evaluate each trained "
            "model on `test_loader`.",
        )


def called(work: Work, elsewhere: Work, assigned: bool = False) -> str:
    """The code of the functions and classes that the cells of `work` use, wherever they are defined.

    With `assigned`, also of variables: a function may be a lambda or a partial call.
    """
    kinds = Definition | ast.Assign if assigned else Definition
    trees = [tree for cell in work.cells if (tree := parse(cell.source))]
    everything = [tree for cell in elsewhere.cells if (tree := parse(cell.source))]
    defined = [ast.Module([part for part in tree.body if isinstance(part, kinds)], []) for tree in everything]
    used = {name for tree in trees for statement in tree.body for name in global_names(statement)}
    return "\n".join(ast.unparse(statement) for statement in closure(defined, used))


def some_learn(work: Work, elsewhere: Work, bands: Bands, compared: str) -> None:
    """At least two ways of training end about where the MLP did."""
    answer, comparison = answer_of(work, elsewhere, compared), COMPARISONS[compared]
    drawn, least = drawn_or_failure(answer), floor(bands)
    good = sum(ending(run) >= least for run in drawn)
    if good < 2:
        raise failure(
            answer,
            f"At least two of the {comparison.what} should end at a validation accuracy of {least:.3f} or more, as the MLP "
            f"did before, but {good or 'none'} of {len(drawn)} curves does. Is each run made with a fresh model, and does "
            "the optimizer get the parameters of that very model?",
        )


# --- initialisation alone ---


def zero_stays_at_chance(work: Work, elsewhere: Work) -> None:
    """One of the schemes never learns: zero initialisation."""
    answer = answer_of(work, elsewhere, "initialization")
    lowest = min(max(run.y) for run in drawn_or_failure(answer))
    if lowest > CHANCE:
        raise failure(
            answer,
            "With all weights and biases zero, the hidden units get no gradient and the accuracy stays at chance (about "
            f"0.1), but every curve reaches {lowest:.2f} or more. Are the weights and the biases of all linear layers set "
            "to zero before training?",
        )


def schemes_differ(work: Work, elsewhere: Work) -> None:
    """Besides the one that never learns, a scheme ends clearly below the best."""
    answer = answer_of(work, elsewhere, "initialization")
    drawn = drawn_or_failure(answer)
    best = max(map(ending, drawn))
    if sum(ending(run) < best - CLEARLY for run in drawn) < 2:
        raise failure(
            answer,
            "Zero initialisation should not be the only one that ends clearly below the best: weights from a uniform "
            "distribution on [0, 1] make training much harder. Does the initialisation change the layers of the model that "
            "is then trained?",
        )


# --- reflection ---


def reflection_answer(work: Work, elsewhere: Work) -> Work:
    def wanted(figure: Figure) -> bool:
        drawn = validation(runs([figure], EPOCHS))
        return 2 <= len(drawn) <= 3 and (names_both(words(figure)) or all(names_both(run.label) for run in drawn))

    return answering(work, elsewhere, wanted)


def both_run(work: Work, elsewhere: Work) -> None:
    """Two trainings are drawn, or their accuracies are printed."""
    answer = reflection_answer(work, elsewhere)
    drawn = drawn_in(answer)
    printed = accuracy_like(numbers(text_of(answer)))
    code = "\n".join([*(cell.source for cell in answer.cells), called(answer, elsewhere, assigned=True)])
    # a run's own validation and test accuracy are two numbers as well, but a single curve shows that there was one run
    if len(drawn) == 1 or (not drawn and (len(printed) < 2 or not TRAINS.search(code))):
        raise failure(
            answer,
            "Two combinations should be trained (the best initialisation with the worst optimiser, and the worst with the "
            f"best), but {seen(drawn, figures(answer))}, and {len(printed) or 'no'} printed accuracies come from a training.",
        )


def outcomes_differ(work: Work, elsewhere: Work) -> None:
    """The two combinations do not end at the same accuracy."""
    answer = reflection_answer(work, elsewhere)
    drawn = drawn_in(answer)
    endings = [ending(run) for run in drawn] if drawn else accuracy_like(numbers(text_of(answer)))
    if len(endings) < 2:
        raise failure(answer, "There are no two outcomes to compare, neither as curves nor as printed accuracies.")
    if max(endings) - min(endings) < CLEARLY:
        raise failure(
            answer,
            "A bad initialisation and a slow optimiser do not do the same harm, but both combinations end at an accuracy of "
            f"about {max(endings):.3f}. Is the worst initialisation really the one that is used in the second run?",
        )


def drawn_in(answer: Work) -> list[Curve]:
    """The curves of validation accuracy over all epochs."""
    return validation(runs(figures(answer), EPOCHS))


def drawn_or_failure(answer: Work) -> Sequence[Curve]:
    drawn = drawn_in(answer)
    if not drawn:
        raise failure(answer, f"There is no curve of validation accuracies to judge: {seen(drawn, figures(answer))}.")
    return drawn
