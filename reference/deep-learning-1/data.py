"""What the three loaders have to give: judged by what comes out of them, however they were made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from grader.datasets.store import Dataset, read
from grader.errors import CallFailed, CallTimedOut, CheckFailed
from grader.execution.student import Pass, Student
from grader.execution.wire import Name
from grader.records.submission import Work

TRAIN, VALIDATION, TEST = "train_loader", "val_loader", "test_loader"
PIXELS, DIRECTIONS, CLASSES = 784, 4, 10
BATCH_SIZE, TRAIN_SHARE, SHARE_TOLERANCE = 128, 0.8, 0.01
FIRST = 20 * BATCH_SIZE
"""So many samples show a loader's order and the size of its batches."""
SAME, ODD_SHARE = 1e-3, 0.001
"""How far apart the prints of one image may be (they are of the order of 1), and the share of samples that may not fit:
a data set may hold an image twice."""
AT_ONCE = 4096
NUMBER = re.compile(r"\d+(?:\.\d+)?")
SHAPE_128 = re.compile(r"(?<![\d.])128(?![\d.]*\d)")
SHAPE_IMAGE = re.compile(r"(?<!\d)(?:(?:1\D{1,3})?28\D{1,8}28|784)(?!\d)")
RANGE_WORD = re.compile(r"\b(?:range|min|max|minimum|maximum|between)\b|_(?:min|max)\b|\b(?:min|max)_", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """The data set that the notebook ran on: training images first, then the test images."""

    prints: cKDTree
    labels: np.ndarray
    train_size: int


@dataclass(frozen=True)
class Seen:
    """What a loader gave: the number of each sample's image among the known ones, -1 where it is none of them."""

    numbers: np.ndarray
    labels: np.ndarray


def directions(draw: np.random.Generator) -> np.ndarray:
    """Hidden ones [784, 4], along which images are compared."""
    return np.asarray(draw.normal(size=(PIXELS, DIRECTIONS)) / np.sqrt(PIXELS))


def passes(
    student: Student, loader: str, toward: np.ndarray, count: int = 1, first: int | None = None
) -> tuple[Pass, ...]:
    """`count` passes through a loader that give something, or the sentence that says why there are none."""
    try:
        found = student.within(60).batches(Name(loader), toward, count, first)
    except (CallFailed, CallTimedOut) as error:
        raise CheckFailed(f"`{loader}` cannot be gone through: {error}.") from error
    lengths = [len(one.labels) for one in found]
    if not lengths[0]:
        raise CheckFailed(f"`{loader}` gives no samples at all: is the data set behind it empty?")
    if len(set(lengths)) > 1:
        raise CheckFailed(
            f"`{loader}` gives {lengths[0]:,} samples when it is gone through for the first time, and then {lengths[1]:,}: "
            "every epoch needs all of them."
        )
    return found


def split(student: Student, draw: np.random.Generator) -> None:
    """Four fifths of what the two loaders give is for training. Whether it is all there is for another check to say."""
    toward = directions(draw)
    train, validation = (len(passes(student, name, toward)[0].labels) for name in (TRAIN, VALIDATION))
    share = train / (train + validation)
    if abs(share - TRAIN_SHARE) > SHARE_TOLERANCE:
        raise CheckFailed(
            f"`{TRAIN}` gives {train:,} samples and `{VALIDATION}` {validation:,}: that is a split of "
            f"{share:.0%} to {1 - share:.0%}, where the assignment asks for 80% to 20% of the full training set."
        )


def batch_size(student: Student, draw: np.random.Generator) -> None:
    (train,) = passes(student, TRAIN, directions(draw), first=FIRST)
    *full, last = train.sizes.tolist()
    wrong = [size for size in full if size != BATCH_SIZE] or [last] * (last > BATCH_SIZE)
    if wrong:
        raise CheckFailed(
            f"The batches of `{TRAIN}` should hold {BATCH_SIZE} samples each (the last one may be smaller), but one holds "
            f"{wrong[0]}. Is `batch_size={BATCH_SIZE}` passed to its `DataLoader`?"
        )


def shuffles(student: Student, draw: np.random.Generator) -> None:
    toward = directions(draw)
    if same_order(student, TRAIN, toward):
        raise CheckFailed(
            f"`{TRAIN}` gives its samples in the same order in every epoch. Shuffling means a new order each time "
            "(`shuffle=True`), so that the batches, and with them the noise of the gradients, differ from epoch to epoch."
        )
    for loader in (VALIDATION, TEST):
        if not same_order(student, loader, toward):
            raise CheckFailed(
                f"`{loader}` gives its samples in another order each time that it is gone through. It only measures, so "
                "shuffling is of no use there, and predictions cannot be put beside their images: leave `shuffle` off."
            )


def same_order(student: Student, loader: str, toward: np.ndarray) -> bool:
    """By the labels alone: random augmentation changes the images of a loader that does not shuffle."""
    once, again = passes(student, loader, toward, count=2, first=FIRST)
    return np.array_equal(once.labels, again.labels)


def disjoint_and_complete(student: Student, draw: np.random.Generator, dataset: Dataset) -> None:
    """Which images come out of which loader, with which labels.

    Images that were changed in more than brightness and contrast are not recognised; then their labels still have to
    be as many of each class as in the data.
    """
    toward = directions(draw)
    known = prepare(dataset, toward)
    given = {name: passes(student, name, toward)[0] for name in (TRAIN, VALIDATION, TEST)}
    seen = {name: recognise(known, one) for name, one in given.items()}
    for name in (TRAIN, VALIDATION):
        count = int((seen[name].numbers >= known.train_size).sum())
        if count > odd(known.train_size):
            raise CheckFailed(
                f"{count:,} of the {len(seen[name].numbers):,} images of `{name}` are from the test set. Split the training "
                "set alone (`train_full`): what was trained or tuned on test images measures nothing any more."
            )
    shared = np.intersect1d(seen[TRAIN].numbers, seen[VALIDATION].numbers)
    if (count := int((shared >= 0).sum())) > odd(known.train_size):
        raise CheckFailed(
            f"{count:,} images are in `{TRAIN}` as well as in `{VALIDATION}`. The two have to be disjoint: on images that it "
            "was trained on, a model looks better than it is."
        )
    whole = np.arange(len(known.labels))
    train = whole[: known.train_size]
    left_out = droppable(given[TRAIN].sizes)
    cover(known, [seen[TRAIN], seen[VALIDATION]], train, f"`{TRAIN}` and `{VALIDATION}` together", "training", left_out)
    cover(known, [seen[TEST]], whole[known.train_size :], f"`{TEST}`", "test", 0)
    for name, one in seen.items():
        labels_belong(known, one, name)


def prepare(dataset: Dataset, toward: np.ndarray) -> Known:
    data = read(dataset)
    images = np.concatenate([data.train_images, data.test_images]).reshape(-1, PIXELS)
    found = [prints(images[start : start + AT_ONCE], toward) for start in range(0, len(images), AT_ONCE)]
    labels = np.concatenate([data.train_labels, data.test_labels])
    return Known(cKDTree(np.concatenate(found)), labels, len(data.train_labels))


def prints(images: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """What `kernel/agent.py` makes of the same images [N, pixels]: [N, D]."""
    flat = images.astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    spread = flat.std(axis=1, keepdims=True)
    return np.asarray(flat / np.where(spread == 0, 1, spread) @ toward)


def recognise(known: Known, one: Pass) -> Seen:
    finite = np.isfinite(one.prints).all(axis=1)
    distances, nearest = known.prints.query(np.where(finite[:, None], one.prints, 0))
    return Seen(np.where(finite & (distances < SAME), nearest, -1), one.labels)


def odd(count: int) -> int:
    return int(ODD_SHARE * count)


def droppable(sizes: np.ndarray) -> int:
    """How many samples `drop_last=True` may have left out of batches of these sizes."""
    return min(int(sizes[0]), BATCH_SIZE) - 1 if np.ptp(sizes) == 0 else 0


def cover(known: Known, parts: Sequence[Seen], wanted: np.ndarray, who: str, what: str, left_out: int) -> None:
    """Every image with a number in `wanted` comes once; `left_out` of them may be missing."""
    numbers, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("numbers", "labels"))
    count = len(wanted)
    if (numbers < 0).sum() > odd(count):
        got, right = by_class(labels), by_class(known.labels[wanted])
        if np.abs(got - right).sum() > left_out + odd(count):
            raise CheckFailed(
                f"{who} should give every {what} image once, with its label. The images were changed too much to be "
                f"recognised, but of the digits 0 to 9 there should be {listed(right)}, and the labels are {listed(got)}."
            )
        return
    missing = count - len(np.intersect1d(numbers, wanted))
    extra = len(numbers) - (count - missing)
    if missing > left_out + odd(count) or extra > odd(count):
        raise CheckFailed(
            f"{who} should give each of the {count:,} {what} images once, but {missing:,} are missing, and {extra:,} samples "
            "are there twice or are no such images. Is the whole set used, and each image of it in one place only?"
        )


def labels_belong(known: Known, one: Seen, name: str) -> None:
    found = one.numbers >= 0
    wrong = int((known.labels[one.numbers[found]] != one.labels[found]).sum())
    if wrong > odd(len(one.labels)):
        raise CheckFailed(
            f"In `{name}`, {wrong:,} of {len(one.labels):,} images come with another label than they have in the data. "
            "Whatever reorders the images has to reorder the labels in the same way."
        )


def by_class(labels: np.ndarray) -> np.ndarray:
    return np.array([(labels == digit).sum() for digit in range(CLASSES)])


def listed(counts: np.ndarray) -> str:
    return ", ".join(map(str, counts.tolist()))


def sanity_line(work: Work) -> None:
    """Some cell prints a batch's shape, and the range of its labels or pixels, in whatever form."""
    text = "\n".join(printed(work))
    if not (SHAPE_128.search(text) and SHAPE_IMAGE.search(text)):
        raise CheckFailed(
            "The sanity check should print the shape of a batch (128, 1, 28, 28), but what the cells of this part print "
            "does not show it: take one batch from `train_loader` and print `images.shape`."
        )
    numbers = {float(number) for number in NUMBER.findall(SHAPE_IMAGE.sub(" ", text))}
    if not (RANGE_WORD.search(text) or {0.0, 9.0} <= numbers or {0.0, 1.0} <= numbers):
        raise CheckFailed(
            "The sanity check should print the range of the labels (0 to 9) or of the pixels beside the batch's shape: "
            "print the smallest and the largest value of a batch."
        )


def printed(work: Work) -> Iterator[str]:
    for run in work.runs:
        for output in run.outputs:
            if output.kind == "stream":
                yield output.text
            data: Any = output.data or {}
            yield data.get("text/plain", "")
