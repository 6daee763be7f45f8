"""Mutations of bytes, texts, JSON values, arrays and pictures; each takes the `Random` that decides."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

MOST_COPIES, LONGEST_COPY, LONGEST_CHAIN = 300, 2_000, 1_500

HOSTILE_BYTES = (
    *(
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\\",
        b'"',
        b"\\ud800",
        b"\\u0000",
        b"NaN",
        b"-Infinity",
        b"1e999",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"[" * 100,
        b'{"a":' * 70,
        b"9" * 5_000,
        b"-",
        b"null",
        b"true",
        b"\n",
        b"\r",
    ),
    *(
        b'"cells":[],',
        b'"cells":null,',
        b'"nbformat":3,',
        b'"metadata":[],',
        b'"source":7,',
        b'"outputs":[{}],',
        b'"id":1,',
    ),
    *(b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"acTL", b"\x7f\xff\xff\xff", b"\x80\0\0\0"),
)
HOSTILE_TEXTS = (
    *(
        "",
        "\0",
        "\ud800",
        "\udfff",
        "\u202e",
        "\u2028",
        "\x0c",
        "\r",
        "\t",
        "\n",
        "\\",
        "\\\n",
        "٣",
        "²",
        "ß",
        "İ",
        "ﬁ",
        "\U000f0001",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        '"""',
        "'''",
        "f'{",
        "#",
        ":",
        ";",
        "=",
        ",",
        ".",
        "@",
        "`",
        "```",
        "$",
        "$$",
    ),
    *(
        "%",
        "!",
        "?",
        "??",
        "%%time\n",
        "%%bash\n",
        "%%capture\n",
        "%matplotlib inline\n",
        "!ls {",
        "a = !ls\n",
        "%%html",
        "\n?x\n",
    ),
    *("0x", "1_0", "1e999", "0" * 5_000, "9" * 5_000, "-1", "1,2,3", "99.9%", "nan", "0777", "1.2.3"),
    *(
        "<",
        ">",
        "<!--",
        "-->",
        "<![CDATA[",
        "<!",
        "<?",
        "</",
        "<span style='color:red'>",
        "<font color=",
        "<td>",
        "&#0;",
        "&#x110000;",
        "&",
    ),
    *(
        "\\color{red}",
        "\\textcolor{",
        "\\(",
        "\\]",
        "![",
        "](",
        "hsl(1e9,2%,3%)",
        "rgb(",
        "#12345",
        "style='color:hsv(999,9%,9%)'",
    ),
    *("ID: ", "Name: ", "ת.ז", "שם", "123456789", "№", "and", "C:\\Users\\", "/home/a", "~/", "file://"),
    *(
        "lambda: ",
        "async ",
        "await x\n",
        "yield\n",
        "return\n",
        "global x\n",
        "nonlocal x\n",
        "*",
        "**",
        "import a.b as c\n",
        "from . import *\n",
    ),
    *(
        "def f(x=f): pass\n",
        "class A(A): pass\n",
        "x: int\n",
        "del x\n",
        "match x:\n case _: pass\n",
        "try: pass\nexcept* A: pass\n",
        "del f()\n",
    ),
    *("acc", "loss", "train", "val", "test", "epoch", "%", "Test accuracy: 0.98", "\u00a0"),
)
HOSTILE_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 4, 2**31, 2**53 + 1, 2**63, -(2**64), 10**4_000, 0.5, -0.0, 1e308),
    *(float("nan"), float("inf"), -float("inf"), "", "1", "\0", "\ud800", "a0", "text", "9" * 5_000, "x" * 30_000),
    *([], {}, [[]], [None], [0, 8], ["a", "b"], {"a": 1}, {"": ""}, {"float": "1"}, {"tensor": "a0"}, {"handle": -1}),
)
OPENERS = ("(", "[", "{", "-", "not ", "lambda: ", "f(", "a.b(", "x[", "1 if x else ", "**", "f'{", "await ", "*")
LINKS = ("+1", ".a", "[0]", "()", " and x", " if x else y", "<1", "**2", ",", "=y", ".a()", " for x in y", "\\\n", "@x")


