"""Handwritten digits like MNIST's, drawn from the 1,797 small ones that scikit-learn brings along.

Those are 8x8 pixels in 17 shades. Each is used many times, enlarged to 28x28 and differently distorted each time.
The originals are divided before they are used, so no handwriting of the test images was seen in training.
The distortions are strong enough that a linear model falls clearly behind a small network, as it does on MNIST.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SIDE: Final = 28
"""Height and width of an image, in pixels."""
BOX: Final = 20
"""Height and width of the box in the middle of an image that an undistorted digit fills."""
CLASSES: Final = 10
TEST_SHARE: Final = 0.2

ORIGINAL_SIDE: Final = 8
ORIGINAL_WHITE: Final = 16
PADDING: Final = 3
"""Black pixels put around an original, so that strokes fade out smoothly beyond its edge."""

ROTATION: Final = 12.0
"""Degrees, to either side."""
STRETCH: Final = 0.1
"""Each axis is drawn out or pressed together by at most this share."""
SHEAR: Final = 0.1
SHIFT: Final = 2.0
"""Pixels on each axis, to either side; small shifts are likelier than large ones."""
BRIGHTNESS: Final = 0.15
NOISE: Final = 0.05
"""Standard deviation of the noise, as a share of a pixel's brightness; black stays black."""
FLOOR: Final = 8.0
"""What is darker than this becomes black: smooth interpolation leaves faint rings around a stroke."""


@dataclass(frozen=True)
class Split:
    """Images and what they show, divided into training and test data."""

    train_images: NDArray[np.uint8]
    """[N, 28, 28], 0 is black background."""
    train_labels: NDArray[np.uint8]
    """[N], 0 to 9."""
    test_images: NDArray[np.uint8]
    """[M, 28, 28]."""
    test_labels: NDArray[np.uint8]
    """[M]."""


def render(count_train: int, count_test: int, seed: int) -> Split:
    """Draw `count_train` training and `count_test` test images, the same ones each time for the same seed.

    Every class has as many images as any other, or one more. Which originals are kept for testing
    depends on the seed alone: renderings of two sizes agree on it.
    """
    # Imported only here and below: it takes longer than using what was prepared before.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    bundled = load_digits()
    originals = bundled.images * (255 / ORIGINAL_WHITE)
    dividing, drawing_train, drawing_test = np.random.default_rng(seed).spawn(3)
    train, test = _divide(bundled.target, dividing)
    train_images, train_labels = _draw(originals, train, count_train, drawing_train)
    test_images, test_labels = _draw(originals, test, count_test, drawing_test)
    return Split(train_images, train_labels, test_images, test_labels)


def _divide(classes: NDArray[np.int_], rng: Generator) -> tuple[list[NDArray[np.int_]], list[NDArray[np.int_]]]:
    """Return, for each class, the numbers of the originals for training, and the same for testing."""
    train, test = [], []
    for label in range(CLASSES):
        numbers = rng.permutation(np.flatnonzero(classes == label))
        kept = round(len(numbers) * TEST_SHARE)
        test.append(numbers[:kept])
        train.append(numbers[kept:])
    return train, test


def _draw(
    originals: NDArray[np.float64], numbers: list[NDArray[np.int_]], count: int, rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images [count, 28, 28] and labels [count], made from the `originals` [., 8, 8] with these numbers."""
    from scipy import ndimage  # noqa: PLC0415

    labels = rng.permutation(np.arange(count) % CLASSES)
    chosen = _choose(numbers, labels, rng)
    splines = {n: ndimage.spline_filter(np.pad(originals[n], PADDING)) for n in np.unique(chosen)}
    matrices, offsets = _distort(count, rng)
    brightness = rng.uniform(1 - BRIGHTNESS, 1 + BRIGHTNESS, count)
    images = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    for i, number in enumerate(chosen):
        ink = ndimage.affine_transform(
            splines[number], matrices[i], offsets[i], output_shape=(SIDE, SIDE), prefilter=False
        )
        ink *= brightness[i] + NOISE * rng.standard_normal((SIDE, SIDE), dtype=np.float32)
        ink[ink < FLOOR] = 0
        images[i] = np.rint(np.minimum(ink, 255))
    return images, labels.astype(np.uint8)


def _choose(numbers: list[NDArray[np.int_]], labels: NDArray[np.int_], rng: Generator) -> NDArray[np.int_]:
    """Return an original's number for each of `labels` [N], using those of a class equally often, or once more."""
    chosen = np.empty(len(labels), dtype=np.int_)
    for label in range(CLASSES):
        places = np.flatnonzero(labels == label)
        chosen[places] = np.resize(rng.permutation(numbers[label]), len(places))
    return chosen


def _distort(count: int, rng: Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return matrices [count, 2, 2] and offsets [count, 2] that lead from an image's pixel to a padded original's."""
    angle = np.deg2rad(rng.uniform(-ROTATION, ROTATION, count))
    shear = rng.uniform(-SHEAR, SHEAR, count)
    stretch = rng.uniform(1 - STRETCH, 1 + STRETCH, (count, 1, 2))
    shift = rng.triangular(-SHIFT, 0, SHIFT, (count, 2))
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    slant = np.array([[np.ones(count), np.zeros(count)], [shear, np.ones(count)]]).transpose(2, 0, 1)
    matrices = np.linalg.inv(rotate @ slant * stretch * (BOX / ORIGINAL_SIDE))
    middle = (SIDE - 1) / 2 + shift
    middle_of_original = (ORIGINAL_SIDE + 2 * PADDING - 1) / 2
    return matrices, middle_of_original - (matrices @ middle[:, :, None])[:, :, 0]
