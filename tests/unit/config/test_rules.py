"""What a site's rules would do to its callers and nobody can have meant: found with its place and a call for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import SiteError, load_and_warn
from tests.unit.config.sites import BANK, copy_of_the_bank, expected_at

SITE, FLOW, WORK = "site.yaml", "flows/main.yaml", "workload.yaml"


def warned(site: Path) -> list[str]:
    return [str(warning) for warning in load_and_warn(site)[1]]


def test_the_examples_are_without_a_warning() -> None:
    folders = [file.parent for file in BANK.parent.glob("*/site.yaml")]
    assert BANK in folders
    assert {str(folder): warned(folder) for folder in folders} == {str(folder): [] for folder in folders}


WARNINGS = [
    pytest.param(
        SITE,
        "needs: technical\n",
        "needs: ‸technical and loans >= 4\n",
        "no agent can ever take a call of “technical”: nobody meets technical and loans >= 4; give an agent the skills",
        id="a queue that nobody serves",
    ),
    pytest.param(
        SITE,
        "  ukrainian: {en: Uk",
        "  ‸polish: {en: Polish}\n  ukrainian: {en: Uk",
        "nobody holds “polish”, so no agent can take a call that needs it; give it to an agent, or delete it",
        id="a skill that nobody holds",
    ),
    pytest.param(
        FLOW,
        "  cards: {do: queue, queue: cards,",
        "  cards: {do: queue, queue: ‸technical,",
        "no call ever comes to “cards”; lead an edge of flow main to it, or delete the queue",
        id="a queue that no flow leads to",
    ),
    pytest.param(
        SITE,
        "    wait_limit: 20 min",
        "    wait_limit: 20 min\n    relax:\n      - {after: ‸25 min, needs: english}",
        "this step never opens: a call has left after 20 min (wait_limit)",
        id="a step after the wait limit",
    ),
    pytest.param(
        SITE,
        "    waiting_limit: 50\n",
        "    channel: ‸chat\nchannels: {chat: {capacity: 0}}\n",
        "no agent can ever take a call of “technical”: everybody's capacity for chat is 0; raise that of the",
        id="a channel for which nobody has a capacity",
    ),
    pytest.param(
        SITE,
        "    waiting_limit: 50\n",
        "channels: {voice: {capacity: 0}, chat: {capacity: 3}}\n",
        "no agent can ever take a call of “technical”: everybody's capacity for voice is 0",
        id="a capacity of 0 for the telephone",
    ),
    pytest.param(
        SITE,
        "    waiting_limit: 50\n",
        "channels: {‸chat: {capacity: 3}}\n",
        "no queue is of the channel “chat”; add “channel: chat” to one, or delete the channel",
        id="a channel without a queue",
    ),
    pytest.param(
        SITE,
        "skills: {cards: 9",
        "‸capacity: {voice: 0}, skills: {cards: 9",
        "“olena” never takes a call: the capacity is 0 for every channel that a queue is of",
        id="an agent with a capacity for nothing",
    ),
    pytest.param(
        SITE,
        "needs: technical\n",
        "needs: technical\n    phones: ‸{at_once: 9}\n",
        "9 phones are to ring for a call, and 6 of the agents can ever take one; ring fewer, or give more agents",
        id="more phones than agents",
    ),
    pytest.param(
        SITE,
        "    wait_limit: 20 min",
        "    wait_limit: 20 min\n    phones: {add_every: ‸20 min, most: 2}",
        "no phone is ever added: a call has left after 20 min (wait_limit)",
        id="a phone that is never added",
    ),
    pytest.param(
        SITE,
        "- {after: 45 s, needs: cards}",
        "- ‸{after: 45 s, needs: cards >= 3}",
        "this step changes nothing: a call that has waited 45 s and needs cards >= 3 finds no agent who could not take "
        "it before (cards >= 2)",
        id="a step that lets nobody in",
    ),
    pytest.param(
        SITE,
        "    wait_limit: 20 min",
        "    wait_limit: ‸10 s",
        "a call has to leave after 10 s, while the first phone still rings (ring: 20 s)",
        id="a wait limit shorter than the ring",
    ),
    pytest.param(
        SITE,
        "    wait_limit: 20 min",
        "    wait_limit: ‸25 s",
        "a call leaves after 25 s, before the threshold of its service level (30 s)",
        id="a wait limit shorter than the threshold",
    ),
    pytest.param(
        SITE,
        "{threshold: 30 s, target: 75 %, short_abandon: 5 s}",
        "{threshold: 30 s, target: 75 %, short_abandon: ‸31 s}",
        "a caller who gives up after 30 s has waited longer than the threshold and still counts as a short abandon (31",
        id="a short abandon that is longer than the threshold",
    ),
    pytest.param(
        FLOW,
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: sorry}",
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: ‸loans}",
        "the call can only go round: loans → loans: a caller whom nobody answers is never let go",
        id="a queue that leads back to itself",
    ),
    pytest.param(
        FLOW,
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: sorry}",
        "  loans: {do: queue, queue: loans, exits: {timeout: ‸loans}, otherwise: sorry}",
        "the call can only go round: loans → loans: a caller whom nobody answers is never let go",
        id="an exit that leads back to its queue",
    ),
    pytest.param(
        FLOW,
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: sorry}",
        "  loans: {do: queue, queue: loans, exits: {‸nobody-staffed: main}, otherwise: sorry}",
        "no call ever leaves “loans” for this reason; tell the queue its unstaffed_limit in site.yaml, or delete the",
        id="an exit that no call takes",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WARNINGS)
def test_a_warning_has_its_place_and_a_call_it_happens_to(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(site, file, old, new)
    if "no call ever comes" in message:
        place = f"{site / SITE}:"
    found = warned(site)
    assert any(warning.startswith(place) and message in warning for warning in found), "\n".join(found)


def test_needs_of_the_way_and_of_the_queue_that_nobody_meets_together_are_found_with_the_way(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(site, FLOW, "open: loans,", "open: extra,")
    place = expected_at(
        site,
        FLOW,
        "  loans: {do: queue, queue: loans,",
        "  extra: {do: tag, needs: technical >= 4, next: loans}\n  loans: {do: queue, queue: ‸loans,",
    )
    never, at_times = warned(site)
    assert never == (
        f"{place}a call that comes by welcome → choose-language (2) → in-ukrainian → main (2) → loans-hours (open) → "
        "extra → loans needs (loans and technical >= 4 and ukrainian), and no agent can ever take it; give an agent "
        "these skills, or let the flow ask for less"
    )
    assert at_times.startswith(f"{place}from 09:00 to 11:00 and from 15:00 to 15:30 nobody who is on duty"), (
        "in English there is one agent, who comes at eleven and has a break at three"
    )


def test_hours_at_which_nobody_on_duty_can_take_a_call_are_named(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(
        site, FLOW, "  technical: {do: queue, queue: technical,", "  technical: {do: queue, queue: ‸technical,"
    )
    expected_at(
        site,
        WORK,
        '{agents: [james, mykola], from: "20:00", to: "08:00"}',
        '{agents: [mykola], from: "20:00", to: "08:00"}',
    )
    found = [warning for warning in warned(site) if warning.startswith(place)]
    assert len(found) == 1
    assert (
        "from 20:00 to 08:00 nobody who is on duty (workload.yaml, staff) can take a call that comes by welcome"
        in found[0]
    )
    assert "needs (technical and english)" in found[0]


def test_hours_at_which_the_flow_lets_nobody_in_or_nobody_calls_are_not_held_against_the_shifts(tmp_path: Path) -> None:
    """Loans have nobody on duty at night, when their calendar is closed; and nobody calls at night after this."""
    site = copy_of_the_bank(tmp_path)
    expected_at(
        site,
        WORK,
        '{agents: [james, mykola], from: "20:00", to: "08:00"}',
        '{agents: [mykola], from: "20:00", to: "08:00"}',
    )
    expected_at(site, WORK, '"00:00": 6', '"00:00": 0')
    expected_at(site, WORK, '"07:00": 20', '"07:00": 0')
    expected_at(site, WORK, '"18:00": 45', '"18:00": 45\n  "20:00": 0')
    expected_at(site, WORK, '"21:00": 15', '"21:00": 0')
    assert warned(site) == []


def test_a_step_that_is_there_for_its_points_or_to_let_somebody_in_is_no_warning(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(
        site,
        SITE,
        "- {after: 45 s, needs: cards}",
        "- {after: 45 s, add_priority: 5}\n      - {after: 60 s, needs: cards}",
    )
    assert warned(site) == []


def test_a_queue_that_only_a_step_makes_servable_is_no_warning(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(site, SITE, "needs: cards >= 2\n", "needs: cards == 10\n")
    assert warned(site) == []


def test_full_queues_that_lead_to_each_other_are_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(
        site,
        FLOW,
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: sorry}",
        "  loans: {do: queue, queue: loans, otherwise: technical}",
    )
    place = expected_at(
        site,
        FLOW,
        "  technical: {do: queue, queue: technical, prompt: please-wait, otherwise: sorry}",
        "  technical: {do: queue, queue: technical, otherwise: ‸loans}",
    )
    assert any("is never let go" in warning for warning in warned(site)), "the queue of loans is never full"
    expected_at(site, SITE, "    wait_limit: 20 min", "    waiting_limit: 5")
    with pytest.raises(SiteError) as refused:
        load_and_warn(site)
    assert place in str(refused.value)
    assert "loans → technical → loans: when they are full, the call goes round for ever, in no time" in str(
        refused.value
    )


def test_queues_that_send_a_call_to_each_other_when_closed_are_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    expected_at(site, SITE, "    wait_limit: 20 min", "    wait_limit: 20 min\n    calendar: loans-desk")
    place = expected_at(
        site,
        FLOW,
        "  loans: {do: queue, queue: loans, prompt: please-wait, otherwise: sorry}",
        "  loans: {do: queue, queue: loans, exits: {closed: ‸loans}, otherwise: sorry}",
    )
    with pytest.raises(SiteError) as refused:
        load_and_warn(site)
    (finding,) = refused.value.findings
    assert str(finding).startswith(place)
    assert "loans → loans: when they are closed, the call goes round for ever, in no time" in str(finding)


def test_a_secret_that_everybody_on_the_machine_may_read_is_warned_of_with_what_to_do(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    secret = site / "asterisk.secret"
    secret.write_text("a password\n", encoding="utf-8")
    secret.chmod(0o644)
    place = expected_at(site, SITE, "secret_file: asterisk.secret", "secret_file: ‸asterisk.secret")
    (warning,) = warned(site)
    assert warning.startswith(place)
    assert f"chmod o= {secret}" in warning
    assert "a password" not in warning
    secret.chmod(0o640)
    assert warned(site) == []
