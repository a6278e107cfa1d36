"""A benchmark says by its exit code that a figure is not what is asked."""

import pytest

from benchmarks.bars import MISSED, Bars


def test_a_run_ends_with_0_only_where_every_bar_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars()
    bars.at_most("restart, worst", 3.0, 3.0, "s")
    assert bars.code == 0
    bars.at_most("added to a decision, p99", 5.01, 5.0, "ms")
    bars.at_most("recovery, worst", float("nan"), 3.0, "s")
    assert bars.code == MISSED
    assert bars.missed == ["added to a decision, p99", "recovery, worst"]
    assert capsys.readouterr().out.splitlines() == [
        "  as asked: restart, worst 3 s, at most 3",
        "  MISSED: added to a decision, p99 5.01 ms, at most 5",
        "  MISSED: recovery, worst nan s, at most 3",
    ]
