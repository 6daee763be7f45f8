"""HTML and Markdown of a student's that may be shown by programs which clean nothing themselves.

HTML goes through a sanitiser. Markdown has none, for it is HTML only after a program made it so, each in its own way: its
tags are cleaned one by one, and a space is put wherever a way of writing would fetch, run or restyle anything, so that no
program takes it for that any more. What the words say stays as it was written.
"""

import re

import nh3

TAGS = nh3.ALLOWED_TAGS - {"a", "area", "img", "map"} | {"font"}
ATTRIBUTES = {"*": {"align", "dir", "style"}, "font": {"color"}} | {
    cell: {"colspan", "rowspan"} for cell in ("td", "th")
}
STYLES = {"background-color", "color", "direction", "font-style", "font-weight", "text-align", "text-decoration"}

TAG = re.compile(r"<(?=[A-Za-z/!?])(?:[^<>]*>)?")
CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>")
OPENING = re.compile(r"<([A-Za-z][A-Za-z0-9]*)(?![^\s/>])[^<>]*>")
COMMENT = re.compile(r"<!--[^<>]*-->")

HARMLESS = r"\s*(?:https?://|mailto:|#)"
SPACES = (
    (re.compile(r"!(?=\[)"), "! "),  # a picture is fetched by looking; as a link it asks first
    (re.compile(rf"\](?=\((?!{HARMLESS}))", re.IGNORECASE), "] "),
    (re.compile(rf"\](?=:(?!{HARMLESS}))", re.IGNORECASE), "] "),
    # diagrams may hold pictures; a long fence is looked at once, not from each of its marks
    (re.compile(r"((?:(?<!`)`{3,}+|(?<!~)~{3,}+)\s*+)(?=mermaid)", re.IGNORECASE), r"\1text "),
    (re.compile(r"\\(?=(?:href|html|class|cssId|style|data|url|require|includegraphics|unicode)(?:[A-Z]|\b))"), r"\\ "),
)


def safe_html(text: str) -> str:
    """Text with structure and colour; no script, no style sheet, no picture, no link."""
    clean: str = nh3.clean(text, tags=TAGS, attributes=ATTRIBUTES, filter_style_properties=STYLES, url_schemes=set())
    return clean


def safe_markdown(text: str) -> str:
    """Markdown that fetches nothing and runs nothing, whichever program shows it."""
    text = TAG.sub(safe_tag, text)
    for pattern, replacement in SPACES:
        text = pattern.sub(replacement, text)
    return text


def safe_tag(tag: re.Match[str]) -> str:
    """One tag with its harmless attributes; anything else no longer opens a tag, for a space follows its `<`."""
    text = tag[0]
    if COMMENT.fullmatch(text):
        return text
    if (closing := CLOSING.fullmatch(text)) and closing[1].lower() in TAGS:
        return text
    if (opening := OPENING.fullmatch(text)) and (name := opening[1].lower()) in TAGS:
        # tags like `td` do not stand alone in HTML, those of fonts do
        alone = safe_html(f"<font{text[1 + len(name) :]}")
        if alone.endswith("></font>"):
            return f"<{name}{alone.removeprefix('<font').removesuffix('</font>')}"
    return f"< {text[1:]}"
