"""What `logistic_regression` has to do."""

from dataclasses import dataclass

import numpy as np

from grader.checks.gradients import difference
from grader.checks.hiding import nothing_hidden
from grader.checks.modules import is_layer
from grader.checks.tensors import array, named, shape, softmax_loss
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Student
from grader.execution.wire import Handle, Loader, Name

PIXELS, CLASSES, MODES = 784, 10, 3
SKLEARN_TOOLS = ("sklearn.metrics", "sklearn.model_selection", "sklearn.preprocessing", "sklearn.utils")


FUNCTION = Name("logistic_regression")
STEP, STEP_TOLERANCE, ONE_BATCH = 0.1, 0.05, 64
"""A step's size, how far it may lead from the truth, and how many samples make one batch for everybody."""


@dataclass(frozen=True)
class Weights:
    """W [784, 10] and b [10], in float64."""

    w: np.ndarray
    b: np.ndarray


@dataclass(frozen=True)
class Digits:
    """Hidden pictures [N, 1, 28, 28] with labels [N]."""

    images: np.ndarray
    labels: np.ndarray

    def loader(self, batch_size: int = 32) -> Loader:
        return Loader((self.images, self.labels), batch_size)

    def first(self, count: int) -> "Digits":
        return Digits(self.images[:count], self.labels[:count])


@dataclass(frozen=True)
class Task:
    """Ten classes, each with several patterns that one linear model can tell apart.

    `validation` is small and shows few of the patterns: who trains on it instead does not get far.
    """

    train: Digits
    validation: Digits
    unseen: Digits


def task(draw: np.random.Generator) -> Task:
    """Pictures as sparse as MNIST's, and unlike any that a student has seen."""
    patterns = (draw.random((CLASSES * MODES, 7, 7)) < 0.3) * draw.uniform(0.5, 1.0, (CLASSES * MODES, 7, 7))
    large = np.kron(patterns, np.ones((4, 4)))

    def digits(which: np.ndarray) -> Digits:
        noise = draw.normal(0, 0.1, (len(which), 28, 28))
        images = np.clip(large[which] + noise, 0, 1).astype(np.float32)
        return Digits(images[:, None], which % CLASSES)

    return Task(
        train=digits(draw.integers(0, len(patterns), 640)),
        validation=digits(draw.integers(0, CLASSES, 40)),
        unseen=digits(draw.integers(0, len(patterns), 400)),
    )


def trained(student: Student, train: Loader | Handle, validation: Loader, **options: float) -> Weights:
    """`logistic_regression`'s W and b, as [784, 10] and [10]."""
    asked = {"epochs": 20, "lr": 0.1, "tol": 0.0} | options
    try:
        result = student.within(60).call(FUNCTION, train_loader=train, val_loader=validation, **asked)
    except CallFailed as error:
        raise CheckFailed(f"`logistic_regression` fails on loaders with images [32, 1, 28, 28]: {error}.") from error
    return weights(result)


def weights(result: object) -> Weights:
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise CheckFailed(f"`logistic_regression` should return `(W, b)`, but its result is {named(result)}.")
    w, b = array(result[0], "W"), array(result[1], "b")
    if w.shape != (PIXELS, CLASSES):
        raise CheckFailed(
            f"`logistic_regression` should return W of shape [784, 10], so that `x @ W + b` gives one score per class; "
            f"its W has shape {shape(w)}."
        )
    if b.size != CLASSES or b.shape[-1] != CLASSES:
        raise CheckFailed(f"`logistic_regression` should return b of shape [10], but its b has shape {shape(b)}.")
    return Weights(w.astype(np.float64), b.astype(np.float64).reshape(CLASSES))


def logits(model: Weights, data: Digits) -> np.ndarray:
    return np.asarray(data.images.reshape(len(data.labels), -1) @ model.w + model.b)


def loss(model: Weights, data: Digits) -> float:
    return softmax_loss(logits(model, data), data.labels)


def accuracy(model: Weights, data: Digits) -> float:
    return float((logits(model, data).argmax(axis=1) == data.labels).mean())


def gradient(model: Weights, data: Digits) -> Weights:
    """Of the mean cross entropy: X^T (softmax(XW + b) - onehot(y)) / N, and its column sums for b."""
    scores = logits(model, data)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    residual = exponentials / exponentials.sum(axis=1, keepdims=True) - np.eye(CLASSES)[data.labels]
    flat = data.images.reshape(len(data.labels), -1).astype(np.float64)
    return Weights(flat.T @ residual / len(data.labels), residual.mean(axis=0))


def returns_weights(student: Student, draw: np.random.Generator) -> None:
    asked = task(draw)
    trained(student, asked.train.loader(), asked.validation.loader(), epochs=1)


