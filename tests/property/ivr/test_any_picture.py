"""Whatever a flow is like, its picture shows all of it, and no arrow goes through a box."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ivr.picture.layout import Lane, laid_out

WIDTH, LANE = 100.0, 12.0


@st.composite
def graphs(draw: st.DrawFn) -> Mapping[str, list[str]]:
    """Boxes that all can be reached from “n0”; what else leads where is up to chance."""
    count = draw(st.integers(1, 25))
    names = [f"n{number}" for number in range(count)]
    edges: dict[str, list[str]] = {name: [] for name in names}
    for number in range(1, count):
        edges[names[draw(st.integers(0, number - 1))]].append(names[number])
    for name in names:
        others = draw(st.lists(st.sampled_from(names), max_size=4))
        edges[name] = list(dict.fromkeys([*edges[name], *(to for to in others if to != name)]))
    return edges


@given(graphs())
def test_every_box_has_a_place_and_every_arrow_a_way_past_the_others(edges: Mapping[str, list[str]]) -> None:
    layout = laid_out("n0", edges, dict.fromkeys(edges, WIDTH), LANE)
    assert sorted(item for row in layout.rows for item in row if isinstance(item, str)) == sorted(edges)
    for number, row in enumerate(layout.rows):
        wide = [LANE if isinstance(item, Lane) else WIDTH for item in row]
        at = [layout.at[item] for item in row]
        for left, right, one, other in zip(at, at[1:], wide, wide[1:], strict=False):
            assert right - left >= (one + other) / 2 - 1e-6, "nothing in a row overlaps"
        assert at[0] >= wide[0] / 2 - 1e-6
        assert all(layout.row_of[item] == number for item in row if isinstance(item, str))
    for box, following in edges.items():
        for to in following:
            way = layout.way((box, to))
            rows = [item.row if isinstance(item, Lane) else layout.row_of[item] for item in way]
            step = -1 if (box, to) in layout.back else 1
            assert rows == list(range(rows[0], rows[-1] + step, step)), "from row to row, none left out"
            assert all(isinstance(item, Lane) and item in layout.at for item in way[1:-1]), "between boxes only lanes"


@given(graphs())
def test_the_same_flow_has_the_same_picture(edges: Mapping[str, list[str]]) -> None:
    widths = dict.fromkeys(edges, WIDTH)
    assert laid_out("n0", edges, widths, LANE) == laid_out("n0", edges, widths, LANE)
