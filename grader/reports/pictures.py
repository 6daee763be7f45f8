"""Pictures from a sandbox, made anew before anybody looks at them."""

import base64
import io
import warnings
from functools import lru_cache

from PIL import Image

MAX_ENCODED, MAX_PIXELS, MAX_TOTAL, SIGNATURE = 6 << 20, 20_000_000, 100_000_000, 8
COMPRESSION = 3
"""A fifth larger than by default, in two thirds of the time."""
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


class Pictures:
    """Makes pictures anew until `total` pixels are used up: a few kilobytes can hold what takes a second to decode."""

    def __init__(self, total: int = MAX_TOTAL) -> None:
        self.left = total

    def png(self, encoded: str) -> str | None:
        """A base64 PNG, of an animation its first picture, as a new one that has pixels and nothing else.

        None for what is no PNG or too large to be worth decoding.
        """
        if len(encoded) > MAX_ENCODED:
            return None
        try:
            with opened(encoded) as picture:
                pixels = picture.width * picture.height
            if pixels > min(MAX_PIXELS, self.left):
                return None
            self.left -= pixels
            return made_anew(encoded)
        # Pillow raises either of the first three for a file that is damaged
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            return None


def opened(encoded: str) -> Image.Image:
    """The picture, not yet decoded."""
    with warnings.catch_warnings():
        # a picture beyond Pillow's own limit is a warning to Pillow, and a bomb to us
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(bare(base64.b64decode(encoded))), formats=["PNG"])


@lru_cache(maxsize=32)
def made_anew(encoded: str) -> str:
    """A report's page and its executed notebook show the same pictures."""
    with opened(encoded) as picture:
        fresh = picture.convert("RGBA")
    written = io.BytesIO()
    fresh.save(written, "PNG", compress_level=COMPRESSION)
    return base64.b64encode(written.getvalue()).decode("ascii")


def bare(png: bytes) -> bytes:
    """A PNG without texts, profiles, dates and animations: nobody sees them, and Pillow trips over broken ones."""
    kept, at = [png[:SIGNATURE]], SIGNATURE
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] in PICTURE_CHUNKS:
            kept.append(png[at:end])
        at = end
    return b"".join(kept)
