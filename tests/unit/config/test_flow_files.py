"""What is wrong with a flow that thinks is shown at its place, and the example that does a bit of everything runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from config import load_site
from config.errors import SiteError
from config.loader import load_and_warn
from ivr.engine import advance, start
from ivr.expressions import Kind, Variable
from ivr.flow import Collect, Command, Flow, Menu
from ivr.logic import Fetch, Set
from ivr.messages import Entered, EntryEnd, Event, FetchData, Fetched, LimitDecided, Spoken
from tests.unit.config.sites import expected_at, refused

MENUS = Path(__file__).parents[3] / "config" / "examples" / "menus"
MAIN, ORDER = "flows/main.yaml", "flows/order-state.yaml"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return shutil.copytree(MENUS, tmp_path / "menus")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("otherwise: bye", "a transfer goes to a “number” outside or to an “agent”; write one of them"),
        (
            "number: duty, agent: olena, queue: orders",
            "goes to a “number” outside or to an “agent”; delete one",
        ),
        ("agent: olena", "“queue” is missing here: the queue whose rules"),
        ("agent: olena, queue: orders, ring: 20 s", "“ring” is for a number outside: an agent's phone rings as long"),
        ("number: duty, wait: 20 s", "“wait” is for agents; delete it"),
        ("number: duty, unknown: bye", "“unknown” is for agents; delete it"),
        ("agent: olena, queue: orders, busy: by", "“by” is no node of this flow; did you mean “bye”?"),
    ],
)
def test_a_transfer_goes_to_one_place(site: Path, settings: str, message: str) -> None:
    flow = f"start: on\nlanguage: en\notherwise: bye\nnodes: {{on: {{do: transfer, {settings}}}, bye: {{do: hangup}}}}"
    (site / MAIN).write_text(flow, encoding="utf-8")
    with pytest.raises(SiteError, match=re.escape(message)):
        load_site(site)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("for: 1 min, next: outlook, keys", "for: 1 min, keys", "“for” needs “next”: music for a time, then another"),
        ("for: 1 min, next: outlook, keys", "next: outlook, keys", "“next” needs “for”"),
        (
            "waiting: outlook}",
            "prompt: sales, waiting: ‸outlook}",
            "say it at the beginning of what “waiting” leads to",
        ),
        ("waiting: outlook}", "waiting: ‸outlok}", "“outlok” is no node of this flow; did you mean “outlook”?"),
        ("start: help", "start: ‸music", "nothing leads to “help”"),
        (
            "prompt: sales}",
            "prompt: sales, exits: {withdrawn: music}}",
            "a call can come here that waits in no queue, and would hear music for ever",
        ),
        (
            "prompt: sales}",
            "prompt: sales, exits: {withdrawn: outlook}}",
            "where “can_be_served” is not known; read it only behind “waiting” of a queue",
        ),
        (
            "{do: queue, queue: sales, prompt: sales}",
            "{do: queue, queue: sales, waiting: ‸thanks}",
            "who waits here never comes to music",
        ),
        (
            "{do: queue, queue: sales, prompt: sales}",
            "{do: queue, queue: sales, waiting: again}\n  again: {do: branch, cases: [{when: wait > 9, next: sales}]}",
            "the call can go round without ever being asked: sales → again → sales",
        ),
    ],
)
def test_a_mistake_in_what_is_heard_while_waiting_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    site = shutil.copytree(MENUS.parent / "waiting", tmp_path / "waiting")
    place = expected_at(site, MAIN, old, new)
    found = [str(finding) for finding in refused(site).findings]
    assert any(message in line for line in found), found
    if "‸" in new and "start:" not in new:
        assert any(line.startswith(place) for line in found), (place, found)


@pytest.fixture(scope="module")
def menus() -> Flow:
    return load_site(MENUS).entry_flow


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        # expressions
        (
            MAIN,
            "when: found and state",
            "when: ‸fund and state",
            "“fund” is no variable of this flow; did you mean “found”?",
        ),
        (MAIN, 'when: tier == "gold"', 'when: tier ‸= "gold"', "one “=” compares nothing; write =="),
        (MAIN, "when: found,", "when: ‸tier,", "this has to be true or false; what stands here is a text"),
        (MAIN, "preferred: agent", "preferred: ‸found", "this has to be a text; what stands here is true or false"),
        (MAIN, "start: false", "start: ‸tries", "“tries” is no variable"),
        (ORDER, "values: {tries: tries + 1}", 'values: {tries: "‸found"}', "this has to be a number; what stands here"),
        # variables
        (ORDER, "values: {tries:", "values: {‸trys:", "“trys” is no variable of this flow; did you mean “tries”?"),
        (ORDER, "values: {tries:", "values: {‸pin:", "nothing can be put into “pin”; choose another variable"),
        (ORDER, "into: order\n", "into: ‸caller_number\n", "every flow is given “caller_number”"),
        (ORDER, "into: order\n", "into: ‸tries\n", "“tries” is a number elsewhere, and here it is a text"),
        (ORDER, "  tries: {type", "  ‸length: {type", "“length” has a meaning in expressions and cannot be a variable"),
        (ORDER, "  tries: {type", "  ‸left_queue: {type", "every flow is given “left_queue” and cannot declare it"),
        (
            MAIN,
            "  state: {type: text}",
            "  state: {type: ‸txt}",
            "“txt” is not one of the choices; did you mean “text”?",
        ),
        (MAIN, "next: order-found", "next: ‸order-fund", "did you mean “order-found”?"),
        # what other systems are asked
        (
            ORDER,
            "service: orders",
            "service: ‸order",
            "“order” is no web service that site.yaml names; did you mean “orders”?; see web_services",
        ),
        (
            ORDER,
            "service: orders",
            "service: ‸orders.example.com",
            "give the service one in site.yaml, such as web_services: {orders: {url: https://orders.example.com}}",
        ),
        (
            ORDER,
            "path: /orders",
            "‸url: https://orders.example.com/orders",
            "“url” is written otherwise now: “service: orders” and “path: /orders/{order}” here, and the address in",
        ),
        (ORDER, "path: /orders", "path: ‸orders", "write the rest of an address, which begins with a slash: /path"),
        ("site.yaml", "  orders: {url", "  ‸orders.example.com: {url", "is no name; give the service one in site.yaml"),
        ("site.yaml", "url: https", "‸encrypted: true, url: https", "now: “url: http://…” or “url: https://…”"),
        ("site.yaml", "{url: https", "{url: ‸ftp", "without a slash at the end, such as https://crm.example.com or"),
        (ORDER, "/orders/{order}", "/orders/‸../{order}", "“..” leads out of the service's address"),
        (ORDER, "/orders/{order}", "/orders/‸%2E%2e/{order}", "“..” leads out of the service's address"),
        (ORDER, "/orders/{order}", "/orders/‸a%2f../{order}", "“..” leads out of the service's address"),
        (ORDER, "/orders/{order}", "/‸./{order}", "“.” leads out of the service's address, or nowhere"),
        (ORDER, "/orders/{order}", '"/orders/‸{order"', "its “}” is missing: variables stand in braces"),
        (ORDER, "/orders/{order}", '"/orders/{order}‸}"', "its “{” is missing: variables stand in braces"),
        (ORDER, "/orders/{order}", "/orders‸%2/{order}", "write %25 for the sign itself"),
        (ORDER, "/orders/{order}", "/orders/{‸pin}", "“pin” is sensitive and has no place in an address"),
        (ORDER, "/orders/{order}", "/orders/{‸ordr}", "“ordr” is no variable of this flow; did you mean “order”?"),
        (ORDER, "by: order,", "by: ‸pin,", "“pin” is sensitive"),
        (ORDER, "by: order,", "by: ‸tries,", "this has to be a text; what stands here is a number"),
        (ORDER, "limited: give-up}\n  pin", "limited: ‸give-in}\n  pin", "did you mean “give-up”?"),
        (ORDER, "most: 10, within", "most: ‸1000, within", "1000 does not fit; write 50 or less"),
        (ORDER, "timeout: 2 s", "timeout: ‸20 s", "no caller listens to silence for longer than 15 s"),
        (ORDER, "take: {found:", "take: {‸fount:", "did you mean “found”?"),
        # prompts before asking again
        (MAIN, "no_match: no-match}", "no_match: [‸no-mach]}", "“no-mach” is no prompt in prompts.yaml"),
        (MAIN, "no_match: no-match}", "no_match: ‸[no-match, no-input]}", "most is 2, so only 1 of these can be heard"),
        (MAIN, "no_match: no-match}", "no_match: [no-match, ‸5]}", "this must be a text"),
        # calls
        (MAIN, "flow: order-state", "flow: ‸order-stat", "“order-stat” is no flow; did you mean “order-state”?"),
        (MAIN, "give: {wanted_by:", "give: {‸wanted:", "“order-state” takes no “wanted”; did you mean “wanted_by”?"),
        (MAIN, "give: {wanted_by: caller_number", "give: {wanted_by: ‸found", "this has to be a text"),
        (
            MAIN,
            "found: found, state: state,",
            "found: found, state: ‸stat,",
            "“order-state” gives no “stat”; did you mean",
        ),
        (MAIN, "take: {found: found,", "take: {found: ‸state,", "“state” is a text, and “found” holds true or false"),
        (ORDER, "inputs: [wanted_by]", "inputs: [‸wanted]", "“wanted” is no variable of this flow"),
        ("site.yaml", "entry: main", "entry: ‸order-state", "“order-state” returns to a flow that calls it"),
        # what prompts read aloud
        (
            "prompts.yaml",
            "{total:money UAH} is",
            "{‸total money UAH} is",
            "“total money UAH” cannot be read; write a name",
        ),
        ("prompts.yaml", "{total:money UAH} is", "{total:‸mony UAH} is", "nothing is read as “mony”; there is number"),
        ("prompts.yaml", "{arrives:date}.\n  uk", "‸{arrives:date.\n  uk", "this brace is not closed"),
        (
            "prompts.yaml",
            "uk: Ваше",
            "uk: ‸Ваше {total:plural one=річ few=речі}",
            "{total:plural} has no form for “many”; uk needs one, few, many",
        ),
        # edges
        (MAIN, "otherwise: operator ", "otherwise: ‸operatr ", "did you mean “operator”?"),
        (MAIN, "{next: operator, label", "{next: ‸operatr, label", "did you mean “operator”?"),
        (MAIN, '"*": {command: repeat}', '‸"*": {}', "this key does nothing; write “command: repeat” or back"),
        (MAIN, "{command: back}", "{command: back, next: ‸main}", "a key has a command or leads to a node, not both"),
    ],
)
def test_a_mistake_is_shown_at_its_place_with_advice(site: Path, file: str, old: str, new: str, message: str) -> None:
    place = expected_at(site, file, old, new)
    found = [str(finding) for finding in refused(site).findings]
    assert any(line.startswith(place) and message in line for line in found), (place, message, found)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (MAIN, "share: 10 %", "share: 5 %", "the shares make up 95 %; let them make up 100 %"),
        (ORDER, "tries: {type: number, start: 0}", "tries: {type: number}", "before anything was put into “tries”"),
        (
            ORDER,
            "\notherwise: give-up",
            "",
            "“otherwise” is missing here; add “otherwise: …”, or “otherwise: …” for the",
        ),
        (MAIN, "    give: {wanted_by: caller_number}\n", "", "“order-state” needs wanted_by; add it under give"),
        (
            ORDER,
            "next: wrong}",
            "next: count}",
            "the call can go round without ever being asked: count → again → count",
        ),
        (
            ORDER,
            "caller: wanted_by",
            "caller: length(pin)",
            "“pin” is sensitive: nothing may read it, and only the json",
        ),
        (
            "prompts.yaml",
            "{total:money UAH} is",
            "{sum:money UAH} is",
            "“order-sent” reads {sum} aloud: “sum” is no variable",
        ),
        ("prompts.yaml", "{total:money UAH} is", "{found:number} is", "“found” is true or false; let it read another"),
        (
            "prompts.yaml",
            "We cannot find such an order.",
            "No {pin:digits}.",
            "“pin” is sensitive; let it read another one",
        ),
        (ORDER, "total: {type: text, start: '\"\"'}", "total: {type: text}", "before anything was put into “total”"),
        (ORDER, "  done: {do: return}", "  done: {do: call, flow: main, next: number}", "calls itself"),
    ],
)
def test_a_mistake_of_the_whole_is_told(site: Path, file: str, old: str, new: str, message: str) -> None:
    expected_at(site, file, old, new)
    assert any(message in finding.message for finding in refused(site).findings), refused(site)


def test_a_flow_that_is_called_is_laid_into_the_flow_that_calls(menus: Flow) -> None:
    call, dip = menus.nodes["order"], menus.nodes["order/ask"]
    assert isinstance(call, Set)
    assert (call.next, set(call.values)) == (
        "order/number",
        {
            "order/wanted_by",
            "order/order",
            "order/pin",
            "order/tries",
            "order/found",
            "order/state",
            "order/total",
            "order/arrives",
        },
    )
    assert isinstance(dip, Fetch)
    assert (dip.secrets, dip.failed) == ({"pin": "order/pin"}, "order/give-up")
    done = menus.nodes["order/done"]
    assert isinstance(done, Set)
    assert (set(done.values), done.next) == ({"found", "state", "total", "arrives"}, "order-found")


def test_a_flow_that_is_called_belongs_to_the_digest_of_the_one_that_calls(site: Path) -> None:
    before = load_site(site).entry
    expected_at(site, ORDER, "tries < 3", "tries < 4")
    assert load_site(site).entry != before


def test_what_prompts_read_belongs_to_the_digest_and_is_read_from_the_flow_that_speaks(site: Path) -> None:
    before = load_site(site)
    assert before.entry_flow.reads_aloud == {
        "sent": {"arrives": Variable("arrives", Kind.TEXT), "total": Variable("total", Kind.TEXT)}
    }
    expected_at(site, "prompts.yaml", "We cannot find such an order.", "We cannot find {order:digits}.")
    after = load_site(site)
    assert after.entry_flow.reads_aloud["order/wrong"] == {"order": Variable("order/order", Kind.TEXT)}
    assert after.entry != before.entry


def test_keys_of_the_whole_flow_work_at_every_question_that_does_not_use_them(menus: Flow) -> None:
    main, digits = menus.nodes["main"], menus.nodes["order/number"]
    assert isinstance(main, Menu)
    assert (sorted(main.choices), main.commands) == (["0", "1", "2"], {"*": Command.REPEAT, "#": Command.BACK})
    assert isinstance(digits, Collect)
    assert (digits.commands, digits.keys.at_once) == ({"*": Command.REPEAT}, "*"), "in the flow that is called, too"


def test_keys_of_the_calling_flow_work_in_the_flow_that_it_calls_and_lead_back_out_of_it(site: Path) -> None:
    expected_at(
        site,
        ORDER,
        "wrong: {do: say, prompt: order-wrong, next: number}",
        'wrong: {do: menu, prompt: order-wrong, choices: {"1": {next: number}, "#": {next: give-up}}}',
    )
    flow = load_site(site).entry_flow
    asked, number = flow.nodes["order/wrong"], flow.nodes["order/number"]
    assert isinstance(asked, Menu)
    assert isinstance(number, Collect)
    assert {key: choice.next for key, choice in asked.choices.items()} == {
        "0": "operator",
        "1": "order/number",
        "#": "order/give-up",
    }
    assert asked.choices["0"].label == {"en": "Operator", "uk": "Оператор"}
    assert asked.commands == number.commands == {"*": Command.REPEAT}
    assert number.keys.at_once == "*", "digits and the terminator are the question's own"


def test_keys_of_the_calling_flow_can_be_turned_off_at_the_call_and_replaced_in_the_flow_that_is_called(
    site: Path,
) -> None:
    expected_at(site, MAIN, "flow: order-state", "flow: order-state\n    global_keys: false")
    number = load_site(site).entry_flow.nodes["order/number"]
    assert isinstance(number, Collect)
    assert number.commands == {}
    expected_at(site, MAIN, "    global_keys: false\n", "")
    expected_at(site, ORDER, "inputs: [wanted_by]", 'inputs: [wanted_by]\nglobal_keys: {"*": {next: give-up}}')
    number = load_site(site).entry_flow.nodes["order/number"]
    assert isinstance(number, Collect)
    assert (number.commands, number.choices["*"].next) == ({}, "order/give-up")


def test_a_variable_that_the_called_flow_gives_is_not_held_where_a_key_leads_out_of_it(site: Path) -> None:
    expected_at(site, MAIN, "  show: {do: tag, show: {tier: tier}", "  show: {do: tag, show: {state: state}")
    expected_at(site, MAIN, "next: operator, label", "next: show, label")
    assert any("before anything was put into “state”" in finding.message for finding in refused(site).findings)


def test_the_example_answers_from_the_web_service(menus: Flow) -> None:
    session, effects = start(menus, 0, call="c", number="+380501110009")

    def tell(event: Event) -> None:
        nonlocal session, effects
        session, effects = advance(menus, session, event, 0)

    def press(keys: str) -> None:
        tell(Entered(step=session.step, keys=keys, end=EntryEnd.KEYS))

    tell(Spoken(step=1))
    tell(Fetched(step=2, values={"tier": "gold"}))
    for keys in ("1", "1", "123456"):
        press(keys)
    for _ in ("caller", "order"):
        tell(LimitDecided(step=session.step, allowed=True))
    press("••••")
    (dip,) = effects
    assert isinstance(dip, FetchData)
    assert (dip.service, dip.path, dip.json) == ("orders", "/orders/123456", {"caller": "+380501110009"})
    tell(Fetched(step=session.step, values={"found": "true", "state": "sent", "total": "9", "arrives": ""}))
    assert session.node == "sent"


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("/замовлення/{order}", "/%D0%B7%D0%B0%D0%BC%D0%BE%D0%B2%D0%BB%D0%B5%D0%BD%D0%BD%D1%8F/"),
        ("/a%20b;v=1/~me@x/{order}", "/a%20b;v=1/~me@x/"),
        ('/a"b<c>|^`/{order}', "/a%22b%3Cc%3E%7C%5E%60/"),
        ("/...and..more/{order}", "/...and..more/"),
    ],
)
def test_a_path_is_asked_as_an_address_can_hold_it(site: Path, written: str, asked: str) -> None:
    (site / ORDER).write_text(
        (site / ORDER).read_text(encoding="utf-8").replace("path: /orders/{order}", f"path: '{written}'"),
        encoding="utf-8",
    )
    ask = load_site(site).entry_flow.nodes["order/ask"]
    assert isinstance(ask, Fetch)
    assert ask.path == (asked, Variable("order/order", Kind.TEXT))


CALLER_LIMIT = "{do: limit, by: wanted_by, most: 5, within: 1 h, next: order-limit, limited: give-up}"
ORDER_LIMIT = "{do: limit, by: order, most: 10, within: 1 h, next: pin, limited: give-up}"
TO_ORDER_LIMIT, TO_PIN = ("{do: set, values: {found: false}, next: " + to for to in ("order-limit}", "pin}"))


@pytest.mark.parametrize(
    ("changes", "is_guessed"),
    [
        ({CALLER_LIMIT: TO_ORDER_LIMIT, ORDER_LIMIT: TO_PIN}, True),
        ({CALLER_LIMIT: TO_ORDER_LIMIT}, False),
        ({ORDER_LIMIT: TO_PIN}, False),
        ({"order-limit, limited: give-up": "order-limit, limited: pin"}, True),  # the way of who may not try
        (  # behind the question, before anybody learns whether it was right
            {"next: caller-limit": "next: pin", "    next: ask": "    next: caller-limit", "next: pin,": "next: ask,"},
            False,
        ),
        ({CALLER_LIMIT: TO_ORDER_LIMIT, ORDER_LIMIT: TO_PIN, ", pin: pin}": "}"}, False),  # nobody learns of it
    ],
)
def test_a_secret_that_every_call_may_try_anew_is_warned_of(
    site: Path, changes: Mapping[str, str], is_guessed: bool
) -> None:
    text = (site / ORDER).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (site / ORDER).write_text(text, encoding="utf-8")
    found = [str(warning) for warning in load_and_warn(site)[1]]
    guessed = f"{site / ORDER}:28:3: “pin” can be guessed: whoever calls again may try once more, and “order/ask” says"
    assert [one.startswith(guessed) for one in found] == [True] * is_guessed
