"""Another configuration for a centre with calls in it."""

from __future__ import annotations

from acd import events as acd_events
from centre import events
from centre.effects import Effect
from centre.routing import route
from centre.state import State


def configuration_changed(state: State, event: events.ConfigurationChanged) -> list[Effect]:
    setup = state.prepared.get(event.configuration)
    if setup is None:
        return []
    state.change_to(setup)
    return route(state, acd_events.Reconfigured(setup=setup.acd))
