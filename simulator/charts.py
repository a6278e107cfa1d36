"""Charts that planners look at, for :mod:`simulator.report_file`: each is a plain list of rows with an encoding."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

WIDTH, HEIGHT = 860, 220
"""Of one chart, in pixels."""

QUEUES_MOST = 12
"""Of a site with more only the busiest are drawn."""
POINTS = 120
"""Of a curve."""
STATES = {
    "talking_agents": "talking",
    "wrap_up_agents": "wrapping up",
    "ringing_agents": "ringing",
    "ready_agents": "ready",
    "away_agents": "on a break or away",
}
"""Measures of what agents do, from the bottom up, as charts and tables name them."""
_COLOURS = ("#4c78a8", "#9ecae9", "#f58518", "#54a24b", "#d3d3d3")

_MORE_OR_FEWER = "datum.value == 0 ? 'as it is' : format(datum.value, '+d')"
"""A number of agents on an axis."""

Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Rows = list[dict[str, object]]


def banded(rows: Rows, title: str, unit: str) -> Chart:
    """A line over the day with a band, one picture a queue; ``rows`` have ``queue``, ``begins`` (ISO 8601, local),
    ``mean``, ``low``, ``high`` (None: a gap)."""
    base = _chart().encode(x=alt.X("begins:T", title=None, axis=alt.Axis(format="%H:%M")))
    band = base.mark_area(opacity=0.25).encode(y=alt.Y("low:Q", title=unit), y2="high:Q")
    chart: Chart = _faceted(band + base.mark_line(point={"size": 6}).encode(y="mean:Q"), rows, "queue").properties(
        title=title
    )
    return chart


def stacked_areas(rows: Rows, title: str, unit: str, order: Sequence[str], end: str) -> Chart:
    """Layers over the day until ``end`` (local); ``rows`` have ``state``, ``begins`` and ``mean``; ``order`` from the
    bottom up."""
    ordered = [{**row, "at": order.index(str(row["state"]))} for row in _to_the_end(rows, "state", end)]
    chart: Chart = (
        _chart(ordered)
        .mark_area(interpolate="step-after")
        .encode(
            x=alt.X("begins:T", title=None, axis=alt.Axis(format="%H:%M")),
            y=alt.Y("mean:Q", title=unit, stack="zero"),
            color=alt.Color("state:N", title=None, scale=alt.Scale(domain=list(order), range=list(_COLOURS))),
            order="at:Q",
        )
        .properties(title=title, width=WIDTH, height=HEIGHT)
    )
    return chart


def shares_within(rows: Rows, title: str) -> Chart:
    """How many were answered within how long; ``rows`` have ``queue``, ``seconds`` and ``share`` (0 to 1)."""
    chart: Chart = (
        _chart(rows)
        .mark_line()
        .encode(
            x=alt.X("seconds:Q", title="seconds"),
            y=alt.Y("share:Q", title="answered within", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("queue:N", title=None, sort=None),
        )
        .properties(title=title, width=WIDTH, height=HEIGHT)
    )
    return chart


def needed_and_present(rows: Rows, title: str, end: str) -> Chart:
    """Agents over the day until ``end`` (local), one picture a team; ``rows`` have ``team``, ``begins``,
    ``needed`` and ``present``."""
    base = _chart().encode(x=alt.X("begins:T", title=None, axis=alt.Axis(format="%H:%M")))
    present = base.mark_area(opacity=0.3, interpolate="step-after").encode(y=alt.Y("present:Q", title="agents"))
    layers = present + base.mark_line(interpolate="step-after").encode(y="needed:Q")
    chart: Chart = _faceted(layers, _to_the_end(rows, "team", end), "team").properties(title=title)
    return chart


def against_staffing(rows: Rows, title: str, agents: str, target: float | None) -> Chart:
    """Service level by number of agents; ``rows`` have ``more``, ``what``, ``mean``, ``low``, ``high`` (shares).
    ``target``: a share to draw a line at."""
    base = _chart(rows).encode(
        x=alt.X("more:Q", title=agents, axis=alt.Axis(tickMinStep=1, labelExpr=_MORE_OR_FEWER)),
        color=alt.Color("what:N", title=None, sort=None, legend=alt.Legend(symbolOpacity=1)),
    )
    level = alt.Y("mean:Q", title="service level", axis=alt.Axis(format="%"), scale=alt.Scale(zero=False))
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q")
    chart: Chart = band + base.mark_line(point=True).encode(y=level)
    if target is not None:
        chart += _chart([{"target": target}]).mark_rule(strokeDash=[6, 4]).encode(y="target:Q")
    return chart.properties(title=title, width=WIDTH, height=HEIGHT)


def two_sided(rows: Rows, title: str, unit: str) -> Chart:
    """Two lines over the day, one picture a queue; ``rows`` have ``queue``, ``begins``, ``rules`` and ``value`` (None:
    a gap)."""
    lines = (
        _chart()
        .mark_line()
        .encode(
            x=alt.X("begins:T", title=None, axis=alt.Axis(format="%H:%M")),
            y=alt.Y("value:Q", title=unit),
            color=alt.Color("rules:N", title=None, sort=None),
        )
    )
    chart: Chart = _faceted(lines, rows, "queue").properties(title=title)
    return chart


def changes(rows: Rows, title: str, unit: str) -> Chart:
    """Differences with their intervals, one a line, beside a line at zero; ``rows`` have ``whose``, ``mean``, ``low``,
    ``high`` and ``verdict``."""
    place = alt.Y("whose:N", title=None, sort=None, axis=alt.Axis(labelLimit=220))
    base = _chart(rows).encode(y=place)
    interval = base.mark_rule().encode(x=alt.X("low:Q", title=unit), x2="high:Q")
    point = base.mark_point(filled=True, size=70).encode(
        x="mean:Q",
        color=alt.Color(
            "verdict:N",
            title=None,
            scale=alt.Scale(domain=["better", "worse", "perhaps chance"], range=["#1a7f37", "#b42318", "#6b7280"]),
        ),
    )
    zero = _chart([{"zero": 0}]).mark_rule(strokeDash=[6, 4]).encode(x="zero:Q")
    chart: Chart = (zero + interval + point).properties(title=title, width=WIDTH - 120, height=alt.Step(26))
    return chart


def _faceted(layers: alt.Chart | alt.LayerChart, rows: Rows, by: str) -> alt.FacetChart:
    shown = [str(one) for one in dict.fromkeys(row[by] for row in rows)]
    header = alt.Header(labelAngle=0, labelAlign="left")
    sized = layers.properties(width=WIDTH, height=HEIGHT // 2)
    faceted: alt.FacetChart = sized.facet(
        data=_data(rows), row=alt.Row(f"{by}:N", title=None, header=header, sort=shown)
    )
    return faceted


def _to_the_end(rows: Rows, by: str, end: str) -> Rows:
    """A step begins at each row: one more for each ``by``, so that the last step is drawn until ``end``."""
    last = {row[by]: row for row in rows}
    return [*rows, *({**row, "begins": end} for row in last.values())]


def _chart(rows: Rows | None = None) -> alt.Chart:
    return alt.Chart() if rows is None else alt.Chart(_data(rows))


def _data(rows: Rows) -> alt.Data:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]