def learns(student: Student, reference: Student, draw: np.random.Generator) -> None:
    """As good as the reference on pictures it was not trained on, whether it takes a step per batch or per epoch."""
    asked = task(draw)
    model = trained(student, asked.train.loader(), asked.validation.loader())
    if not (np.all(np.isfinite(model.w)) and np.all(np.isfinite(model.b))):
        raise CheckFailed("`logistic_regression` returns NaN or infinite weights: the training diverges.")
    if not np.ptp(model.b):
        raise CheckFailed("The bias that `logistic_regression` returns was never trained: all its values are equal.")
    by_batch = trained(reference, asked.train.loader(), asked.validation.loader())
    whole = asked.train.loader(batch_size=len(asked.train.labels))
    by_epoch = trained(reference, whole, asked.validation.loader())
    wanted = min(accuracy(by_batch, asked.unseen), accuracy(by_epoch, asked.unseen))
    got = accuracy(model, asked.unseen)
    if got < wanted - 0.05:
        raise CheckFailed(
            f"Trained on data of the grader (640 images, 20 epochs, lr 0.1), `logistic_regression` reaches {got:.0%} on "
            f"unseen images of the same kind; {wanted:.0%} is expected. Does it learn from all of the loader that it is "
            "given, with the gradient of the cross-entropy loss, downhill?"
        )
    limit = 1.3 * max(loss(by_batch, asked.train), loss(by_epoch, asked.train)) + 0.05
    if loss(model, asked.train) > limit:
        raise CheckFailed(
            f"After 20 epochs with lr 0.1 the training loss is still {loss(model, asked.train):.2f}; at most {limit:.2f} is "
            "expected. Are all epochs run, and is all of the training loader used?"
        )


def passes(student: Student, asked: Task, **options: float) -> tuple[int, float]:
    """How often training goes through its loader, and the training loss that it ends with."""
    loader = student.read(asked.train.loader())
    model = trained(student, loader, asked.validation.loader(), **options)
    counted = student.call(loader, method="count")
    return counted if isinstance(counted, int) else 0, loss(model, asked.train)


def honours_epochs(student: Student, draw: np.random.Generator) -> None:
    asked = task(draw)
    few, early = passes(student, asked, epochs=1)
    many, late = passes(student, asked, epochs=12)
    if many < few + 11 and late > 0.95 * early:
        raise CheckFailed(
            "`logistic_regression` trains as long with `epochs=12` as with `epochs=1`: does the loop run `epochs` times?"
        )


def honours_lr(student: Student, draw: np.random.Generator) -> None:
    """One step changes W and b by `lr` times the gradient of the mean loss, from wherever they start."""
    asked = task(draw)
    _, slow = passes(student, asked, epochs=2, lr=1e-6)
    _, fast = passes(student, asked, epochs=2, lr=0.1)
    if fast > 0.95 * slow:
        raise CheckFailed(
            "`logistic_regression` learns as much with `lr=0.000001` as with `lr=0.1`: is the step `lr` times the gradient?"
        )
    batch = asked.train.first(ONE_BATCH)
    start, again, stepped = (one_step(student, batch, lr) for lr in (0.0, 0.0, STEP))
    if not np.array_equal(start.w, again.w):
        # starts elsewhere at each call in spite of the seed: then a single step cannot be told apart
        return
    wanted, got = gradient(start, batch), Weights((start.w - stepped.w) / STEP, (start.b - stepped.b) / STEP)
    for name, right, made in (("W", wanted.w, got.w), ("b", wanted.b, got.b)):
        if np.linalg.norm(made - right) > STEP_TOLERANCE * np.linalg.norm(right):
            raise CheckFailed(
                f"One step of `logistic_regression` on a single batch does not change {name} by `lr` times the gradient of "
                f"the mean cross-entropy loss: {difference(made, right)}. Is the loss averaged over the samples (1/N), and "
                "is every step downhill?"
            )


def one_step(student: Student, batch: Digits, lr: float) -> Weights:
    """One epoch over a loader with a single batch."""
    loader = batch.loader(len(batch.labels))
    return trained(student, loader, loader, epochs=1, lr=lr)


def honours_tol(student: Student, draw: np.random.Generator) -> None:
    asked = task(draw)
    early, stopped = passes(student, asked, epochs=15, tol=1e9)
    late, finished = passes(student, asked, epochs=15, tol=0.0)
    if early >= late and stopped < 1.05 * finished:
        raise CheckFailed(
            "`logistic_regression` trains as long with `tol=1e9` as with `tol=0`: it should stop early when the gradients "
            "(or the changes of the loss) are smaller than `tol`."
        )


def from_scratch(
    student: Student, draw: np.random.Generator, libraries: frozenset[str], hiding: tuple[str, ...]
) -> None:
    nothing_hidden(FUNCTION.name, hiding)
    small = task(draw).train.first(128).loader()
    asked = {"train_loader": small, "val_loader": small, "epochs": 1, "lr": 0.1, "tol": 0.0}
    _, trace = student.within(60).traced(FUNCTION, **asked)
    layers = [name for name in trace.owners if is_layer(name)]
    layers += [name for name in trace.modules if name.startswith("torch.nn.modules.linear.")]
    sklearn = [name for name in libraries if name.startswith("sklearn.") and not name.startswith(SKLEARN_TOOLS)]
    if used := {name.rpartition(".")[2] for name in (*layers, *trace.optimizers, *sklearn)}:
        raise CheckFailed(
            "`logistic_regression` should be written from scratch, with tensors alone, but it uses "
            f"{', '.join(sorted(used))}."
        )
