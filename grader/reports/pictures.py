"""Pictures from a sandbox, made anew before anybody looks at them."""

import base64
import binascii
import io
import warnings

from PIL import Image

MAX_ENCODED, MAX_PIXELS, SIGNATURE = 6 << 20, 20_000_000, 8
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def safe_png(encoded: str) -> str | None:
    """A base64 PNG decoded and encoded afresh; None for what is no PNG or too large to be worth decoding."""
    if len(encoded) > MAX_ENCODED:
        return None
    try:
        with warnings.catch_warnings():
            # a picture beyond Pillow's own limit is a warning to Pillow, and a bomb to us
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(bare(base64.b64decode(encoded))), formats=["PNG"])
            if picture.width * picture.height > MAX_PIXELS:
                return None
            fresh = io.BytesIO()
            picture.convert("RGBA").save(fresh, "PNG")
    except (
        OSError,
        ValueError,
        SyntaxError,
        binascii.Error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return None
    return base64.b64encode(fresh.getvalue()).decode("ascii")


def bare(png: bytes) -> bytes:
    """A PNG without texts, profiles, dates and animations: nobody sees them, and Pillow trips over broken ones."""
    kept, at = [png[:SIGNATURE]], SIGNATURE
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] in PICTURE_CHUNKS:
            kept.append(png[at:end])
        at = end
    return b"".join(kept)
