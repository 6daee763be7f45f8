"""What training the MLP has to leave behind: printed numbers and curves. Only the grader's own run counts."""

import re
from collections.abc import Mapping, Sequence

from grader.checks.curves import (
    SPLITS,
    Curve,
    answering,
    check_named,
    ending,
    figures,
    role,
    runs,
    seen,
    splits,
    validation,
)
from grader.checks.printed import failure, following, numbers, places, rows, text_of
from grader.records.figure import Figure
from grader.records.submission import Bands, Work

EPOCHS, NEARLY_ALL, MOST_CURVES = 20, 18, 32
SLACK = 0.02
"""How far below the reference's accuracy training may end, where the spread does not say more."""

LOGISTIC_REGRESSION = re.compile(r"logistic|regression|baseline|(?<![a-z])lr(?![a-z]|\s*[=:]?\s*[\d.])|רגרסי")
STARTER_LINE = re.compile(r"^Val\. acc\.:\s*(\d\.\d+)", re.MULTILINE)


def floor(bands: Bands) -> float:
    """The lowest validation accuracy of a network that was trained as asked.

    It is the reference's after three epochs: with a smaller learning rate, training is no further after twenty, and on
    the small data that is far from the end.
    """
    band = bands["mlp.val_acc.3"]
    return band.mean - max(4 * band.spread, SLACK)


def mlp_answer(work: Work, elsewhere: Work) -> Work:
    def wanted(figure: Figure) -> bool:
        roles = {role(run) for run in mlp_runs([figure])}
        return "train" in roles and bool(roles & {"val", "test"})

    return answering(work, elsewhere, wanted)


def mlp_runs(figures: Sequence[Figure]) -> list[Curve]:
    """The accuracy curves; logistic regression's, drawn beside them to compare, is not one of them."""
    labelled = ((run, run.label.lower()) for run in runs(figures, EPOCHS))
    return [run for run, label in labelled if "mlp" in label or not LOGISTIC_REGRESSION.search(label)]


def validation_run(curves: Sequence[Curve]) -> Curve | None:
    """The curve that says so, else the one below the training curve."""
    by_role = {name: [curve for curve in curves if role(curve) == name] for name in ("train", "val", "test", "")}
    if by_role["val"]:
        return max(by_role["val"], key=ending)
    unnamed = sorted(by_role[""], key=ending, reverse=True)
    if by_role["train"] or len(unnamed) < 2:
        return next(iter(unnamed or by_role["test"]), None)
    return unnamed[1]


def mlp_reached(answer: Work) -> float | None:
    """The validation accuracy in the end, from the figure or else from what was printed."""
    curve = validation_run(mlp_runs(figures(answer)))
    if curve is not None:
        return ending(curve)
    printed = following(text_of(answer), SPLITS["val"])[-3:]
    return sum(printed) / len(printed) if printed else None


def epochs_printed(work: Work, elsewhere: Work) -> None:
    """Loss, training and validation accuracy of each of the 20 epochs are printed."""
    answer = mlp_answer(work, elsewhere)
    text = text_of(answer)
    printed = [number for number in numbers(text) if number.percent or not number.whole or number.value >= 5]
    drawn = mlp_runs(figures(answer))
    if len(drawn) < 2:
        telling = [sum(number.percent or not number.whole for number in numbers(row)) for row in rows(text)]
        named = {"train", "val"} <= splits(text)
        if sum(count >= 3 for count in telling) >= NEARLY_ALL or (named and sum(telling) >= 3 * NEARLY_ALL):
            return
        raise failure(
            answer,
            "The loss, the training accuracy and the validation accuracy of each of the 20 epochs should be printed, but "
            f"there are only {sum(telling)} numbers with decimals in what the question's cells print.",
        )
    taken, complete, most = frozenset[int](), 0, 0
    for curve in drawn[:MOST_CURVES]:
        found = places(curve.y, printed, taken)
        most = max(most, len(found)) if len(found) < NEARLY_ALL else most
        if len(found) >= NEARLY_ALL:
            taken, complete = taken | found, complete + 1
    if complete < 2:
        raise failure(
            answer,
            "The training and the validation accuracy should be printed at the end of each of the 20 epochs, but not all "
            f"values of the curves in the figure are among the printed numbers ({complete} of 2 curves are, and of "
            f"another one {most} values).",
        )
    left = sum(not number.whole for index, number in enumerate(printed) if index not in taken)
    if left < NEARLY_ALL:
        raise failure(
            answer,
            "Both accuracies are printed for each epoch, but the loss is not: besides the accuracies, only "
            f"{left} numbers with decimals are printed. Print the epoch's mean loss as well.",
        )


