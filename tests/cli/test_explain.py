"""``holdless explain``: the journal of a live run, told in plain language."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from acd.changes import Change, What
from acd.events import CallQueued
from acd.explain import explain
from acd.setup import Strategy
from centre.events import AgentNotReady, OfferAccepted, OfferDeclined
from centre.virtual.call import CallState
from config import load_site
from cti.journal.source import InFiles
from holdless.explain import Story, UnknownCall, explain_call
from holdless.words import Words
from tests.unit.acd.floor import Floor
from tests.virtual.house import BANK, House, bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

ENGLISH_CARDS = "114321"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with the journal of two calls for cards in English: the first is offered to James, who lets it ring,
    then to Maria, who declines, and then answered by James; the second comes when nobody is left, and gives up."""
    folder = tmp_path_factory.mktemp("explain")
    calls: list[str] = []

    @in_jumping_time
    async def live() -> None:
        async with open_house(bank(), folder) as house:
            house.ready("james", "petro")
            await asyncio.sleep(10)
            house.ready("maria")
            first = await house.call(keys=ENGLISH_CARDS)
            calls.append(first.id)
            await rings(house, "maria")
            house.service.tell(OfferDeclined(agent="maria"))
            await rings(house, "james")
            house.service.tell(AgentNotReady(agent="maria", reason="lunch"))
            house.service.tell(OfferAccepted(agent="james"))
            await house.until(lambda: first.state is CallState.TALKING)
            second = await house.call(number="+380501110004", keys=ENGLISH_CARDS)
            calls.append(second.id)
            await house.until(lambda: second.state is CallState.WAITING)
            await asyncio.sleep(50)
            second.hang_up()
            first.hang_up()
            await asyncio.sleep(60)

    live()
    return folder, calls[0], calls[1]


async def rings(house: House, agent: str) -> None:
    await house.until(lambda: house.service.centre.acd.agent(agent).offer is not None)


def told(story: Story, what: str) -> list[tuple[str, ...]]:
    """The texts of the moments of one kind."""
    return [moment.text for moment in story.moments if moment.what == what]


NOT_AT_ALL = "Iryna Melnyk, Petro Lysenko, Sofia Marchenko, Daniel O'Connor, Andriy Tkachenko, Kateryna Polishchuk"


def test_every_decision_about_a_call_is_told_in_order(journal: tuple[Path, str, str]) -> None:
    folder, call, _ = journal
    story = explain_call(bank(), InFiles(folder), call)
    assert [moment.text[0] for moment in story.moments] == [
        "comes into Card services",
        "James Whitfield's phone rings: first by best skill",
        "James Whitfield let the phone ring; the call keeps its place",
        "Maria Bondar's phone rings: the next one has let this call ring before",
        "Maria Bondar declined the call; the call keeps its place",
        "James Whitfield's phone rings: nobody else can take the call now",
        "James Whitfield answers, after 20 s of waiting",
        "ends: the conversation is over",
    ]
    assert not story.rules_changed


def test_an_offer_says_who_else_could_have_had_it_who_could_not_and_what_would_have_changed_that(
    journal: tuple[Path, str, str],
) -> None:
    folder, call, _ = journal
    first, _, last = told(explain_call(bank(), InFiles(folder), call), "offered")
    assert first[1:] == (
        "it needs (cards >= 2 and english)",
        "candidates, first to last: James Whitfield (levels 12, idle for 13 s); "
        "Maria Bondar (levels 10, idle for 2.1 s)",
        "not possible: Olena Kovalenko, Grace Okafor (logged-out); Taras Shevchuk, Mykola Savchenko (needs english); "
        f"{NOT_AT_ALL} (needs cards >= 2)",
        "it would have been otherwise if Maria Bondar's levels in what the call needs had been 3 higher, added up",
    )
    assert last[-1] == "it would have been otherwise if Maria Bondar had not declined it"


