"""How long callers talk in queues to which their calls may spill: drawn with all else, before anything is decided."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from simulator.planner import cells as c
from simulator.planner.draws import PURPOSES
from simulator.planner.features import Chances
from simulator.planner.jitted import entry
from simulator.planner.laws import Code, draw, law_rows
from simulator.planner.model import CallKind
from simulator.planner.streams import seed_stream
from simulator.planner.tables import Ints32, TalkDraws, TalkLaws, shallow


def laws_elsewhere(kinds: tuple[CallKind, ...]) -> TalkLaws | None:
    """The laws of such talks; None: nobody talks otherwise elsewhere."""
    found = [
        (number, name, one.talk)
        for number, kind in enumerate(kinds)
        for name, one in kind.elsewhere.items()
        if one.talk is not None
    ]
    if not found:
        return None
    rows, values = law_rows([law for _, _, law in found])
    return TalkLaws(
        has=Chances(laws=not set(rows[:, 0]) <= {Code.FIXED, Code.EXPONENTIAL}, pauses=False, rings=False),
        key=np.array([(crc32(kinds[at].name.encode()), crc32(name.encode())) for at, name, _ in found], np.int64),
        first=np.searchsorted([at for at, _, _ in found], range(len(kinds) + 1)).astype(np.int64),
        laws=rows,
        values=values,
    )


def column_of(kind: CallKind, queue: str) -> int:
    """The column of the talks of ``kind`` that is for ``queue``; -1: they talk there as everywhere."""
    named = [name for name, one in kind.elsewhere.items() if one.talk is not None]
    return named.index(queue) if queue in named else -1


@entry
def _fill(d: TalkDraws, seed: int, replication: int) -> None:
    for law in range(len(d.key)):
        seed_stream(d.words, law, seed, replication, d.key[law, 0], 2 * PURPOSES + d.key[law, 1])
    for call in range(len(d.calls)):
        kind = d.calls[call, c.CALL_KIND]
        for law in range(d.first[kind], d.first[kind + 1]):
            d.talks[call, law - d.first[kind]] = draw(d, law, law)


def draw_talks(laws: TalkLaws, seed: int, replication: int, calls: Ints32) -> Ints32:
    """[call, column]: how long each of ``calls`` would talk elsewhere, milliseconds."""
    talks = np.zeros((len(calls), int(np.diff(laws.first).max())), np.int32)
    words = np.empty((len(laws.key), 4), np.uint64)
    _fill(TalkDraws(**shallow(laws), words=words, calls=calls, talks=talks), seed, replication)
    return talks
