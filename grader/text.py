"""Text from a notebook or a kernel, made fit to be stored and shown anywhere."""


def storable(text: str) -> str:
    """`text` without what encoders and databases refuse: half surrogate pairs and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
