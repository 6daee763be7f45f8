from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.datasets.idx import read_idx, write_idx
from grader.errors import DatasetError

TWO_BY_THREE = b"\x00\x00\x08\x02" + b"\x00\x00\x00\x02" + b"\x00\x00\x00\x03" + bytes([1, 2, 3, 4, 5, 255])


def test_write_lays_out_magic_then_big_endian_dimensions_then_rows(tmp_path: Path) -> None:
    write_idx(tmp_path / "file", np.array([[1, 2, 3], [4, 5, 255]], dtype=np.uint8))

    assert (tmp_path / "file").read_bytes() == TWO_BY_THREE


def test_read_understands_that_layout() -> None:
    array = read_idx(TWO_BY_THREE)

    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2, 3], [4, 5, 255]]


@pytest.mark.parametrize("shape", [(300,), (5, 28, 28), (0,), (0, 28, 28), (2, 3, 4, 5)])
def test_what_was_written_is_read_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    write_idx(tmp_path / "file", array)

    np.testing.assert_array_equal(read_idx((tmp_path / "file").read_bytes()), array, strict=True)


def test_rows_are_written_in_order_from_memory_that_is_not(tmp_path: Path) -> None:
    turned = np.arange(6, dtype=np.uint8).reshape(3, 2).T

    write_idx(tmp_path / "file", turned)

    np.testing.assert_array_equal(read_idx((tmp_path / "file").read_bytes()), turned)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x08", "begins with 000008"),
        (b"\x1f\x8b\x08\x01" + TWO_BY_THREE[4:], "begins with 1f8b0801"),
        (b"\0\1" + TWO_BY_THREE[2:], "begins with 00010802"),
        (b"\0\0\x0d" + TWO_BY_THREE[3:], "type 0x0d, not unsigned bytes"),
        (b"\0\0\x08\0", "no dimensions"),
        (b"\0\0\x08\0\7", "no dimensions"),
        (TWO_BY_THREE[:4], "ends inside its header of 12 bytes, after 4"),
        (TWO_BY_THREE[:11], "ends inside its header of 12 bytes, after 11"),
        (TWO_BY_THREE[:-1], "promises 2 x 3 = 6 bytes of data and holds 5"),
        (TWO_BY_THREE + b"\0", "promises 2 x 3 = 6 bytes of data and holds 7"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"\0", "= 79228162458924105385300197375 bytes of data and holds 1"),
    ],
)
def test_read_refuses_what_is_not_exactly_an_idx_file(content: bytes, complaint: str) -> None:
    with pytest.raises(DatasetError, match=complaint):
        read_idx(content)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros(3, dtype=np.int64), "int64 values"),
        (np.zeros(3, dtype=np.int8), "int8 values"),
        (np.zeros((), dtype=np.uint8), "0 dimensions"),
    ],
)
def test_write_refuses_what_the_format_cannot_hold(tmp_path: Path, array: NDArray[np.uint8], complaint: str) -> None:
    with pytest.raises(DatasetError, match=complaint):
        write_idx(tmp_path / "file", array)

    assert not (tmp_path / "file").exists()
