"""A snapshot taken anywhere and read back is the centre that it was taken of, to the last field; and what it decides
from then on is what a centre decides that lives through all events without one."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import settings
from hypothesis.stateful import rule

from centre import events
from centre.effects import Effect
from centre.machine import Centre
from cti.snapshots import Kept, decode, encode
from tests.property.centre import test_any_callbacks, test_conservation
from tests.property.snapshots.alike import difference


def restored(centre: Centre) -> Centre:
    again = decode(encode(Kept(centre=centre, prompts={}))).centre
    assert difference(again, centre) == ""
    return again


class AnyCalls(test_conservation.World):
    """All that may happen to calls; and now and then the centre is put away and taken out again."""

    unbroken: Centre | None = None
    """Lives through the same events, and is never put away."""

    def tell(self, event: events.Event) -> list[Effect]:
        if self.unbroken is None:
            self.unbroken = deepcopy(self.centre)
        effects = super().tell(event)
        assert effects == self.unbroken.apply(event, self.at)
        self.centre.next_due()
        assert difference(self.centre.acd, self.unbroken.acd) == "", "a live engine asks what is due; a replay does not"
        return effects

    @rule()
    def the_engine_starts_again(self) -> None:
        self.centre = restored(self.centre)


class AnyCallbacks(test_any_callbacks.World):
    """The same, with customers who are called back; the world itself has a centre beside that is never put away."""

    @rule()
    def the_engine_starts_again(self) -> None:
        self.centre = restored(self.centre)


for _world in (AnyCalls, AnyCallbacks):
    _world.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestAnyCalls = AnyCalls.TestCase
TestAnyCallbacks = AnyCallbacks.TestCase
