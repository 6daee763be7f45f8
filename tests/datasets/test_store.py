import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.digits import Split
from grader.datasets.idx import read_idx
from grader.datasets.store import FILES, Dataset, load, read, save
from grader.errors import DatasetError


def test_a_saved_data_set_has_the_four_files_where_torchvision_looks(tmp_path: Path) -> None:
    split = some_split()

    dataset = save(tmp_path / "new" / "folder", "some", "digits", "some digits", split)

    assert dataset == Dataset("some", "some digits", tmp_path / "new" / "folder" / "some", train_size=30, test_size=10)
    raw = dataset.root / "MNIST" / "raw"
    for name, array in {
        "train-images-idx3-ubyte": split.train_images,
        "train-labels-idx1-ubyte": split.train_labels,
        "t10k-images-idx3-ubyte": split.test_images,
        "t10k-labels-idx1-ubyte": split.test_labels,
    }.items():
        np.testing.assert_array_equal(read_idx((raw / name).read_bytes()), array, strict=True)


def test_the_record_beside_it_says_what_it_is(tmp_path: Path) -> None:
    dataset = save(tmp_path, "some", "mnist", "MNIST, 30 + 10", some_split())

    record = json.loads((dataset.root / "dataset.json").read_text())
    files = record.pop("files")
    assert record == {"name": "some", "kind": "mnist", "label": "MNIST, 30 + 10", "train_size": 30, "test_size": 10}
    assert set(files) == set(FILES)
    for name, facts in files.items():
        content = (dataset.root / "MNIST" / "raw" / name).read_bytes()
        assert facts == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_nothing_but_the_data_set_is_left_in_the_folder(stored: Dataset) -> None:
    assert [path.name for path in stored.root.parent.iterdir()] == ["some"]


def test_saving_the_same_again_leaves_the_files_alone(tmp_path: Path) -> None:
    first = save(tmp_path, "some", "digits", "some digits", some_split())
    files = [first.root / "MNIST" / "raw" / name for name in FILES]
    before = [file.stat().st_ino for file in files]

    assert save(tmp_path, "some", "digits", "some digits", some_split()) == first

    assert [file.stat().st_ino for file in files] == before
    assert [path.name for path in tmp_path.iterdir()] == ["some"]


def test_saving_something_else_under_the_same_name_is_refused(stored: Dataset) -> None:
    with pytest.raises(DatasetError, match="some holds other data already"):
        save(stored.root.parent, "some", "digits", "some digits", some_split(seed=1))

    assert load(stored.root) == stored
    assert [path.name for path in stored.root.parent.iterdir()] == ["some"]


def test_a_save_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    split = some_split()
    broken = Split(split.train_images, split.train_labels, split.test_images, split.test_labels.astype(np.int64))

    with pytest.raises(DatasetError, match="int64"):
        save(tmp_path, "some", "digits", "some digits", broken)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatasetError, match=r"file/some could not be stored"):
        save(tmp_path / "file", "some", "digits", "some digits", some_split())


def test_a_file_in_the_data_sets_place_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "some").write_text("in the way")

    with pytest.raises(DatasetError, match="some could not be stored"):
        save(tmp_path, "some", "digits", "some digits", some_split())


def test_other_users_may_read_it(tmp_path: Path, usual_umask: None) -> None:
    root = save(tmp_path, "some", "digits", "some digits", some_split()).root

    for folder in (root, root / "MNIST", root / "MNIST" / "raw"):
        assert folder.stat().st_mode & 0o777 == 0o755
    for name in FILES:
        assert (root / "MNIST" / "raw" / name).stat().st_mode & 0o777 == 0o644


def test_reading_gives_back_what_was_saved(stored: Dataset) -> None:
    got, wanted = read(stored), some_split()

    for name, array in vars(wanted).items():
        np.testing.assert_array_equal(getattr(got, name), array, strict=True)


def test_reading_what_is_gone_is_the_machines_fault(stored: Dataset) -> None:
    (stored.root / "MNIST" / "raw" / FILES[0]).unlink()

    with pytest.raises(DatasetError, match="cannot be read: No such file"):
        read(stored)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(stored: Dataset, name: str) -> None:
    (stored.root / "MNIST" / "raw" / name).unlink()

    with pytest.raises(DatasetError, match=f"{name} cannot be read: No such file"):
        load(stored.root)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(stored: Dataset, name: str) -> None:
    file = stored.root / "MNIST" / "raw" / name
    content = file.read_bytes()
    file.write_bytes(content[:-1])

    with pytest.raises(
        DatasetError, match=f"{name} is incomplete: it has {len(content) - 1} bytes, and {len(content)}"
    ):
        load(stored.root)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_noticed_and_the_file_named(stored: Dataset, name: str) -> None:
    file = stored.root / "MNIST" / "raw" / name
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    with pytest.raises(DatasetError, match=f"{name} was changed"):
        load(stored.root)


def test_a_missing_record_is_named(stored: Dataset) -> None:
    (stored.root / "dataset.json").unlink()

    with pytest.raises(DatasetError, match=r"dataset\.json cannot be read: No such file"):
        load(stored.root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"name": "n", "label": "l", "train_size": 1, "test_size": 1, "files": {}}',
        b'{"name": "n", "label": "l", "train_size": 1, "test_size": 1, "files": []}',
        b'{"name": "n", "label": "l", "train_size": "many", "test_size": 1, "files": {}}',
    ],
)
def test_a_damaged_record_is_named(stored: Dataset, content: bytes) -> None:
    (stored.root / "dataset.json").write_bytes(content)

    with pytest.raises(DatasetError, match=r"dataset\.json is damaged"):
        load(stored.root)


@pytest.fixture
def stored(tmp_path: Path) -> Dataset:
    return save(tmp_path, "some", "digits", "some digits", some_split())


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def some_split(seed: int = 0) -> Split:
    rng = np.random.default_rng(seed)
    return Split(
        train_images=rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        train_labels=rng.integers(0, 10, 30, dtype=np.uint8),
        test_images=rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        test_labels=rng.integers(0, 10, 10, dtype=np.uint8),
    )
