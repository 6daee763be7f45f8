import pytest

from grader.notebooks.read import read
from grader.reports.markup import safe_html, safe_markdown
from tests.sandbox.wall import ROOT

TABLE = (
    '<div><style scoped>.dataframe tbody tr th {vertical-align: top;}</style><table border="1" class="dataframe">'
    "<thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody></table></div>"
)


def test_a_table_of_pandas_stays_a_table() -> None:
    assert safe_html(TABLE) == (
        "<div><table><thead><tr><th></th><th>a</th></tr></thead>"
        "<tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody></table></div>"
    )


@pytest.mark.parametrize(
    "text",
    [
        '<span style="color:red">Because $a < b$ and `x <= y`.</span>',
        '<font color="red">**Yes**</font><br>\n<!-- mine -->\n> quoted\n\n1. one\n',
        "[a link](https://example.org/a_(b)) and [another][1]\n\n[1]: https://example.org 'title'",
        "$$\\frac{\\partial L}{\\partial W} \\text{ is } X^T(\\hat{y} - y)$$",
        "```python\nif a[0] < 1 and not f(x)[1] :\n    pass\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "5 ! 3, x != y, a <= b <- c, I <3 this",
    ],
)
def test_an_ordinary_answer_stays_as_it_is(text: str) -> None:
    assert safe_markdown(text) == text


@pytest.mark.parametrize("name", ["starter", "solution"])
def test_an_assignments_own_text_stays_as_it_is(name: str) -> None:
    folder = "rubrics" if name == "starter" else "reference"
    notebook = read((ROOT / folder / "deep-learning-1" / f"{name}.ipynb").read_bytes())
    for source in (cell.source for cell in notebook.cells if cell.kind == "markdown"):
        assert safe_markdown(source).replace("'", '"') == source.replace("'", '"')


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<script>x</script>", "< script>x< /script>"),
        ("<SPAN STYLE='color:red;position:fixed' onclick=x>", '<span style="color:red">'),
        ('<span style="color:red" title="a>b">', '< span style="color:red" title="a>b">'),
        ('<span style="color:red', '< span style="color:red'),
        ("<span<script>>", "< span< script>>"),
        ("<<!-- -->script>", "<<!-- -->script>"),
        ("<!--><img src=x>-->", "< !-->< img src=x>-->"),
        ("<td colspan=2 onclick=x>", "<td>"),
        ("</td ></script\n>", "</td >< /script\n>"),
        ("![a](https://example.org)", "! [a](https://example.org)"),
        ("[a](javascript:x) [a](<javascript:x>)", "[a] (javascript:x) [a] (< javascript:x>)"),
        ("[a](\n\tJavaScript:x)", "[a] (\n\tJavaScript:x)"),
        ("[a]: data:x", "[a] : data:x"),
        ("<https://example.org>", "< https://example.org>"),
        ("> ~~~~ Mermaid\n", "> ~~~~ text Mermaid\n"),
        (r"$\href{javascript:x}{y} \htmlStyle{a}{b} \styles$", r"$\ href{javascript:x}{y} \ htmlStyle{a}{b} \styles$"),
    ],
)
def test_what_would_act_is_text(text: str, safe: str) -> None:
    assert safe_markdown(text) == safe


def test_cleaning_twice_changes_nothing_more() -> None:
    text = "![a](x)<img src=x>[b]: data:x\n```mermaid\n$\\href{x}{y}$<font color=red>"
    assert safe_markdown(safe_markdown(text)) == safe_markdown(text)
