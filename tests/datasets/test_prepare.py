import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import grader
from grader.datasets.digits import render
from grader.datasets.idx import read_idx, write_idx
from grader.datasets.prepare import SEED, Size, _import, _prepare, find, import_mnist, prepare
from grader.datasets.store import FILES, Dataset, load
from grader.errors import DatasetError

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILES

PREPARE_ON_A_WORD = """
import sys
from pathlib import Path
from grader.datasets.digits import render
from grader.datasets.prepare import _prepare
render(10, 10, seed=0)
print("ready", flush=True)
sys.stdin.readline()
print(_prepare(Path(sys.argv[1]), "small", (500, 100)).train_size)
"""


def test_the_small_size_is_6000_and_1000_digits_that_say_they_are_not_mnist(tmp_path: Path) -> None:
    dataset = prepare(tmp_path, "small")

    assert dataset == Dataset(
        name="digits-small",
        label="scikit-learn digits rendered at 28x28 (not MNIST), 6,000 + 1,000",
        root=tmp_path / "digits-small",
        train_size=6_000,
        test_size=1_000,
    )
    assert array(dataset, TRAIN_IMAGES).shape == (6_000, 28, 28)
    assert array(dataset, TEST_LABELS).shape == (1_000,)


@pytest.mark.parametrize(("size", "name"), [("small", "digits-small"), ("full", "digits")])
def test_what_is_prepared_is_the_rendering(tmp_path: Path, size: Size, name: str) -> None:
    dataset = _prepare(tmp_path, size, (40, 20))

    assert (dataset.name, dataset.root) == (name, tmp_path / name)
    rendered = render(40, 20, SEED)
    np.testing.assert_array_equal(array(dataset, TRAIN_IMAGES), rendered.train_images)
    np.testing.assert_array_equal(array(dataset, TRAIN_LABELS), rendered.train_labels)
    np.testing.assert_array_equal(array(dataset, TEST_IMAGES), rendered.test_images)
    np.testing.assert_array_equal(array(dataset, TEST_LABELS), rendered.test_labels)


@pytest.mark.parametrize("size", ["small", "full"])
def test_what_is_there_already_is_opened_and_not_made_again(tmp_path: Path, size: Size) -> None:
    first = _prepare(tmp_path, size, (40, 20))

    assert prepare(tmp_path, size) == first


def test_a_damaged_file_is_named_and_not_mended_unnoticed(tmp_path: Path) -> None:
    dataset = _prepare(tmp_path, "small", (40, 20))
    (dataset.root / "MNIST" / "raw" / TRAIN_LABELS).write_bytes(b"")

    with pytest.raises(DatasetError, match=f"{TRAIN_LABELS} is incomplete"):
        prepare(tmp_path, "small")


def test_an_empty_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    (tmp_path / "digits-small").mkdir()

    with pytest.raises(DatasetError, match=r"digits-small/dataset\.json cannot be read"):
        prepare(tmp_path, "small")


def test_processes_that_prepare_at_the_same_time_all_succeed(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE_ON_A_WORD, str(tmp_path / "data")],
            cwd=Path(grader.__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    assert [process.communicate(timeout=60)[0] for process in processes] == ["500\n"] * 3
    assert [process.returncode for process in processes] == [0] * 3
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["digits-small"]
    assert load(tmp_path / "data" / "digits-small").test_size == 100


@pytest.mark.parametrize("zipped", [(), FILES, (TRAIN_IMAGES, TEST_LABELS)], ids=["plain", "gzipped", "mixed"])
def test_mnist_is_imported_whole(source: Path, tmp_path: Path, zipped: tuple[str, ...]) -> None:
    originals = {name: read_idx((source / name).read_bytes()) for name in FILES}
    for name in zipped:
        (source / f"{name}.gz").write_bytes(gzip.compress((source / name).read_bytes()))
        (source / name).unlink()

    dataset = import_mnist(source, tmp_path / "data")

    assert dataset == Dataset("mnist", "MNIST, 50 + 20", tmp_path / "data" / "mnist", train_size=50, test_size=20)
    for name in FILES:
        np.testing.assert_array_equal(array(dataset, name), originals[name])


def test_the_small_mnist_is_the_beginning_of_the_full_one(source: Path, tmp_path: Path) -> None:
    full = _import(source, tmp_path / "data", small=(30, 7))

    small = load(tmp_path / "data" / "mnist-small")
    assert (small.name, small.label) == ("mnist-small", "MNIST, the first 30 + 7")
    for name, count in zip(FILES, (30, 30, 7, 7), strict=True):
        np.testing.assert_array_equal(array(small, name), array(full, name)[:count])


def test_importing_the_same_again_changes_nothing(source: Path, tmp_path: Path) -> None:
    first = import_mnist(source, tmp_path / "data")

    assert import_mnist(source, tmp_path / "data") == first


def test_importing_another_mnist_over_it_is_refused(source: Path, tmp_path: Path) -> None:
    import_mnist(source, tmp_path / "data")
    write_idx(source / TEST_LABELS, np.zeros(20, dtype=np.uint8))

    with pytest.raises(DatasetError, match="holds other data already"):
        import_mnist(source, tmp_path / "data")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_source_file_is_named(source: Path, tmp_path: Path, name: str) -> None:
    (source / name).unlink()

    with pytest.raises(DatasetError, match=rf"{name} is missing, and so is {name}\.gz"):
        import_mnist(source, tmp_path / "data")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        (TRAIN_IMAGES, np.zeros((50, 28, 27), np.uint8), r"shape \(50, 28, 27\), not images of 28x28"),
        (TRAIN_IMAGES, np.zeros((50, 784), np.uint8), r"shape \(50, 784\), not images of 28x28"),
        (TRAIN_LABELS, np.zeros((50, 10), np.uint8), r"shape \(50, 10\), not one label per image"),
        (TRAIN_LABELS, np.zeros(49, np.uint8), "50 images and .*train-labels-idx1-ubyte 49 labels"),
        (TEST_IMAGES, np.zeros((21, 28, 28), np.uint8), "21 images and .*t10k-labels-idx1-ubyte 20 labels"),
        (TEST_LABELS, np.full(20, 10, np.uint8), "the label 10, and digits go from 0 to 9"),
    ],
)
def test_a_source_that_is_not_mnist_is_refused_and_the_file_named(
    source: Path, tmp_path: Path, name: str, content: NDArray[np.uint8], complaint: str
) -> None:
    write_idx(source / name, content)

    with pytest.raises(DatasetError, match=complaint) as caught:
        import_mnist(source, tmp_path / "data")

    assert str(source / name) in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_a_source_without_images_is_refused(source: Path, tmp_path: Path) -> None:
    write_idx(source / TEST_IMAGES, np.zeros((0, 28, 28), np.uint8))
    write_idx(source / TEST_LABELS, np.zeros(0, np.uint8))

    with pytest.raises(DatasetError, match="holds 0 images"):
        import_mnist(source, tmp_path / "data")


