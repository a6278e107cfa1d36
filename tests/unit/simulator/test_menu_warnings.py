"""What in a menu nobody can have meant, and what a line cannot do, is told before a caller hears it."""

from __future__ import annotations

import re
from pathlib import Path

from centre.line_kind import LineKind
from config import load_site
from config.aloud import recordings
from config.check.menus import check_menus
from config.players import spoken
from tests.unit.simulator.menu_example import change


def warnings(folder: Path, line: LineKind | None = None) -> list[str]:
    return [
        f"{Path(one.file).name}:{one.line}:{one.column}: {one.message}" for one in check_menus(load_site(folder), line)
    ]


def test_the_example_has_nothing_to_warn_of(copied: Path) -> None:
    assert warnings(copied) == warnings(copied, LineKind.VIRTUAL) == []


def test_a_text_that_nobody_hears_a_key_that_works_nowhere_and_a_flow_without_calls_are_warned_of(copied: Path) -> None:
    change(copied, "prompts.yaml", "sorry:", "never: {en: Never, uk: Ніколи}\nsorry:")
    change(copied, "flows/main.yaml", '  "0": {next: op', '  "1": {command: repeat}\n  "0": {next: op')
    (copied / "flows" / "alone.yaml").write_text(
        "start: ask\nlanguage: en\nnodes:\n  ask:\n    do: menu\n    prompt: main-menu\n"
        "    choices: {'1': {next: end}, '2': {next: end}}\n    otherwise: end\n  end: {do: hangup}\n"
    )
    assert warnings(copied) == [
        "alone.yaml:1:1: no call comes to “alone”: it is not the entry, and no flow calls it",
        "alone.yaml:7:5: all keys lead to the same node, so the question asks nothing; "
        "lead them apart, or leave it out",
        "main.yaml:6:3: this key works nowhere: every menu uses it otherwise, or turns global keys off; delete it",
        "prompts.yaml:25:1: no flow speaks “never”; delete it, or let a node speak it",
    ]


def test_a_way_for_holidays_that_no_calendar_has_is_warned_of(copied: Path) -> None:
    change(copied, "site.yaml", "    exceptions:", "    #")
    assert warnings(copied) == [
        "main.yaml:58:75: no call goes this way: “shop” has no holidays; add them to its exceptions in site.yaml, such "
        'as "2026-12-25": closed'
    ]


def test_what_twilio_and_asterisk_cannot_do_is_told_with_its_place(copied: Path) -> None:
    change(
        copied,
        "flows/main.yaml",
        "    prompt: main-menu",
        "    prompt: main-menu\n    keys: {barge_in: false}",
    )
    change(copied, "flows/order-state.yaml", "keys: {least: 4, most: 8}", "keys: {least: 4, most: 8, all_keys: 20 s}")
    assert warnings(copied, LineKind.TWILIO) == [
        "main.yaml:17:49: a second of silence follows: Twilio listens so long for a key that cuts it short",
        "main.yaml:25:3: keys pressed before this question begins are lost, and before “main”: callers who "
        "know the menu have to wait for it; “keys: {type_ahead: false}” makes it so on every line",
        "main.yaml:39:22: a key interrupts the prompt all the same",
        "order-state.yaml:16:3: keys pressed before this question begins are lost, and before “pin”: callers who "
        "know the menu have to wait for it; “keys: {type_ahead: false}” makes it so on every line",
        "order-state.yaml:21:5: one time for all keys: 6 s (first_key) hold between keys too, not 3 s (next_key)",
        "order-state.yaml:21:41: no time for the whole entry: it ends only with its last key, or when none follows",
        "order-state.yaml:32:5: one time for all keys: 6 s (first_key) hold between keys too, not 3 s (next_key)",
        "order-state.yaml:32:42: Twilio sees these keys too, and keeps them in its logs unless PCI mode is on there",
    ]
    recordings = [one for one in warnings(copied, LineKind.ASTERISK) if "no recording" in one]
    assert recordings[0].endswith("no recording prompts/en/welcome.wav; record it, or see tools/render_prompts.py")
    assert len(recordings) == 2 * len(load_site(copied).prompts)


def test_an_offer_to_call_back_has_one_time_for_all_keys_on_twilio(copied: Path) -> None:
    offer = "{do: callback, queue: orders, prompt: please-wait, number: order-number, accepted: sorry, refused: sorry, "
    change(copied, "site.yaml", "queues:", "callbacks: {country: UA}\nqueues:")
    change(copied, "site.yaml", "Замовлення}}", "Замовлення}, callback: {}}")
    change(copied, "flows/main.yaml", "  closed: {do: hangup, prompt: closed}", f"  closed: {offer}invalid: sorry}}")
    times = "one time for all keys: 6 s (first_key) hold between keys too, not 4 s (next_key)"
    assert f"main.yaml:76:3: {times}" in warnings(copied, LineKind.TWILIO)
    change(copied, "flows/main.yaml", "invalid: sorry}", "invalid: sorry, keys: {next_key: 6 s, type_ahead: false}}")
    assert not [one for one in warnings(copied, LineKind.TWILIO) if one.startswith("main.yaml:76:")]
    assert all("“closed”" not in one for one in warnings(copied, LineKind.TWILIO) if "are lost" in one)
    assert all("one time" not in one for one in warnings(copied, LineKind.ASTERISK))


