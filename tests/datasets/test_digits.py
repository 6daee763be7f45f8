import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier

from grader.datasets import digits
from grader.datasets.digits import Split, render

DISTORTIONS = ("ROTATION", "STRETCH", "SHEAR", "SHIFT", "BRIGHTNESS", "NOISE")
TEST_ORIGINALS = 359


def test_images_and_labels_have_mnists_shapes_and_types() -> None:
    split = render(40, 20, seed=0)

    assert described(split.train_images) == ("uint8", (40, 28, 28))
    assert described(split.train_labels) == ("uint8", (40,))
    assert described(split.test_images) == ("uint8", (20, 28, 28))
    assert described(split.test_labels) == ("uint8", (20,))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, again, other = render(60, 30, seed=5), render(60, 30, seed=5), render(60, 30, seed=6)

    for field in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(first, field), getattr(again, field))
        assert not np.array_equal(getattr(first, field), getattr(other, field))


def test_classes_are_balanced_up_to_one_and_mixed() -> None:
    split = render(204, 97, seed=0)

    for labels in (split.train_labels, split.test_labels):
        counts = np.bincount(labels, minlength=10)
        assert len(counts) == 10
        assert counts.max() - counts.min() <= 1
        assert labels[:20].tolist() != [*range(10), *range(10)]


def test_every_image_differs_though_originals_are_used_again() -> None:
    split = render(300, 2 * TEST_ORIGINALS, seed=0)

    assert kinds(np.concatenate([split.train_images, split.test_images])) == 300 + 2 * TEST_ORIGINALS


def test_digits_are_bright_in_the_middle_of_a_black_image() -> None:
    images = render(500, 10, seed=0).train_images.astype(np.float64)

    assert 0.65 < (images == 0).mean() < 0.85
    assert np.median(images.max(axis=(1, 2))) > 240
    assert (images[:, 1:-1, 1:-1].sum() / images.sum()) > 0.999
    ink = images.mean(axis=0)
    rows, columns = np.arange(28) @ ink.sum(axis=1) / ink.sum(), np.arange(28) @ ink.sum(axis=0) / ink.sum()
    assert abs(rows - 13.5) < 0.5
    assert abs(columns - 13.5) < 0.5


def test_an_undistorted_digit_fills_the_box_of_20_pixels(undistorted: pytest.MonkeyPatch) -> None:
    images = render(300, 10, seed=0).train_images

    lit = images > 127
    heights = lit.any(axis=2).sum(axis=1)
    assert 19 <= np.median(heights) <= 20
    assert heights.max() <= 20
    assert not lit[:, :4].any()
    assert not lit[:, -4:].any()


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_each_distortion_alone_makes_images_of_one_original_differ(
    undistorted: pytest.MonkeyPatch, distortion: str
) -> None:
    count = TEST_ORIGINALS + 50
    plain = render(10, count, seed=0).test_images
    assert kinds(plain) <= TEST_ORIGINALS

    undistorted.setattr(digits, distortion, 0.1)

    assert kinds(render(10, count, seed=0).test_images) > TEST_ORIGINALS


def test_no_original_serves_both_training_and_testing(undistorted: pytest.MonkeyPatch) -> None:
    split = render(2_200, 600, seed=0)

    train, test = contents(split.train_images), contents(split.test_images)
    assert len(train) + len(test) == 1_797
    assert len(test) == TEST_ORIGINALS
    assert not train & test


def test_the_originals_for_testing_depend_on_the_seed_and_not_on_the_sizes(undistorted: pytest.MonkeyPatch) -> None:
    all_of_them = contents(render(10, 600, seed=0).test_images)

    assert contents(render(500, 100, seed=0).test_images) < all_of_them
    assert not contents(render(500, 100, seed=1).test_images) <= all_of_them


def test_training_and_test_originals_are_of_all_classes_alike(undistorted: pytest.MonkeyPatch) -> None:
    split = render(2_200, 600, seed=0)

    for label in range(10):
        train = len(contents(split.train_images[split.train_labels == label]))
        test = len(contents(split.test_images[split.test_labels == label]))
        assert 0.19 < test / (train + test) < 0.21


def test_a_linear_model_learns_the_digits_and_a_model_of_shapes_learns_them_better() -> None:
    split = render(2_000, 500, seed=0)

    linear = accuracy(RidgeClassifier(alpha=100), split)
    neighbours = accuracy(KNeighborsClassifier(3), split)

    assert 0.7 < linear < 0.9
    assert linear + 0.03 < neighbours < 0.99


@pytest.fixture
def undistorted(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All distortions switched off: each original gives one image."""
    for name in DISTORTIONS:
        monkeypatch.setattr(digits, name, 0.0)
    # A triangle needs a width.
    monkeypatch.setattr(digits, "SHIFT", 1e-9)
    return monkeypatch


def described(array: NDArray[np.uint8]) -> tuple[str, tuple[int, ...]]:
    return str(array.dtype), array.shape


def contents(images: NDArray[np.uint8]) -> set[bytes]:
    return {image.tobytes() for image in images}


def kinds(images: NDArray[np.uint8]) -> int:
    return len(contents(images))


def accuracy(model: RidgeClassifier | KNeighborsClassifier, split: Split) -> float:
    model.fit(split.train_images.reshape(-1, 784) / 255, split.train_labels)
    return float(model.score(split.test_images.reshape(-1, 784) / 255, split.test_labels))
