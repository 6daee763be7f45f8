import base64
import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from grader.reports.pictures import Pictures


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def chunks(data: bytes) -> set[bytes]:
    """The kinds of parts that a PNG file has."""
    found, at = set(), 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        found.add(data[at + 4 : at + 8])
        at += 12 + length
    return found


def packed(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A small picture with one more part, in front of its pixels."""
    head, pixels = png(4, 3)[:33], png(4, 3)[33:]
    return head + packed(kind, data) + pixels


def saved_as(form: str, width: int = 4, height: int = 3) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, form)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims a huge size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 10_000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed(*part) for part in parts)


def test_a_picture_is_made_anew() -> None:
    picture, about = Image.new("RGB", (4, 3), "red"), PngInfo()
    about.add_text("Comment", "<script>1</script>")
    about.add_itxt("XML:com.adobe.xmp", "<script>2</script>")
    written = io.BytesIO()
    picture.save(
        written, "PNG", pnginfo=about, icc_profile=b"<script>3</script>", exif=b"Exif\0\0<script>4</script>", dpi=(9, 9)
    )
    original = written.getvalue() + b"<script>5</script>"
    fresh = Pictures().png(encoded(original))
    assert fresh is not None
    data = base64.b64decode(fresh)
    assert chunks(data) == {b"IHDR", b"IDAT", b"IEND"}
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (4, 3)
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


NO_PICTURES = {
    "empty": b"",
    "text": b"no picture",
    "svg": b"<svg onload=alert(1)>",
    "truncated": png(400, 300)[:-60],
    "half a header": png(4, 3)[:20],
    "bomb": bomb(100_000, 100_000),
    "large bomb": bomb(9_000, 9_000),
    "fewer pixels than claimed": bomb(4_000, 4_000),
    "whole, but large": saved_as("PNG", 5_000, 4_001),
    "no size": bomb(0, 0),
    "wrong sum": png(4, 3).replace(b"IDAT", b"IDAT\xff", 1),
    "too many bytes": png(4, 3) + bytes(5 << 20),
} | {form: saved_as(form) for form in ("JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM", "EPS", "PDF")}


@pytest.mark.parametrize("data", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_not_shown(data: bytes) -> None:
    assert Pictures().png(encoded(data)) is None


def test_broken_base64_is_not_shown() -> None:
    assert Pictures().png("\N{SNOWMAN}") is None


def test_of_an_animation_the_first_picture_is_left() -> None:
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "green", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "PNG", save_all=True, append_images=frames[1:])
    assert b"acTL" in chunks(written.getvalue())
    fresh = Pictures().png(encoded(written.getvalue()))
    assert fresh is not None
    assert chunks(base64.b64decode(fresh)) == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("data", [png(20, 10), png(20, 10)[:-30]], ids=["whole", "truncated"])
def test_a_notebook_has_its_share_of_pixels(data: bytes) -> None:
    pictures = Pictures(total=500)
    for _ in range(2):
        pictures.png(encoded(data))
    assert pictures.png(encoded(png(20, 10))) is None
    assert pictures.png(encoded(png(10, 10))) is not None


REMARKS = dict.fromkeys((b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"acTL", b"pHYs", b"gAMA"), b"")
REMARKS[b"zTXt"] = b"Comment\0\0" + zlib.compress(bytes(100 << 20))


@pytest.mark.parametrize(("kind", "data"), [*REMARKS.items(), (b"zTXt", b"")])
def test_a_broken_or_endless_remark_is_left_out(kind: bytes, data: bytes) -> None:
    assert Pictures().png(encoded(with_chunk(kind, data))) == Pictures().png(encoded(png(4, 3)))