def test_a_number_outside_that_a_line_cannot_ring_is_told(copied: Path) -> None:
    change(
        copied,
        "flows/main.yaml",
        "closed: {do: hangup, prompt: closed}",
        "closed: {do: transfer, number: duty}",
    )
    change(copied, "site.yaml", "customers:", 'outside_numbers: {duty: "0800123456"}\ncustomers:')
    wrong = {line: [one for one in warnings(copied, line) if one.startswith("main.yaml:76:")] for line in LineKind}
    assert wrong == {
        LineKind.VIRTUAL: [],
        LineKind.ASTERISK: [
            "main.yaml:76:34: nobody is rung: site.yaml names no trunk; add “trunk” to the section “asterisk”"
        ],
        LineKind.TWILIO: [
            "main.yaml:76:34: Twilio rings international numbers only; write the number in site.yaml "
            "(0800123456) with a plus and the country's code"
        ],
    }


def test_marks_that_a_line_cannot_speak_are_told_and_their_words_are_said(copied: Path) -> None:
    english = "{ssml: 'We are <emphasis>closed</emphasis> now.'}"
    marked = f"closed:\n  en: {english}\n  uk: {{ssml: <s>Зачинено.</s>, text: Зараз зачинено.}}"
    line = next(
        line for line in (copied / "prompts.yaml").read_text("utf-8").splitlines() if line.startswith("closed:")
    )
    change(copied, "prompts.yaml", line, marked)
    place = "prompts.yaml:{}:8: the virtual line knows no SSML: callers get the words without it"
    number = 1 + (copied / "prompts.yaml").read_text("utf-8").splitlines().index("closed:")
    told = [one for one in warnings(copied, LineKind.VIRTUAL) if "SSML" in one]
    assert told == [place.format(number + 1), place.format(number + 2)]
    (basic,) = [one for one in warnings(copied, LineKind.TWILIO) if "SSML" in one]
    assert basic.startswith(f"prompts.yaml:{number + 1}:8: Twilio's basic voice knows no SSML"), (
        "that of Ukrainian is none"
    )
    site = load_site(copied)
    assert spoken(site, "closed", "en", {}) == "We are closed now."
    assert spoken(site, "closed", "uk", {}) == "Зараз зачинено."
    (copied / "prompts" / "uk").mkdir(parents=True)
    (copied / "prompts" / "uk" / "closed.wav").touch()
    assert [one for one in warnings(copied, LineKind.VIRTUAL) if "SSML" in one] == [place.format(number + 1)]


def test_words_that_no_package_has_are_told_as_missing_recordings(copied: Path) -> None:
    def of_the_order() -> list[str]:
        return [one for one in warnings(copied, LineKind.ASTERISK) if "/order-sent/" in one or "/aloud/" in one]

    assert of_the_order() == [
        "prompts.yaml:15:7: no recording prompts/en/order-sent/1.wav and 5 more beside it; "
        "record it, or see tools/render_prompts.py",
        "prompts.yaml:16:7: no recording prompts/uk/order-sent/1.wav and 86 more beside it; "
        "record it, or see tools/render_prompts.py",
    ]
    for word in ("order-sent/1", "order-sent/2", *(f"aloud/units/uah-{form}" for form in ("one", "other"))):
        path = copied / "prompts" / "en" / f"{word}.gsm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert "no recording prompts/en/aloud/units/uah-hundredth-one.wav and 1 more" in of_the_order()[0]
    site = load_site(copied)
    assert [
        one if isinstance(one, str) else one.relative_to(copied).as_posix()
        for one in recordings(site, "order-sent", "en", {"total": "20", "arrives": "2026-11-25"})
    ] == [
        "prompts/en/order-sent/1.gsm",
        "digits/20",
        "prompts/en/aloud/units/uah-other.gsm",
        "prompts/en/order-sent/2.gsm",
        "digits/mon-10",
        "digits/20",
        "digits/h-5",
    ]


def test_a_language_whose_values_nobody_can_put_together_is_told(copied: Path) -> None:
    change(copied, "site.yaml", "languages: [en, uk]", "languages: [en, uk, pl]")
    path = copied / "prompts.yaml"
    texts = re.sub(r"(  uk: (.*))", r"\1\n  pl: \2", path.read_text(encoding="utf-8"))
    path.write_text(re.sub(r"uk: ([^\n]*)}\n", r"uk: \1, pl: nic}\n", texts), encoding="utf-8")
    assert (
        "prompts.yaml:20:7: values cannot be read from recordings in pl, only in en, ru, uk; write the prompt without"
    ) in warnings(copied, LineKind.ASTERISK)
    assert spoken(load_site(copied), "order-sent", "pl", {"total": "2.5"}).startswith(
        "Ваше замовлення вже в дорозі. Сума — 2,50 "
    )