def test_a_call_that_waited_says_why_and_what_it_needed_later(journal: tuple[Path, str, str]) -> None:
    folder, _, call = journal
    story = explain_call(bank(), InFiles(folder), call)
    assert [moment.what for moment in story.moments] == ["queued", "waits", "relaxed", "ended"]
    waits, relaxed = told(story, "waits")[0], told(story, "relaxed")[0]
    assert waits[0] == "waits: nobody can take it now; it needs (cards >= 2 and english)"
    assert "Maria Bondar (not-ready: lunch); James Whitfield (talking)" in waits[1]
    assert waits[2] == "it would not have to wait if Maria Bondar had been ready"
    assert relaxed[0] == "waits on, and from now on needs (cards and english)"
    assert story.moments[1].decision is not None
    assert story.moments[1].decision.change == Change(what=What.READY, agent="maria")


def test_other_rules_than_those_of_the_day_are_admitted(journal: tuple[Path, str, str]) -> None:
    folder, call, _ = journal
    site = bank()
    cards, *others = site.acd.queues
    changed = replace(site, acd=replace(site.acd, queues=(replace(cards, strategy=Strategy.LINEAR), *others)))
    assert explain_call(changed, InFiles(folder), call).rules_changed


def test_a_call_that_the_journal_does_not_know_is_refused_with_those_it_knows(journal: tuple[Path, str, str]) -> None:
    folder, first, second = journal
    with pytest.raises(UnknownCall, match=f"“virtual-0”; the latest calls are {first}, {second}|{second}, {first}"):
        explain_call(bank(), InFiles(folder), "virtual-0")


def test_a_call_that_others_went_before_says_so(tmp_path: Path) -> None:
    calls: list[str] = []

    @in_jumping_time
    async def live() -> None:
        async with open_house(bank(), tmp_path) as house:
            technical = await house.call(number="+380501110005", keys="13")
            await asyncio.sleep(30)
            cards = await house.call(keys=ENGLISH_CARDS)
            await house.until(lambda: cards.state is CallState.WAITING)
            calls.extend((technical.id, cards.id))
            house.ready("james")
            await rings(house, "james")

    live()
    story = explain_call(bank(), InFiles(tmp_path), calls[0])
    assert told(story, "passed-over") == [
        (f"James Whitfield goes to {calls[1]} in Card services before: it has 10 points, this one 0",)
    ]
    offered = told(explain_call(bank(), InFiles(tmp_path), calls[1]), "offered")[0]
    assert f"it went before 1 waiting: {calls[0]}" in offered


def test_the_command_prints_it_and_gives_it_to_machines(journal: tuple[Path, str, str]) -> None:
    folder, call, _ = journal

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "holdless", "explain", str(BANK), *arguments, "--data", str(folder)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    printed = run(call)
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[0] == f"Call {call}"
    assert "12:00:12  comes into Card services" in printed.stdout
    plain = json.loads(run(call, "--json").stdout)
    assert plain["moments"][1]["decision"]["change"] == {
        "what": "score",
        "agent": "maria",
        "call": "",
        "amount": 3,
        "levels": [],
    }
    unknown = run("nobody")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("holdless: the journal does not know the call “nobody”")


def test_who_has_calls_in_hand_is_told_with_how_many() -> None:
    site = load_site(BANK.parent / "channels")
    floor = Floor.of(site.acd)
    for agent in ("ann", "bob"):
        floor.ready(agent)
        floor.later(1_000)
    for call, agent in (("c1", "ann"), ("c2", "ann"), ("c3", "bob")):
        floor.call(call, "chat", preferred=agent)
        floor.answer(agent)
    coming = CallQueued(call="c4", queue="chat", waiting_since=floor.now)
    (decision,) = explain(floor.acd, coming, floor.now)
    head, _, candidates, *_, otherwise = Words(site).offered(decision)
    assert head == "Bob Stone's phone rings: has the fewest calls in hand"
    assert candidates == (
        "candidates, first to last: Bob Stone (1 in hand, idle for 0 s); Ann Reed (2 in hand, idle for 0 s)"
    )
    assert otherwise == "it would have been otherwise if Ann Reed had had 1 call fewer in hand"
