"""Make data ready before anybody asks for it: the real MNIST where staff gave it, else rendered digits."""

import gzip
import zlib
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from grader.datasets.digits import CLASSES, SIDE, Split, render
from grader.datasets.idx import read_idx
from grader.datasets.store import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Dataset,
    load,
    save,
)
from grader.errors import DatasetError

Size = Literal["small", "full"]

COUNTS: Final[dict[Size, tuple[int, int]]] = {"small": (6_000, 1_000), "full": (60_000, 10_000)}
"""Training and test images of each size."""
DIGITS: Final[dict[Size, str]] = {"small": "digits-small", "full": "digits"}
MNIST: Final[dict[Size, str]] = {"small": "mnist-small", "full": "mnist"}
SEED: Final = 1


def find(folder: Path, size: Size) -> Dataset:
    """Open the data set to use from `folder`: imported MNIST, or else the digits, prepared now where they are missing.

    Raises DatasetError when what is there is incomplete or damaged, an unfinished import included:
    grading must not slip back to other data unnoticed.
    """
    if any((folder / name).exists() for name in MNIST.values()):
        return load(folder / MNIST[size])
    return prepare(folder, size)


def prepare(folder: Path, size: Size) -> Dataset:
    """Open the digits of this size in `folder`, rendering them when they are missing; any number of processes may.

    Raises DatasetError, naming the file, when what is there is incomplete or damaged, or nothing can be written.
    """
    return _prepare(folder, size, COUNTS[size])


def import_mnist(source: Path, folder: Path) -> Dataset:
    """Store MNIST from its four files in `source`, plain or gzipped, as `mnist` and its beginning as `mnist-small`.

    Returns the full one. Importing the same again changes nothing. Raises DatasetError, naming the file, when one is
    missing or not MNIST's: 28x28 images, a label from 0 to 9 for each; or when `folder` holds another MNIST already.
    """
    return _import(source, folder, COUNTS["small"])


def _prepare(folder: Path, size: Size, counts: tuple[int, int]) -> Dataset:
    name = DIGITS[size]
    if (folder / name).exists():
        return load(folder / name)
    train, test = counts
    label = f"scikit-learn digits rendered at 28x28 (not MNIST), {train:,} + {test:,}"
    return save(folder, name, "digits", label, render(train, test, SEED))


def _import(source: Path, folder: Path, small: tuple[int, int]) -> Dataset:
    full = Split(*_read_part(source, TRAIN_IMAGES, TRAIN_LABELS), *_read_part(source, TEST_IMAGES, TEST_LABELS))
    train, test = small
    beginning = Split(
        full.train_images[:train], full.train_labels[:train], full.test_images[:test], full.test_labels[:test]
    )
    _save_mnist(folder, "small", "MNIST, the first", beginning)
    return _save_mnist(folder, "full", "MNIST,", full)


def _save_mnist(folder: Path, size: Size, what: str, split: Split) -> Dataset:
    label = f"{what} {len(split.train_labels):,} + {len(split.test_labels):,}"
    return save(folder, MNIST[size], "mnist", label, split)


def _read_part(source: Path, images_name: str, labels_name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images [N, 28, 28] and labels [N] from two of the files in `source`."""
    images, images_file = _read(source, images_name)
    labels, labels_file = _read(source, labels_name)
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise DatasetError(f"{images_file} holds an array of shape {images.shape}, not images of {SIDE}x{SIDE} pixels.")
    if labels.ndim != 1:
        raise DatasetError(f"{labels_file} holds an array of shape {labels.shape}, not one label per image.")
    if len(images) != len(labels) or not len(images):
        raise DatasetError(f"{images_file} holds {len(images)} images and {labels_file} {len(labels)} labels.")
    if labels.max() >= CLASSES:
        raise DatasetError(f"{labels_file} holds the label {labels.max()}, and digits go from 0 to {CLASSES - 1}.")
    return images, labels


def _read(source: Path, name: str) -> tuple[NDArray[np.uint8], Path]:
    """Return the array in the file of this name, or in its gzipped form, and which file it was."""
    plain = source / name
    file = plain if plain.exists() else source / f"{name}.gz"
    try:
        content = file.read_bytes()
        return read_idx(content if file is plain else gzip.decompress(content)), file
    except FileNotFoundError as error:
        raise DatasetError(f"{plain} is missing, and so is {name}.gz.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{file} cannot be read: {error}.") from error
    except DatasetError as error:
        raise DatasetError(f"{file}: {error}") from error