def test_a_source_file_that_is_not_idx_is_named(source: Path, tmp_path: Path) -> None:
    (source / TEST_IMAGES).write_bytes(b"<html>403 Forbidden</html>")

    with pytest.raises(DatasetError, match=f"{TEST_IMAGES}: Not an IDX file"):
        import_mnist(source, tmp_path / "data")


@pytest.mark.parametrize("damage", ["cut short", "not gzip", "bits flipped"])
def test_a_damaged_gzip_is_named(source: Path, tmp_path: Path, damage: str) -> None:
    content = gzip.compress((source / TEST_IMAGES).read_bytes())
    (source / TEST_IMAGES).unlink()
    middle = len(content) // 2
    damaged = {
        "cut short": content[:-20],
        "not gzip": b"<html>403 Forbidden</html>",
        "bits flipped": content[:middle] + bytes(byte ^ 0xFF for byte in content[middle:-8]) + content[-8:],
    }
    (source / f"{TEST_IMAGES}.gz").write_bytes(damaged[damage])

    with pytest.raises(DatasetError, match=rf"{TEST_IMAGES}\.gz cannot be read"):
        import_mnist(source, tmp_path / "data")


def test_find_prepares_the_digits_where_nothing_is(tmp_path: Path) -> None:
    assert find(tmp_path, "small").name == "digits-small"
    assert load(tmp_path / "digits-small").train_size == 6_000


@pytest.mark.parametrize(("size", "name"), [("small", "digits-small"), ("full", "digits")])
def test_find_opens_digits_of_the_size_asked_for(tmp_path: Path, size: Size, name: str) -> None:
    _prepare(tmp_path, "small", (40, 20))
    _prepare(tmp_path, "full", (60, 20))

    assert find(tmp_path, size).name == name


@pytest.mark.parametrize(("size", "name", "count"), [("small", "mnist-small", 30), ("full", "mnist", 50)])
def test_find_prefers_imported_mnist(source: Path, tmp_path: Path, size: Size, name: str, count: int) -> None:
    _prepare(tmp_path, "small", (40, 20))
    _prepare(tmp_path, "full", (60, 20))
    _import(source, tmp_path, small=(30, 7))

    dataset = find(tmp_path, size)

    assert (dataset.name, dataset.train_size) == (name, count)


@pytest.mark.parametrize("size", ["small", "full"])
def test_find_does_not_slip_from_damaged_mnist_to_digits(source: Path, tmp_path: Path, size: Size) -> None:
    _prepare(tmp_path, size, (40, 20))
    import_mnist(source, tmp_path)
    (tmp_path / find(tmp_path, size).name / "MNIST" / "raw" / TRAIN_IMAGES).unlink()

    with pytest.raises(DatasetError, match=f"mnist.*{TRAIN_IMAGES} cannot be read"):
        find(tmp_path, size)


def test_find_does_not_slip_from_a_half_finished_import_to_digits(source: Path, tmp_path: Path) -> None:
    _prepare(tmp_path, "full", (40, 20))
    import_mnist(source, tmp_path)
    (tmp_path / "mnist").rename(tmp_path / "elsewhere")

    with pytest.raises(DatasetError, match=r"mnist/dataset\.json cannot be read"):
        find(tmp_path, "full")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with four files in MNIST's format, of 50 training and 20 test images."""
    folder = tmp_path / "source"
    folder.mkdir()
    split = render(50, 20, seed=0)
    write_idx(folder / TRAIN_IMAGES, split.train_images)
    write_idx(folder / TRAIN_LABELS, split.train_labels)
    write_idx(folder / TEST_IMAGES, split.test_images)
    write_idx(folder / TEST_LABELS, split.test_labels)
    return folder


def array(dataset: Dataset, name: str) -> NDArray[np.uint8]:
    return read_idx((dataset.root / "MNIST" / "raw" / name).read_bytes())
