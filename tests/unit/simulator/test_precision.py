"""“SL ± 0.5 %”, as planners say it."""

from __future__ import annotations

import pytest

from simulator.precision import ALL, Measure, Precision, read_precision
from simulator.service_level import Definition

QUEUES = ("cards", "loans")


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("SL ± 0.5 %", Precision(measure=Measure.SERVICE_LEVEL, half_width=0.005)),
        ("sl of all ±0.5%", Precision(measure=Measure.SERVICE_LEVEL, queue=ALL, half_width=0.005)),
        ("ASA of all callers ± 2 s", Precision(measure=Measure.ASA, queue=ALL, half_width=2_000)),
        ("abandonment ± 1 %", Precision(measure=Measure.ABANDONMENT, half_width=0.01)),
        ("SL of cards +- 1%", Precision(measure=Measure.SERVICE_LEVEL, queue="cards", half_width=0.01)),
        ("SL of queue cards ± 1 %", Precision(measure=Measure.SERVICE_LEVEL, queue="cards", half_width=0.01)),
        ("ASA of loans +/- 2 s", Precision(measure=Measure.ASA, queue="loans", half_width=2_000)),
        ("occupancy ± 1 %", Precision(measure=Measure.OCCUPANCY, half_width=0.01)),
    ],
)
def test_a_precision_is_written_as_planners_say_it(text: str, precision: Precision) -> None:
    assert read_precision(text, QUEUES) == precision


def test_the_service_level_is_the_one_that_is_meant() -> None:
    found = read_precision("SL ± 1 %", QUEUES, Definition.ABANDONS_IGNORED)
    assert found.definition is Definition.ABANDONS_IGNORED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SL", "is no precision; write “SL ± 0.5 %”"),
        ("speed ± 1 %", "is no precision"),
        ("ASA ± 2 %", "is no precision"),
        ("SL ± 2 s", "is no precision"),
        ("SL of card ± 1 %", "“card” is no queue; did you mean “cards”?"),
        ("occupancy of cards ± 1 %", "occupancy is of agents, not of a queue"),
        ("SL of all cards ± 1 %", "is no precision"),
        ("SL ± 0 %", "would take for ever; write more than 0"),
    ],
)
def test_a_precision_that_is_none_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_precision(text, QUEUES)


def test_where_a_queue_is_called_all_it_is_asked_which_is_meant() -> None:
    queues = ("all", "cards")
    with pytest.raises(ValueError, match="write “of all callers”, or “of queue all”"):
        read_precision("SL of all ± 1 %", queues)
    assert read_precision("SL of queue all ± 1 %", queues).queue == "all"
    assert read_precision("SL of all callers ± 1 %", queues).queue == ALL
