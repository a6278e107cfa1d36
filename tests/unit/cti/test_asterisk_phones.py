"""Whose phone is busy with a call that is none of ours."""

from __future__ import annotations

import pytest

from centre.events import Event, OwnCallBegan, OwnCallEnded
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.phones import Phones

BEGAN, ENDED = OwnCallBegan(agent="olena"), OwnCallEnded(agent="olena")


def device(state: str, name: str = "PJSIP/olena") -> AmiEvent:
    return AmiEvent("DeviceStateChange", AmiHeaders([("Device", [name]), ("State", [state])]), None)


class Engine:
    """Phones of two agents, and those that the engine uses."""

    def __init__(self) -> None:
        self.ours: set[str] = set()
        self.phones = Phones({"PJSIP/olena": "olena", "PJSIP/maria": "maria"}, self.ours.__contains__)

    def hears(self, *states: str) -> list[Event]:
        return [event for state in states for event in self.phones.hear(device(state))]


@pytest.mark.parametrize("state", ["INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"])
def test_a_phone_in_use_that_we_did_not_ring_is_on_a_call_of_the_agents_own(state: str) -> None:
    assert Engine().hears(state, "INUSE", "NOT_INUSE", "NOT_INUSE") == [BEGAN, ENDED]


def test_a_phone_that_we_ring_is_no_own_call_until_it_is_used_otherwise() -> None:
    engine = Engine()
    engine.ours.add("PJSIP/olena")
    assert engine.hears("RINGING", "INUSE") == []
    engine.ours.clear()
    assert engine.hears("NOT_INUSE", "INUSE", "NOT_INUSE") == [BEGAN, ENDED]


def test_a_phone_that_is_gone_makes_no_call() -> None:
    assert Engine().hears("INUSE", "UNAVAILABLE") == [BEGAN, ENDED]


def test_trunks_and_strangers_mean_nothing() -> None:
    assert Engine().phones.hear(device("INUSE", "PJSIP/carrier")) == []


def test_after_an_outage_every_agent_is_told_of() -> None:
    engine = Engine()
    assert engine.phones.synchronise([device("INUSE")]) == [BEGAN, OwnCallEnded(agent="maria")]
    assert engine.phones.synchronise([]) == [ENDED, OwnCallEnded(agent="maria")]
    engine.ours.add("PJSIP/olena")
    assert engine.phones.synchronise([device("INUSE")]) == [ENDED, OwnCallEnded(agent="maria")]


def test_an_agent_who_has_another_phone_is_not_watched_on_the_old_one() -> None:
    engine = Engine()
    engine.phones.reconfigure({"PJSIP/olena-2": "olena"})
    assert engine.hears("INUSE") == []
    assert engine.phones.hear(device("INUSE", "PJSIP/olena-2")) == [BEGAN]


def test_an_agent_who_is_taken_on_again_has_no_call_of_before() -> None:
    engine = Engine()
    assert engine.hears("INUSE") == [BEGAN]
    engine.phones.reconfigure({})
    engine.phones.reconfigure({"PJSIP/olena": "olena"})
    assert engine.hears("INUSE") == [BEGAN]


def test_what_is_heard_after_the_list_was_asked_for_is_no_older_than_the_list() -> None:
    engine = Engine()
    assert engine.hears("INUSE") == [BEGAN]
    engine.phones.asked()
    assert engine.hears("NOT_INUSE") == [ENDED]
    assert engine.phones.synchronise([device("INUSE")]) == [ENDED, OwnCallEnded(agent="maria")]
    engine.phones.asked()
    assert engine.phones.synchronise([device("INUSE")]) == [BEGAN, OwnCallEnded(agent="maria")]
