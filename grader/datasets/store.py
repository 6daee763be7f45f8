"""Data sets on disk: written whole or not at all, and verified whenever they are opened.

A data set is a folder: `MNIST/raw/` with the four files where torchvision looks for them, and beside it
`dataset.json`, which says what the data is and records each file's length and SHA-256.
"""

import errno
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from grader.datasets.digits import Split
from grader.datasets.idx import read_idx, write_idx
from grader.errors import DatasetError

TRAIN_IMAGES: Final = "train-images-idx3-ubyte"
TRAIN_LABELS: Final = "train-labels-idx1-ubyte"
TEST_IMAGES: Final = "t10k-images-idx3-ubyte"
TEST_LABELS: Final = "t10k-labels-idx1-ubyte"
FILES: Final = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

RAW: Final = Path("MNIST", "raw")
RECORD: Final = "dataset.json"

Kind = Literal["digits", "mnist"]


@dataclass(frozen=True)
class Dataset:
    """A data set on disk whose files were found complete and unchanged."""

    name: str
    """Its folder's name."""
    label: str
    """What the data is, for people: reports show it."""
    root: Path
    """The folder that holds `MNIST/`: what torchvision calls `root`."""
    train_size: int
    test_size: int


def save(folder: Path, name: str, kind: Kind, label: str, split: Split) -> Dataset:
    """Store `split` as `folder/name`, which appears there complete; storing the same again changes nothing.

    Raises DatasetError when the folder cannot be written, or holds other or damaged data under that name.
    """
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as scratch:
            # A folder of its own inside, because Python makes temporary folders that only their owner can enter.
            draft = Path(scratch, name)
            record = _write(draft, {"name": name, "kind": kind, "label": label}, split)
            _publish(draft, target)
    except OSError as error:
        raise DatasetError(f"The data set {target} could not be stored: {error}.") from error
    dataset = load(target)
    if (target / RECORD).read_bytes() != record:
        raise DatasetError(f"{target} holds other data already: remove that folder to replace it.")
    return dataset


def load(path: Path) -> Dataset:
    """Open the data set in the folder `path`, reading every byte of it once.

    Raises DatasetError, naming the file, when one is missing, incomplete or not what was stored.
    """
    source = path / RECORD
    try:
        record = json.loads(source.read_bytes())
        dataset = Dataset(
            name=str(record["name"]),
            label=str(record["label"]),
            root=path,
            train_size=int(record["train_size"]),
            test_size=int(record["test_size"]),
        )
        files = {name: (int(record["files"][name]["bytes"]), str(record["files"][name]["sha256"])) for name in FILES}
    except OSError as error:
        raise DatasetError(f"{source} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{source} is damaged: remove the folder {path} and prepare or import it again.") from error
    for name, (length, digest) in files.items():
        _verify(path / RAW / name, length, digest)
    return dataset


def read(dataset: Dataset) -> Split:
    """The data set's images and labels. Raises DatasetError when its files are no longer what they were."""
    raw = dataset.root / RAW
    try:
        return Split(*(read_idx((raw / name).read_bytes()) for name in FILES))
    except OSError as error:
        raise DatasetError(f"{dataset.root} cannot be read: {error.strerror}.") from error


def _write(draft: Path, about: dict[str, str], split: Split) -> bytes:
    """Fill the new folder `draft` and return the content of its record."""
    raw = draft / RAW
    raw.mkdir(parents=True)
    write_idx(raw / TRAIN_IMAGES, split.train_images)
    write_idx(raw / TRAIN_LABELS, split.train_labels)
    write_idx(raw / TEST_IMAGES, split.test_images)
    write_idx(raw / TEST_LABELS, split.test_labels)
    sizes = {"train_size": len(split.train_labels), "test_size": len(split.test_labels)}
    files = {name: {"bytes": (raw / name).stat().st_size, "sha256": _digest(raw / name)} for name in FILES}
    record = json.dumps({**about, **sizes, "files": files}, indent=2).encode() + b"\n"
    with (draft / RECORD).open("wb") as file:
        file.write(record)
        file.flush()
        os.fsync(file.fileno())
    return record


def _publish(draft: Path, target: Path) -> None:
    """Move `draft` to `target`, unless somebody else was first."""
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise


def _verify(file: Path, length: int, digest: str) -> None:
    try:
        found = file.stat().st_size
        if found != length:
            raise DatasetError(f"{file} is incomplete: it has {found} bytes, and {length} were stored.")
        if _digest(file) != digest:
            raise DatasetError(f"{file} was changed after it was stored: its SHA-256 differs from the recorded one.")
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
