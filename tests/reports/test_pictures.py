import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from grader.reports.pictures import safe_png


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims a huge size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 10_000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_picture_is_made_anew() -> None:
    original = png(4, 3) + b"<script>alert(1)</script>"
    fresh = safe_png(encoded(original))
    assert fresh is not None
    data = base64.b64decode(fresh)
    assert b"script" not in data
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (4, 3)
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"<svg onload=alert(1)>", png(4, 3)[:30], bomb(100_000, 100_000), bomb(9_000, 9_000)],
    ids=["empty", "text", "svg", "truncated", "bomb", "large bomb"],
)
def test_what_is_no_picture_is_not_shown(data: bytes) -> None:
    assert safe_png(encoded(data)) is None


def test_broken_base64_is_not_shown() -> None:
    assert safe_png("\N{SNOWMAN}") is None


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"acTL", b"pHYs", b"gAMA"])
def test_a_broken_remark_does_not_hide_the_picture(kind: bytes) -> None:
    original = png(4, 3)
    header = 8 + 25

    assert safe_png(encoded(original[:header] + chunk(kind, b"") + original[header:])) == safe_png(encoded(original))
