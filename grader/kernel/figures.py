"""Says of every matplotlib figure that is shown or saved what it draws, beside the picture itself.

The description goes out as one more MIME type of the same output: axes with titles, labels, legend and the data of
their lines, within bounds.
"""

import itertools
import json
import sys
import weakref
from typing import Any

import numpy as np

MIME = "application/vnd.deep-learning-grader.figure+json"
MAX_AXES, MAX_LINES, MAX_POINTS, MAX_TEXTS, MAX_TEXT = 40, 64, 2_000, 80, 200


def record_figures(shell: Any) -> None:
    """Register with IPython's display formatter, and with `savefig` as soon as matplotlib is there."""
    from IPython.core.formatters import BaseFormatter
    from traitlets import ObjectName, Unicode

    numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
    counter = itertools.count()

    def described(figure: Any) -> str:
        if figure not in numbers:
            numbers[figure] = next(counter)
        try:
            return json.dumps(describe(figure, numbers[figure]))
        except Exception:  # noqa: BLE001 - a picture is shown, whatever about it cannot be described
            return ""

    class FigureFormatter(BaseFormatter):
        format_type = Unicode(MIME)
        print_method = ObjectName("_repr_grader_figure_")

        # matplotlib's inline backend takes figures out of every formatter's table
        def __call__(self, value: Any) -> str | None:
            module = sys.modules.get("matplotlib.figure")
            return described(value) if module and isinstance(value, module.Figure) else None

    shell.display_formatter.formatters[MIME] = FigureFormatter(parent=shell.display_formatter)

    def watch_saving(*_: Any) -> None:
        module = sys.modules.get("matplotlib.figure")
        if module is None or not hasattr(module, "Figure"):
            return
        shell.events.unregister("post_run_cell", watch_saving)
        save = module.Figure.savefig

        def savefig(self: Any, *args: Any, **kwargs: Any) -> Any:
            saved = save(self, *args, **kwargs)
            shell.display_pub.publish({MIME: described(self)})
            return saved

        module.Figure.savefig = savefig

    shell.events.register("post_run_cell", watch_saving)


def describe(figure: Any, number: int) -> dict[str, Any]:
    """A figure as plain data; sub-figures' axes are among its axes."""
    suptitle = getattr(figure, "_suptitle", None)
    return {
        "number": number,
        "title": text(suptitle.get_text() if suptitle else ""),
        "legend": [entry for legend in figure.legends for entry in entries(legend)][:MAX_TEXTS],
        "axes": [describe_axes(axes) for axes in figure.axes[:MAX_AXES]],
    }


def describe_axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    by_colour = {} if legend is None else colours(legend)
    drawn = [*axes.get_lines(), *(scatter for scatter in axes.collections if hasattr(scatter, "get_sizes"))]
    return {
        "title": text(axes.get_title() or axes.get_title("left") or axes.get_title("right")),
        "xlabel": text(axes.get_xlabel()),
        "ylabel": text(axes.get_ylabel()),
        "legend": [] if legend is None else entries(legend)[:MAX_TEXTS],
        "lines": [describe_line(line, by_colour) for line in drawn[:MAX_LINES]],
        "texts": [text(note.get_text()) for note in axes.texts[:MAX_TEXTS]],
    }


def describe_line(line: Any, by_colour: dict[str, str]) -> dict[str, Any]:
    """A line, or a scatter plot's points. What carries no label of its own is known by its colour in the legend."""
    if hasattr(line, "get_xydata"):
        points, colour = line.get_xydata(), line.get_color()
    else:
        points, colour = line.get_offsets(), (line.get_facecolor() if len(line.get_facecolor()) == 1 else None)
    label = str(line.get_label())
    if label.startswith("_"):
        label = by_colour.get(repr_colour(colour), "")
    x, y = ([number(point[side]) for point in thinned(points)] for side in (0, 1))
    return {"label": text(label), "x": x, "y": y}


def thinned(points: Any) -> Any:
    """At most MAX_POINTS points, evenly spread, the first and the last among them."""
    if len(points) <= MAX_POINTS:
        return points
    return points[np.linspace(0, len(points) - 1, MAX_POINTS).astype(int)]


def colours(legend: Any) -> dict[str, str]:
    handles = zip(legend.legend_handles, legend.get_texts(), strict=False)
    return {repr_colour(h.get_color()): t.get_text() for h, t in handles if hasattr(h, "get_color")}


def repr_colour(colour: Any) -> str:
    from matplotlib.colors import to_hex

    try:
        red, green, blue, *_ = (0, 0, 0) if isinstance(colour, str) else map(float, next(iter(np.atleast_2d(colour))))
        return to_hex(colour if isinstance(colour, str) else (red, green, blue))
    except (ValueError, TypeError):
        return ""


def entries(legend: Any) -> list[str]:
    return [text(entry.get_text()) for entry in legend.get_texts()]


def text(value: Any) -> str:
    return str(value)[:MAX_TEXT]


def number(value: Any) -> float:
    """A coordinate to six digits; NaN for what is no number."""
    try:
        return float(f"{float(value):.6g}")
    except (TypeError, ValueError):
        return float("nan")