def curves_drawn(work: Work, elsewhere: Work) -> None:
    """Training and validation accuracy over 20 epochs are drawn, and one can tell which is which."""
    answer = mlp_answer(work, elsewhere)
    drawn = mlp_runs(figures(answer))
    roles = [role(run) for run in drawn]
    if len(drawn) < 2:
        raise failure(
            answer,
            f"There should be a plot of two accuracies over {EPOCHS} epochs, but {seen(drawn, figures(answer))}.",
        )
    for missing, kinds in (("training", {"train"}), ("validation", {"val", "test"})):
        if "" not in roles and not kinds & set(roles):
            raise failure(answer, f"The plot should show both accuracies, but no curve shows the {missing} accuracy.")
    check_named(answer, drawn, 2)


def accuracy_in_band(work: Work, elsewhere: Work, bands: Bands) -> None:
    """The validation accuracy ends where the reference's does."""
    answer = mlp_answer(work, elsewhere)
    reached, least = mlp_reached(answer), floor(bands)
    if reached is None:
        raise failure(answer, "Neither a curve nor a printed line says which validation accuracy the MLP reaches.")
    if not reached >= least:
        raise failure(
            answer,
            f"After 20 epochs with Adam, the validation accuracy should be at least {least:.3f}, but it is {reached:.3f} in "
            "the last three epochs. Check the learning rate, that gradients are set to zero before each step, that the "
            "loss gets raw scores, and that the accuracy is measured on `val_loader`.",
        )


def above_logistic_regression(work: Work, elsewhere: Work, bands: Bands) -> None:
    """The MLP ends above logistic regression on the validation data: as printed by the starter's own cell, if it is."""
    answer = mlp_answer(work, elsewhere)
    reached, line = mlp_reached(answer), STARTER_LINE.search(text_of(elsewhere))
    before = float(line[1]) if line else bands["logistic_regression.val_acc"].mean
    if reached is None:
        raise failure(answer, "Neither a curve nor a printed line says which validation accuracy the MLP reaches.")
    if not reached > before:
        raise failure(
            answer,
            f"The MLP should do better than logistic regression on the validation data, but it reaches {reached:.3f} and "
            f"logistic regression {before:.3f}.",
        )


# --- what bands are made of ---

EPOCH_LINE = re.compile(r"^Epoch\s+(\d+) .* val\. acc\. (\d\.\d+)", re.MULTILINE)


def metrics(work_by_region: Mapping[str, Work]) -> dict[str, float]:
    """The figures of merit of a run of the reference solution."""
    told = text_of(work_by_region["q1.logistic_regression"])
    found = {f"logistic_regression.val_acc.{int(epoch)}": float(value) for epoch, value in EPOCH_LINE.findall(told)}
    found["logistic_regression.val_acc"] = float(STARTER_LINE.findall(told)[0])
    (mlp,) = (run for run in mlp_runs(figures(work_by_region["q1.mlp.training"])) if role(run) == "val")
    found |= {f"mlp.val_acc.{epoch}": value for epoch, value in enumerate(mlp.y, start=1)}
    found["mlp.val_acc"] = ending(mlp)
    for question in ("initialization", "optimizers"):
        drawn = validation(runs(figures(work_by_region[f"q1.{question}"]), EPOCHS))
        found |= {f"{question}.{run.label}.final": run.y[-1] for run in drawn}
    return found
