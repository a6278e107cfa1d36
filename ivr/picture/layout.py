"""Where the boxes of a graph go, and by which way its arrows, so that no arrow crosses a box.

After Sugiyama, Tagawa and Toda, “Methods for visual understanding of hierarchical system structures”, IEEE Trans. SMC
11 (1981), in four steps:

1. Edges that lead back (to a box which the walk from the start is still inside) are turned round for the layout.
2. Each box goes one row below the lowest box that leads to it.
3. An edge over several rows gets a place in each row between: a lane. Edges to the same box share their lane, so that
   ten ways to “sorry” are one line in the end. Rows are put in order by the mean place of the neighbours (the
   barycentre heuristic); the order with the fewest crossings is kept.
4. Within its row everything moves as near to its neighbours as the order and the widths allow: the least squares under
   that constraint, by pooling adjacent violators (Ayer et al., Annals of Mathematical Statistics 26 (1955)).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

SWEEPS, IN_VAIN = 24, 4
"""How often rows are put in order at most, and how often without a better order before that is enough."""
SETTLES = 16

Edge = tuple[str, str]
"""From box to box."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A place in a row where the ways to ``to`` pass between the boxes."""

    to: str
    row: int


Item = str | Lane
Link = tuple[Item, Item]
"""Two items of neighbouring rows, the upper one first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes and lanes in rows."""

    rows: Sequence[Sequence[Item]]
    """Each from left to right."""
    at: Mapping[Item, float]
    """The middle of each, from 0."""
    back: frozenset[Edge]
    """The edges that lead back up."""
    row_of: Mapping[str, int]

    def way(self, edge: Edge) -> list[Item]:
        """What the edge passes, from box to box: downwards, or upwards where it leads back."""
        return _way(edge, self.row_of, self.back)


def laid_out(start: str, edges: Mapping[str, Sequence[str]], widths: Mapping[str, float], lane: float) -> Layout:
    """The layout of what ``start`` leads to. ``edges``: box to the boxes that it leads to, itself left out; ``widths``
    of the boxes and of a ``lane``, the gap to the next one included."""
    back, done = _walked(start, edges)
    row_of: dict[str, int] = {}
    for box in reversed(done):  # no box before one that leads to it
        row_of.setdefault(box, 0)
        for to in edges[box]:
            if (box, to) not in back:
                row_of[to] = max(row_of.get(to, 0), row_of[box] + 1)
    links: dict[Link, None] = {}
    for box in reversed(done):
        for to in edges[box]:
            way = _way((box, to), row_of, back)
            downwards = way[::-1] if (box, to) in back else way
            links |= dict.fromkeys(itertools.pairwise(downwards))
    rows = _ordered(_filled(row_of, links), links)
    wide = {item: lane if isinstance(item, Lane) else widths[item] for row in rows for item in row}
    return Layout(rows, _placed(rows, links, wide), back, row_of)


def _way(edge: Edge, row_of: Mapping[str, int], back: frozenset[Edge]) -> list[Item]:
    tail, head = edge
    step = -1 if edge in back else 1
    between = range(row_of[tail] + step, row_of[head], step)
    return [tail, *(Lane(head, row) for row in between), head]


def _walked(start: str, edges: Mapping[str, Sequence[str]]) -> tuple[frozenset[Edge], list[str]]:
    """The edges that lead back, and the boxes in the order in which the walk was done with them. Depth first, without
    recursion: a flow may be a thousand nodes long."""
    back: set[Edge] = set()
    inside, seen, done = {start}, {start}, list[str]()
    ahead = [(start, iter(edges[start]))]
    while ahead:
        box, following = ahead[-1]
        for to in following:
            if to in inside:
                back.add((box, to))
            elif to not in seen:
                inside.add(to)
                seen.add(to)
                ahead.append((to, iter(edges[to])))
                break
        else:
            inside.discard(box)
            done.append(box)
            ahead.pop()
    return frozenset(back), done


def _filled(row_of: Mapping[str, int], links: Iterable[Link]) -> list[list[Item]]:
    """The rows with all that is in them, in the order in which the walk came by."""
    rows: list[dict[Item, None]] = [{} for _ in range(max(row_of.values()) + 1)]
    for box, row in row_of.items():
        rows[row][box] = None
    for link in links:
        for item in link:
            rows[item.row if isinstance(item, Lane) else row_of[item]][item] = None
    return [list(row) for row in rows]


def _ordered(rows: list[list[Item]], links: Iterable[Link]) -> list[list[Item]]:
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    place = {item: number for row in rows for number, item in enumerate(row)}
    better_at = 0
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = above if downwards else below
        for row in rows if downwards else reversed(rows):
            mean = {item: fmean(place[one] for one in near[item]) if near.get(item) else place[item] for item in row}
            row.sort(key=lambda item: mean[item])
            place.update((item, number) for number, item in enumerate(row))
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest, better_at = [list(row) for row in rows], crossings, sweep
        elif sweep - better_at >= IN_VAIN:
            break
    return best


def _neighbours(links: Iterable[Link]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    above: dict[Item, list[Item]] = {}
    below: dict[Item, list[Item]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _crossings(rows: Sequence[Sequence[Item]], below: Mapping[Item, Sequence[Item]]) -> int:
    count = 0
    for row, next_row in itertools.pairwise(rows):
        place = {item: number for number, item in enumerate(next_row)}
        before: list[int] = []
        for item in row:
            ends = sorted(place[one] for one in below.get(item, ()))
            count += sum(len(before) - bisect_right(before, end) for end in ends)
            for end in ends:
                insort(before, end)
    return count


def _placed(rows: Sequence[Sequence[Item]], links: Iterable[Link], wide: Mapping[Item, float]) -> dict[Item, float]:
    above, below = _neighbours(links)
    at: dict[Item, float] = {}
    for row in rows:
        at |= _spread(row, [0.0] * len(row), wide)
    for settle in range(SETTLES):
        for row in rows if settle % 2 == 0 else reversed(rows):
            near = [(*above.get(item, ()), *below.get(item, ())) for item in row]
            wanted = [
                fmean(at[one] for one in others) if others else at[item] for item, others in zip(row, near, strict=True)
            ]
            at |= _spread(row, wanted, wide)
    left = min(at[item] - wide[item] / 2 for item in at)
    return {item: place - left for item, place in at.items()}


def _spread(row: Sequence[Item], wanted: Sequence[float], wide: Mapping[Item, float]) -> dict[Item, float]:
    """The places nearest to the wanted ones at which nothing overlaps and the order stays."""
    shift = 0.0
    blocks: list[tuple[float, int]] = []
    """The mean of what its members want, without the widths before them; and how many they are."""
    shifts: list[float] = []
    for item, want in zip(row, wanted, strict=True):
        shift += wide[item] / 2
        shifts.append(shift)
        mean, members = want - shift, 1
        while blocks and blocks[-1][0] >= mean:
            other, others = blocks.pop()
            mean, members = (other * others + mean * members) / (others + members), others + members
        blocks.append((mean, members))
        shift += wide[item] / 2
    means = (mean for mean, members in blocks for _ in range(members))
    return {item: mean + before for item, mean, before in zip(row, means, shifts, strict=True)}