def number_of(random: Random, most: int) -> int:
    """1 to `most`, more often few."""
    return min(random.randint(1, most), random.randint(1, most), random.randint(1, most))


def damaged(random: Random, data: bytes, insert: tuple[bytes, ...] = HOSTILE_BYTES) -> bytes:
    """`data` with a few bytes flipped, cut out, put in or repeated."""
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(data))
        end = min(len(data), start + number_of(random, LONGEST_COPY))
        match random.randrange(5):
            case 0 if start < len(data):
                data = data[:start] + bytes([data[start] ^ (1 << random.randrange(8))]) + data[start + 1 :]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                data = data[:start]
            case 3:
                data = data[:start] + random.choice(insert) + data[start:]
            case _:
                data = data[:start] + data[start:end] * number_of(random, MOST_COPIES) + data[end:]
    return data


def rewritten(random: Random, text: str) -> str:
    """`text` with a few places cut out, repeated, or something put in that a parser may trip over."""
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(text))
        end = min(len(text), start + number_of(random, 200))
        match random.randrange(6):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + text[start:end] * number_of(random, MOST_COPIES) + text[end:]
            case 2:
                text = text[:start] + chain(random) + text[start:]
            case 3:
                text = text[:start] + random.choice(HOSTILE_TEXTS) * number_of(random, MOST_COPIES) + text[start:]
            case _:
                text = text[:start] + random.choice(HOSTILE_TEXTS) + text[start:]
    return text


def chain(random: Random) -> str:
    """Code that is nested deep, or goes on for long."""
    many = number_of(random, LONGEST_CHAIN)
    start = random.choice(OPENERS) * random.choice((0, 1, many))
    branches = "elif x: pass\n" * many
    return random.choice((f"\n{start}x{random.choice(LINKS) * many}\n", f"\nif x: pass\n{branches}"))


def twisted(random: Random, document: Any) -> Any:
    """`document`, changed in place: a few parts replaced, removed, renamed, repeated, exchanged or wrapped."""
    holder = [document]
    for _ in range(number_of(random, 4)):
        places = list(slots(holder))
        if not places:
            break
        parent, key = random.choice(places)
        CHANGES[random.randrange(len(CHANGES))](random, parent, key)
    return holder[0] if holder else None


def slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that holds another one."""
    waiting = [value]
    while waiting:
        parent = waiting.pop()
        keys = list(parent) if isinstance(parent, dict) else range(len(parent))
        for key in keys:
            yield parent, key
            if isinstance(parent[key], dict | list):
                waiting.append(parent[key])


def replace(random: Random, parent: Any, key: Any) -> None:
    # a copy, because later changes are made in place
    parent[key] = copied(random.choice(HOSTILE_VALUES))


def remove(_: Random, parent: Any, key: Any) -> None:
    del parent[key]


def rename(random: Random, parent: Any, key: Any) -> None:
    if isinstance(parent, dict):
        other = random.choice([*parent, "", "a0", "x\ud800", "\0"])
        parent[other] = parent.pop(key)
    else:
        parent.insert(random.randint(0, len(parent)), copied(parent[key]))


def repeat(random: Random, parent: Any, key: Any) -> None:
    if isinstance(parent, list):
        parent[key:key] = [parent[key]] * number_of(random, 40)
    else:
        parent[f"{key}2"] = copied(parent[key])


def edit(random: Random, parent: Any, key: Any) -> None:
    value = parent[key]
    if isinstance(value, str):
        parent[key] = rewritten(random, value)
    elif isinstance(value, bool):
        parent[key] = not value
    elif isinstance(value, int):
        parent[key] = random.choice(
            (-value, value + 1, value - 1, value << 40, value / 2 if abs(value) < 2**1000 else 1, hex(value))
        )
    else:
        replace(random, parent, key)


def wrap(random: Random, parent: Any, key: Any) -> None:
    for _ in range(number_of(random, 80)):
        parent[key] = [parent[key]] if random.randrange(2) else {"list": [parent[key]]}


CHANGES: tuple[Callable[[Random, Any, Any], None], ...] = (
    replace,
    replace,
    remove,
    rename,
    repeat,
    edit,
    edit,
    edit,
    wrap,
)


def copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def reheaded(random: Random, blob: bytes) -> bytes:
    """A safetensors blob with another header, of another length, or with other data behind it."""
    length = int.from_bytes(blob[:8], "little")
    header, data = json.loads(blob[8 : 8 + length]), blob[8 + length :]
    for _ in range(number_of(random, 3)):
        misdescribe(random, header, len(data))
    raw = json.dumps(header if random.randrange(4) else twisted(random, header)).encode()
    match random.randrange(16):
        case 0:
            raw = raw[:1] + raw[1:-1] + b"," + raw[1:]
        case 1:
            raw += b" " * random.randint(0, 300_000)
        case 2:
            data = data * number_of(random, 5) if random.randrange(2) else data[: random.randint(0, len(data))]
        case 3:
            empty = {"dtype": "F64", "shape": [0], "data_offsets": [len(data)] * 2}
            many = {str(number): empty for number in range(random.randint(1, 5_000))}
            raw = json.dumps(
                {**many, "a0": {**empty, "data_offsets": [0, len(data)], "shape": [len(data) // 8]}}
            ).encode()
    said = random.choice((len(raw), len(raw), len(raw), len(raw), 0, 2**63, len(raw) + random.randint(-9, 9)))
    return said.to_bytes(8, "little", signed=said < 0) + raw + data


def misdescribe(random: Random, header: Any, size: int) -> None:
    """Say something else of one array, that could be said of an array."""
    names = [name for name in header if name != "__metadata__"]
    if not names:
        return
    entry = header[random.choice(names)]
    sizes = (0, 1, 2, 3, size, size + 1, size // 2, 2**31, 2**32, 2**61, 2**63, 2**64 - 1, -1)
    match random.randrange(6):
        case 0:
            kinds = ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "I16", "U16", "F16", "BF16", "I32", "U32", "F32")
            entry["dtype"] = random.choice((*kinds, "F64", "I64", "U64", "C64", "F4", "E8M0"))
        case 1:
            entry["shape"] = [random.choice(sizes) for _ in range(random.randint(0, 4))]
        case 2:
            random.shuffle(entry["shape"])
            entry["shape"][random.randint(0, 2) :] += [1] * random.choice((1, 30, 62, 70, 400))
        case 3:
            entry["data_offsets"] = [random.choice(sizes) for _ in range(2)]
        case 4:
            # the same numbers, or a part of them, said to be another array's too
            header[random.choice([*names, "a9"])] = copied(entry)
        case _:
            header["__metadata__"] = {"a": "x" * random.choice((1, 1_000, 250_000))}


def repainted(random: Random, png: bytes) -> bytes:
    """A PNG whose chunks are damaged, removed, repeated or exchanged, each with the right checksum."""
    chunks = list(chunks_of(png))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(chunks))
        kind, content = chunks[at]
        match random.randrange(5):
            case 0:
                chunks[at] = kind, damaged(random, content)
            case 1:
                chunks[at] = (
                    random.choice((b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"fcTL", b"acTL")),
                    content,
                )
            case 2:
                chunks.insert(random.randrange(len(chunks)), chunks[at])
            case 3 if len(chunks) > 1:
                del chunks[at]
            case _:
                sizes = [random.choice((0, 1, 640, 4_000, 40_000, 2**31 - 1, 2**32 - 1)) for _ in range(2)]
                modes = [random.choice((0, 1, 2, 3, 4, 6, 8, 16)) for _ in range(5)]
                chunks[0] = b"IHDR", struct.pack(">II5B", *sizes, *modes)
    return png[:8] + b"".join(chunk(*part) for part in chunks)


def chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
