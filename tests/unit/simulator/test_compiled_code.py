"""The planner's compiled code is kept on disk from one start to the next."""

from __future__ import annotations

from pathlib import Path

from simulator.planner import jitted


def test_it_is_kept_under_a_name_that_changes_with_every_source_of_it() -> None:
    sources = Path(jitted.__file__).parent.glob("*.py")
    compiled = {path.stem for path in sources if "from simulator.planner.jitted import" in path.read_text("utf-8")}
    assert "kernel" in compiled
    assert compiled <= set(jitted._COMPILED), "else the code of before such a module's change goes on running"
