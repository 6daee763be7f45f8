"""Pages for people: text is escaped, and nothing runs in them but the service's own script."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment
from starlette.responses import HTMLResponse

from grader.reports import html as reports

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def source(name: str) -> str:
    """A template's text: one of the service's own, or one that reports have."""
    own = files("grader") / "service" / "templates" / name
    return own.read_text(encoding="utf-8") if own.is_file() else reports.source(name)


@cache
def templates() -> Environment:
    return reports.environment(source)


def page(
    name: str, values: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    text = templates().get_template(name).render(values)
    return HTMLResponse(text, status, {"Content-Security-Policy": POLICY} | dict(headers or {}))
