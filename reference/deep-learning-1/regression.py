"""What `logistic_regression` has to do."""

from dataclasses import dataclass

import numpy as np

from grader.checks.tensors import array, named, shape, softmax_loss
from grader.errors import CallFailed, CheckFailed
from grader.execution.student import Student
from grader.execution.wire import Handle, Loader, Name

PIXELS, CLASSES = 784, 10
SKLEARN_TOOLS = ("sklearn.metrics", "sklearn.model_selection", "sklearn.preprocessing", "sklearn.utils")


@dataclass(frozen=True)
class Digits:
    """Hidden pictures [N, 1, 28, 28] with labels [N]."""

    images: np.ndarray
    labels: np.ndarray

    def loader(self, batch_size: int = 32) -> Loader:
        return Loader((self.images, self.labels), batch_size)


def digits(draw: np.random.Generator, prototypes: np.ndarray, count: int) -> Digits:
    """Noisy copies of ten coarse patterns: as sparse as MNIST, and unlike any picture that a student has seen."""
    labels = draw.integers(0, CLASSES, count)
    noise = draw.normal(0, 0.1, (count, 28, 28))
    images = np.clip(prototypes[labels] + noise, 0, 1).astype(np.float32)
    return Digits(images[:, None], labels)


def tasks(draw: np.random.Generator) -> tuple[Digits, Digits]:
    """Training and unseen pictures of the same ten patterns."""
    coarse = (draw.random((CLASSES, 7, 7)) < 0.3) * draw.uniform(0.5, 1.0, (CLASSES, 7, 7))
    prototypes = np.kron(coarse, np.ones((4, 4)))
    return digits(draw, prototypes, 640), digits(draw, prototypes, 400)


def trained(student: Student, train: Loader | Handle, unseen: Loader, **options: float) -> tuple[np.ndarray, np.ndarray]:
    """`logistic_regression`'s W and b, as [784, 10] and [10]."""
    asked = {"epochs": 20, "lr": 0.1, "tol": 0.0} | options
    try:
        result = student.within(60).call(
            Name("logistic_regression"), train_loader=train, val_loader=unseen, **asked
        )
    except CallFailed as error:
        raise CheckFailed(f"`logistic_regression` fails on loaders with images [32, 1, 28, 28]: {error}.") from error
    return weights(result)


def weights(result: object) -> tuple[np.ndarray, np.ndarray]:
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
    return w.astype(np.float64), b.astype(np.float64).reshape(CLASSES)


def loss(w: np.ndarray, b: np.ndarray, data: Digits) -> float:
    return softmax_loss(data.images.reshape(len(data.labels), -1) @ w + b, data.labels)


def accuracy(w: np.ndarray, b: np.ndarray, data: Digits) -> float:
    scores = data.images.reshape(len(data.labels), -1) @ w + b
    return float((scores.argmax(axis=1) == data.labels).mean())


def returns_weights(student: Student, draw: np.random.Generator) -> None:
    train, unseen = tasks(draw)
    trained(student, train.loader(), unseen.loader(), epochs=1)


def learns(student: Student, reference: Student, draw: np.random.Generator) -> None:
    """As good as the reference on pictures it was not trained on, whether it takes a step per batch or per epoch."""
    train, unseen = tasks(draw)
    w, b = trained(student, train.loader(), unseen.loader())
    if not (np.all(np.isfinite(w)) and np.all(np.isfinite(b))):
        raise CheckFailed("`logistic_regression` returns NaN or infinite weights: the training diverges.")
    by_batch = trained(reference, train.loader(), unseen.loader())
    by_epoch = trained(reference, train.loader(batch_size=len(train.labels)), unseen.loader())
    wanted = min(accuracy(*by_batch, unseen), accuracy(*by_epoch, unseen))
    got = accuracy(w, b, unseen)
    if got < wanted - 0.05:
        raise CheckFailed(
            f"Trained on data of the grader (640 images, 20 epochs, lr 0.1), `logistic_regression` reaches {got:.0%} on "
            f"unseen images of the same kind; {wanted:.0%} is expected. Does it learn from the loader it is given, with "
            "the gradient of the cross-entropy loss, downhill?"
        )
    limit = 1.3 * max(loss(*by_batch, train), loss(*by_epoch, train)) + 0.05
    if loss(w, b, train) > limit:
        raise CheckFailed(
            f"After 20 epochs with lr 0.1 the training loss is still {loss(w, b, train):.2f}; at most {limit:.2f} is "
            "expected. Are all epochs run, and is the loss the mean over the samples?"
        )


def passes(student: Student, train: Digits, unseen: Digits, **options: float) -> tuple[int, float]:
    """How often training goes through its loader, and the loss that it ends with."""
    loader = student.read(train.loader())
    w, b = trained(student, loader, unseen.loader(), **options)
    counted = student.call(loader, method="count")
    return counted if isinstance(counted, int) else 0, loss(w, b, train)


def honours_epochs(student: Student, draw: np.random.Generator) -> None:
    train, unseen = tasks(draw)
    few, early = passes(student, train, unseen, epochs=1)
    many, late = passes(student, train, unseen, epochs=12)
    if many < few + 11 and late > 0.95 * early:
        raise CheckFailed(
            "`logistic_regression` trains as long with `epochs=12` as with `epochs=1`: does the loop run `epochs` times?"
        )


def honours_lr(student: Student, draw: np.random.Generator) -> None:
    train, unseen = tasks(draw)
    _, slow = passes(student, train, unseen, epochs=2, lr=1e-6)
    _, fast = passes(student, train, unseen, epochs=2, lr=0.1)
    if fast > 0.95 * slow:
        raise CheckFailed(
            "`logistic_regression` learns as much with `lr=0.000001` as with `lr=0.1`: is the step `lr` times the gradient?"
        )


def honours_tol(student: Student, draw: np.random.Generator) -> None:
    train, unseen = tasks(draw)
    early, stopped = passes(student, train, unseen, epochs=15, tol=1e9)
    late, finished = passes(student, train, unseen, epochs=15, tol=0.0)
    if early >= late and stopped < 1.05 * finished:
        raise CheckFailed(
            "`logistic_regression` trains as long with `tol=1e9` as with `tol=0`: it should stop early when the gradients "
            "(or the changes of the loss) are smaller than `tol`."
        )


def from_scratch(student: Student, draw: np.random.Generator, libraries: frozenset[str]) -> None:
    train, unseen = tasks(draw)
    small = Digits(train.images[:128], train.labels[:128])
    arguments = {"train_loader": small.loader(), "val_loader": small.loader(), "epochs": 1, "lr": 0.1, "tol": 0.0}
    _, trace = student.within(60).traced(Name("logistic_regression"), **arguments)
    layers = [name.rpartition(".")[2] for name in trace.owners if name.startswith("torch.")]
    layers += [name.rpartition(".")[2] for name in trace.modules if name.startswith("torch.nn.modules.linear.")]
    optimizers = [name.rpartition(".")[2] for name in trace.optimizers]
    sklearn = [name for name in libraries if name.startswith("sklearn.") and not name.startswith(SKLEARN_TOOLS)]
    if used := sorted({*layers, *optimizers, *sklearn}):
        raise CheckFailed(
            f"`logistic_regression` should be written from scratch, with tensors alone, but it uses {', '.join(used)}."
        )
