"""A call that a step of its queue sends to another one."""

from __future__ import annotations

from pathlib import Path

from centre import events
from centre.calls import Phase
from centre.effects import CallChanged, Wait
from centre.machine import Centre
from config import load_site
from ivr.messages import EntryEnd

EXAMPLE = Path(__file__).parents[3] / "config" / "examples" / "relaxation"
T0 = 1_700_000_000_000


def test_its_record_names_the_queue_in_which_it_waits_now() -> None:
    centre = Centre(load_site(EXAMPLE).centre)
    centre.apply(events.CallArrived(call="c1", line="virtual", number="+1"), T0)
    (question,) = (call.asked for call in centre.calls.values())
    assert question is not None
    centre.apply(events.KeysEntered(call="c1", step=question.step, keys="3", end=EntryEnd.KEYS), T0 + 1_000)
    assert centre.calls["c1"].record.queue == "night"
    effects = centre.apply(events.TimePassed(), T0 + 61_000)
    assert CallChanged(call="c1") in effects
    (wait,) = (effect for effect in effects if isinstance(effect, Wait))
    assert (wait.queue, wait.waiting_since, wait.prompts) == ("partner", T0 + 1_000, ()), "its line remembers where"
    call = centre.calls["c1"]
    assert (call.phase, call.record.queue, call.record.queued_at) == (Phase.WAITING, "partner", T0 + 1_000)
