"""How are measurements over time drawn, without a library?

As SVG that is read on light and dark ground: lines with their names at the end, one panel above the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _GAP = 760, 190, 70, 130, 34, 56
_LABEL_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class Line:
    """A name and its points: minutes and values; the line is broken where a value is NaN."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that share an axis; `logarithmic`: from one power of ten to another."""

    title: str
    lines: Sequence[Line]
    logarithmic: bool = False


def drawing(panels: Sequence[Panel], *, span: tuple[float, float], span_name: str, alternative: str) -> str:
    """An SVG document.

    Args:
        panels: From top to bottom; all have the same minutes.
        span: Minutes that are shaded, and the name of that time.
        alternative: What the picture says, for those who do not see it.
    """
    end = max(x for panel in panels for line in panel.lines for x, _ in line.points)
    height = len(panels) * (_HEIGHT + _GAP) + _TOP
    parts = [_HEAD.format(width=_WIDTH, height=height, alternative=escape(alternative))]
    for number, panel in enumerate(panels):
        parts += _panel(panel, _TOP + number * (_HEIGHT + _GAP), end, span, span_name if number == 0 else "")
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, top: float, end: float, span: tuple[float, float], span_name: str) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, top + _HEIGHT
    values = [y for line in panel.lines for _, y in line.points if not math.isnan(y)]
    ticks = _powers(min(values), max(values)) if panel.logarithmic else _even(max(values))
    low, high = ticks[0], ticks[-1]

    def x_of(minutes: float) -> float:
        return _LEFT + minutes / end * (right - _LEFT)

    def y_of(value: float) -> float:
        part = math.log(value / low) / math.log(high / low) if panel.logarithmic else value / high
        return bottom - part * _HEIGHT

    start, stop = map(x_of, span)
    parts = [
        f'<rect class="span" x="{start:.1f}" y="{top}" width="{stop - start:.1f}" height="{_HEIGHT}"/>',
        f'<text class="title" x="{_LEFT}" y="{top - 10}">{escape(panel.title)}</text>',
    ]
    if span_name:
        parts.append(f'<text class="small" x="{start + 6:.1f}" y="{top + 15}">{escape(span_name)}</text>')
    for tick in ticks:
        parts.append(f'<path class="grid" d="M{_LEFT} {y_of(tick):.1f}H{right}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y_of(tick) + 4:.1f}">{tick:,.0f}</text>')
    parts += [
        f'<text class="minute" x="{x_of(minute):.1f}" y="{bottom + 17}">{minute}</text>'
        for minute in range(0, int(end) + 1, max(1, int(end) // 12))
    ]
    parts.append(f'<text class="small" x="{right + 12}" y="{bottom + 17}">minutes</text>')
    places: list[float] = []
    for number, line in enumerate(panel.lines):
        runs = [[(x_of(x), y_of(y)) for x, y in run] for run in _runs(line.points)]
        path = "".join(f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in run)}h3" for run in runs)  # one alone is a dot
        place = _free(runs[-1][-1][1], places)
        parts.append(f'<path class="line c{number}" d="{path}"/>')
        parts.append(f'<text class="name t{number}" x="{right + 8}" y="{place + 4:.1f}">{escape(line.name)}</text>')
    return parts


def _runs(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """The parts between NaNs."""
    for missing, run in groupby(points, key=lambda point: math.isnan(point[1])):
        if not missing:
            yield list(run)


def _free(wanted: float, taken: list[float]) -> float:
    """The nearest place above for a label that covers no other."""
    while any(abs(wanted - other) < _LABEL_HEIGHT for other in taken):
        wanted -= 1
    taken.append(wanted)
    return wanted


def _even(highest: float) -> list[float]:
    """Four or five round steps from 0."""
    rough = highest / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def _powers(lowest: float, highest: float) -> list[float]:
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{alternative}">
<style>
svg {{ background: #fff; font: 13px system-ui, sans-serif }}
text {{ fill: #333 }}
.title {{ font-weight: 600 }}
.small, .tick, .minute {{ font-size: 12px; fill: #555 }}
.tick {{ text-anchor: end }} .minute {{ text-anchor: middle }}
.grid {{ stroke: #ddd; fill: none }} .span {{ fill: #f3f0ea }}
.line {{ fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round }}
.c0 {{ stroke: #0b5cad }} .c1 {{ stroke: #a8480b; stroke-dasharray: 6 3 }}
.c2 {{ stroke: #23704a; stroke-dasharray: 2 3 }}
.t0 {{ fill: #0b5cad }} .t1 {{ fill: #a8480b }} .t2 {{ fill: #23704a }}
@media (prefers-color-scheme: dark) {{
svg {{ background: #16191d }}
text {{ fill: #e4e4e4 }} .small, .tick, .minute {{ fill: #b5b9bf }}
.grid {{ stroke: #3a3f46 }} .span {{ fill: #23272d }}
.c0 {{ stroke: #7db8f5 }} .c1 {{ stroke: #f0a36b }} .c2 {{ stroke: #7fd0a6 }}
.t0 {{ fill: #7db8f5 }} .t1 {{ fill: #f0a36b }} .t2 {{ fill: #7fd0a6 }}
}}
</style>"""
