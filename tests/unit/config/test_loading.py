"""A site's folder becomes a running site, whole, or is refused whole."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from acd.requirement import Skill
from config import SiteError, load_site
from config.documents import BYTES_MOST
from config.laws import Empirical
from config.loader import load_and_warn
from config.sources import site_of
from ivr.flow import Collect, Hours, Menu
from ivr.keys import KeyRules
from tests.unit.config.sites import BANK, copy_of_the_bank, expected_at, refused


def messages(site: Path) -> list[str]:
    return [f"{Path(finding.file).name}: {finding.message}" for finding in refused(site).findings]


def change(site: Path, file: str, old: str, new: str) -> None:
    expected_at(site, file, old, new)


def test_the_example_bank_is_a_centre() -> None:
    site = load_site(BANK)
    assert site.id == "bank"
    assert [queue.id for queue in site.acd.queues] == ["cards", "loans", "technical"]
    assert len(site.acd.agents) == 12
    cards, loans, technical = site.acd.queues
    assert cards.needs == Skill("cards", 2)
    assert (cards.priority, cards.threshold_ms, cards.short_abandon_ms, cards.wrap_up_ms) == (10, 20_000, 5_000, 30_000)
    assert [(step.after_ms, step.needs) for step in cards.steps] == [(45_000, Skill("cards"))]
    assert loans.max_wait_ms == 20 * 60_000
    assert technical.max_waiting == 50
    assert site.queues["loans"].target == 0.75
    assert site.agents["olena"].phone == "PJSIP/olena"
    assert site.customers == BANK / "customers.csv"
    assert site.prompts["welcome"]["uk"].text.startswith("Вітаємо")


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in BANK.parent.glob("*/site.yaml")), ids=lambda p: p.name
)
def test_a_site_is_made_again_of_the_texts_that_it_was_read_from(folder: Path) -> None:
    site = load_site(folder)
    again = site_of(site.sources, folder)
    assert (again.digest, again.centre, again.prompts) == (site.digest, site.centre, site.prompts)


def test_texts_that_are_no_site_are_refused_as_files_would_be() -> None:
    sources = dict(load_site(BANK).sources)
    for broken in ({}, {**sources, "site.yaml": "queues: []"}, {**sources, "flows/main.yaml": ": :"}):
        with pytest.raises(SiteError):
            site_of(broken, BANK)


def test_the_examples_menu_runs_as_it_is_written() -> None:
    flow = load_site(BANK).entry_flow
    assert (flow.id, flow.start, flow.language) == ("main", "welcome", "en")
    language, digits, hours = (flow.nodes[name] for name in ("choose-language", "card-number", "loans-hours"))
    assert isinstance(language, Menu)
    assert language.choices["2"].next == "in-ukrainian"
    assert (language.attempts.most, language.attempts.no_match_prompts) == (2, ("no-match",))
    assert isinstance(digits, Collect)
    assert (digits.keys.least, digits.keys.most, digits.into) == (4, 4, "card_last_digits")
    assert isinstance(hours, Hours)
    assert hours.calendar == load_site(BANK).calendars["loans-desk"]
    assert hours.calendar.zone == "Europe/Kyiv"


def test_every_mistake_in_every_file_is_shown_at_once_and_in_order(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "played: [taras", "played: [tara")
    change(site, "site.yaml", "entry: main", "entry: mian")
    change(site, "flows/main.yaml", "queue: cards,", "queue: card,")
    change(site, "prompts.yaml", "welcome:\n  en", "welcome:\n  ru")
    change(site, "workload.yaml", "wants: cards", "wants: card")
    (site / "customers.csv").write_text("name\nOleh\n")
    error = refused(site)
    assert messages(site) == [
        "customers.csv: no column is called “number”; name the columns in the first line",
        "main.yaml: “card” is no queue; did you mean “cards”?",
        "prompts.yaml: “welcome” has no text in en; add it",
        "site.yaml: “mian” is no flow; did you mean “main”?",
        "site.yaml: “tara” is no agent; did you mean “taras”?",
        "workload.yaml: “card” is no queue; did you mean “cards”?",
    ]
    assert str(error).count("\n") == 5


def test_a_broken_site_file_does_not_hide_mistakes_in_the_others(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "entry: main", "enty: main")
    change(site, "flows/main.yaml", "do: collect", "do: colect")
    change(site, "prompts.yaml", "  en: Welcome to First Meadow Bank.", "  en: 5")
    files = {Path(finding.file).name for finding in refused(site).findings}
    assert files == {"site.yaml", "main.yaml", "prompts.yaml"}


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    error = refused(tmp_path / "nowhere")
    assert str(error) == f"{tmp_path / 'nowhere'}: there is no such folder; name the folder that holds site.yaml"


@pytest.mark.parametrize("file", ["site.yaml", "prompts.yaml", "customers.csv", "workload.yaml"])
def test_a_missing_file_is_one_clear_line(tmp_path: Path, file: str) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / file).unlink()
    assert str(refused(site)) == f"{site / file}: there is no such file; create it, or correct the name"


@pytest.mark.parametrize("file", ["site.yaml", "customers.csv"])
def test_a_folder_in_the_place_of_a_file_is_one_clear_line(tmp_path: Path, file: str) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / file).unlink()
    (site / file).mkdir()
    (message,) = messages(site)
    assert message == f"{file}: cannot be read (Is a directory); check what it is and who may read it"


def test_a_site_without_flows_says_so(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "flows" / "main.yaml").unlink()
    assert messages(site) == ["site.yaml: “main” is no flow; there is none yet"]


@pytest.mark.parametrize("file", ["site.yaml", "flows/main.yaml", "prompts.yaml"])
def test_an_empty_file_says_what_belongs_there(tmp_path: Path, file: str) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / file).write_text("")
    assert any("nothing stands here; write a group of settings" in message for message in messages(site))


def test_a_file_that_is_far_too_large_is_not_even_parsed(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "prompts.yaml").write_bytes(b"x: y\n" * (10_000_000 // 5))
    assert messages(site) == [f"prompts.yaml: is larger than {BYTES_MOST} bytes; that is no file of a site"]


@pytest.mark.parametrize("file", ["site.yaml", "customers.csv"])
def test_a_file_in_another_encoding_is_refused_at_its_first_wrong_byte(tmp_path: Path, file: str) -> None:
    site = copy_of_the_bank(tmp_path)
    path = site / file
    text = path.read_text(encoding="utf-8").split("\n")
    path.write_bytes("\n".join(text[:2]).encode() + b"\nab" + "Київ".encode("cp1251"))
    assert str(refused(site)).startswith(f"{path}:3:3: this byte is not UTF-8")


@pytest.mark.parametrize("begin", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_what_windows_editors_add_to_a_file_is_tolerated(tmp_path: Path, begin: bytes, line_end: bytes) -> None:
    site = copy_of_the_bank(tmp_path)
    for path in [*site.glob("*.yaml"), *site.glob("*.csv"), *site.glob("flows/*.yaml")]:
        path.write_bytes(begin + path.read_bytes().replace(b"\n", line_end))
    assert load_site(site).acd == load_site(BANK).acd
    assert load_site(site).entry == load_site(BANK).entry


def test_places_are_right_behind_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(site, "site.yaml", "entry: main", "entry: ‸mian")
    path = site / "site.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert str(refused(site)).startswith(place)


def test_an_anchor_repeats_what_was_written_once(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "flows/main.yaml", "attempts: {most: 2", "attempts: &twice {most: 2")
    change(site, "flows/main.yaml", "attempts: {most: 3, no_input: no-input, no_match: no-match}", "attempts: *twice")
    main = load_site(site).entry_flow.nodes["main"]
    assert isinstance(main, Menu)
    assert main.attempts.most == 2


def test_an_anchor_bomb_is_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    levels = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    (site / "prompts.yaml").write_text("\n".join(levels))
    assert messages(site) == ["prompts.yaml: more than 100000 values, anchors unfolded; that is no site"]


def test_an_anchor_within_itself_is_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "prompts.yaml").write_text("a: &a [*a]")
    assert messages(site) == ["prompts.yaml: *a has no anchor &a before it"]


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- "])
def test_endless_nesting_is_refused(tmp_path: Path, bracket: str) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "prompts.yaml").write_text(bracket * 50_000)
    assert messages(site) == ["prompts.yaml: nested deeper than 40 levels; no setting needs that"]


def test_words_that_older_yaml_took_for_yes_and_no_are_words(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "  break: {en: Break", "  no: {en: No")
    change(site, "site.yaml", "  lunch: {en: Lunch", "  on: {en: on")
    assert list(load_site(site).not_ready_reasons)[:2] == ["no", "on"]


def test_a_telephone_number_in_quotes_keeps_its_plus_and_zeros(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "name: Olena Kovalenko", 'name: "+00123"')
    assert load_site(site).agents["olena"].name == "+00123"


def test_wrap_up_can_last_until_the_agent_is_done(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "wrap_up: 30 s", "wrap_up: until done")
    change(site, "site.yaml", "wrap_up: 60 s", "wrap_up: 0 s")
    assert [queue.wrap_up_ms for queue in load_site(site).acd.queues] == [None, 0, 30_000]


@pytest.mark.parametrize(
    ("written", "wrap_up_ms"), [("1500 ms", 1_500), ("1.5 min", 90_000), ("2h", 7_200_000), ("0.25 s", 250)]
)
def test_durations_are_a_number_and_a_unit(tmp_path: Path, written: str, wrap_up_ms: int) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "wrap_up: 30 s", f"wrap_up: {written}")
    assert load_site(site).acd.queues[0].wrap_up_ms == wrap_up_ms


def test_a_collected_entry_is_as_long_as_its_least_where_the_most_is_left_out(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "flows/main.yaml", "keys: {least: 4, most: 4}", "keys: {least: 6}")
    digits = load_site(site).entry_flow.nodes["card-number"]
    assert isinstance(digits, Collect)
    assert (digits.keys.least, digits.keys.most) == (6, 6)


def test_how_keys_are_gathered_is_set_where_they_are_asked_for(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(
        site,
        "flows/main.yaml",
        "keys: {least: 4, most: 4}",
        'keys: {least: 4, most: 8, terminator: "*", first_key: 9 s, next_key: 2 s, all_keys: 20 s, '
        "barge_in: false, sensitive: true}",
    )
    change(
        site, "flows/main.yaml", "prompt: main-menu", "prompt: main-menu\n    keys: {first_key: 4 s, barge_in: false}"
    )
    nodes = load_site(site).entry_flow.nodes
    digits, main = nodes["card-number"], nodes["main"]
    assert isinstance(digits, Collect)
    assert digits.keys == KeyRules(
        least=4,
        most=8,
        terminator="*",
        first_key_ms=9_000,
        next_key_ms=2_000,
        all_keys_ms=20_000,
        barge_in=False,
        sensitive=True,
    )
    assert isinstance(main, Menu)
    assert main.keys == KeyRules(terminator="", first_key_ms=4_000, barge_in=False)


def test_a_break_may_last_to_the_end_of_a_shift_over_midnight(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "workload.yaml", 'to: "08:00"}', 'to: "08:00", breaks: ["23:30-00:30", "07:00-08:00"]}')
    workload = load_site(site).workload
    assert workload is not None
    assert len(workload.staff[-1].breaks) == 2


def test_an_agents_own_phone_goes_before_the_pattern(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "site.yaml", "{name: Olena Kovalenko,", "{name: Olena Kovalenko, phone: SIP/desk-7,")
    agents = load_site(site).agents
    assert (agents["olena"].phone, agents["taras"].phone) == ("SIP/desk-7", "PJSIP/taras")


def test_a_recording_is_found_beside_the_text(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "prompts" / "en" / "welcome.gsm").unlink()
    welcome = load_site(site).prompts["welcome"]
    assert welcome["uk"].recording == site / "prompts" / "uk" / "welcome.gsm"
    assert welcome["en"].recording is None


def test_a_flow_keeps_its_digest_until_what_it_does_changes(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    digest = load_site(site).entry
    change(site, "flows/main.yaml", "start: welcome", "# a remark\nstart:   welcome")
    change(site, "site.yaml", "misses_allowed: 2", "misses_allowed: 3")
    assert load_site(site).entry == digest
    change(site, "flows/main.yaml", "{most: 2,", "{most: 4,")
    other = load_site(site).entry
    assert other != digest


def test_new_opening_hours_make_a_new_flow(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    digest = load_site(site).entry
    change(site, "site.yaml", '"2026-12-25": closed', '"2026-12-24": closed')
    assert load_site(site).entry != digest


def test_a_large_file_of_customers_is_no_mistake(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "customers.csv").write_text('"name","number"\n' + "Oleh,+380501110009\n" * 100_000)
    assert load_site(site).customers is not None


def test_customers_without_columns_are_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "customers.csv").write_text("x" * 200_000)
    assert "the first line is no line of CSV" in str(refused(site))
    (site / "customers.csv").write_text("")
    assert "no column is called “number”" in str(refused(site))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_of_customers_is_parted_as_its_headings_are(tmp_path: Path, mark: str) -> None:
    site = copy_of_the_bank(tmp_path)
    (site / "customers.csv").write_text(mark.join(("name", " number ")) + "\n")
    assert load_site(site).customers is not None
    (site / "customers.csv").write_text(mark.join(("name", "number", "name")) + "\n")
    assert "two columns are called “name”" in str(refused(site))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("flows/main.yaml", "tier: tier,", "tier: ‸tyer,", "“tyer” is no column of the customer records; did you mean"),
        ("flows/main.yaml", "tier: tier,", "tier: ‸number,", "“number” finds the customer and is not told"),
        ("flows/main.yaml", "pace: more", "pace: ‸much-more", "“much-more_time” is no column of the customer records"),
        ("site.yaml", "customers: customers.csv", "", "every caller is unknown here: the site has no customer records"),
    ],
)
def test_a_flow_that_asks_the_customer_records_for_what_they_do_not_have_is_warned_of(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    site = shutil.copytree(BANK.parent / "menus", tmp_path / "menus")
    assert load_and_warn(site)[1] == ()
    place = expected_at(site, file, old, new)
    found = [str(warning) for warning in load_and_warn(site)[1]]
    assert len(found) == 1
    assert message in found[0]
    if "‸" in new:
        assert found[0].startswith(place)


def test_a_workload_in_which_nobody_calls_is_refused(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    text = (site / "workload.yaml").read_text(encoding="utf-8")
    (site / "workload.yaml").write_text(
        re.sub(r'^(  "\d\d:00":) \d+', r"\1 0", text, flags=re.MULTILINE), encoding="utf-8"
    )
    assert messages(site) == ["workload.yaml: nobody ever calls; write a rate above 0"]


def test_files_of_what_was_measured_are_read_and_refused_with_line_and_column(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    change(site, "workload.yaml", "law: exponential, mean: 3 min", "law: empirical, file: patience.csv")
    assert messages(site) == ["patience.csv: there is no such file; create it, or correct the name"]
    (site / "patience.csv").write_text("12.5\n\nhalf a minute\n", encoding="utf-8")
    assert messages(site) == ["patience.csv: “half a minute” is no number of seconds; write it like 12.5"]
    (site / "patience.csv").write_text("12.5\n30\n", encoding="utf-8")
    workload = load_site(site).workload
    assert workload is not None
    assert workload.patience == Empirical(values_ms=(12_500, 30_000))


def test_a_trace_takes_the_place_of_rates_and_is_refused_with_line_and_column(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    text = (site / "workload.yaml").read_text(encoding="utf-8")
    rates = re.compile(r"^calls_per_hour:\n(  .*\n)+", re.MULTILINE)
    (site / "workload.yaml").write_text(rates.sub("trace: calls.csv\n", text), encoding="utf-8")
    (site / "calls.csv").write_text(
        "arrival,kind\n2026-11-23T09:00:12.5,callers-2\nnoon,callers-1\n2026-11-23 09:00:12,caller-1\n",
        encoding="utf-8",
    )
    assert [str(finding).removeprefix(f"{site}/") for finding in refused(site).findings] == [
        "calls.csv:3:1: column “arrival”: “noon” is no date with a time of day; write it like 2026-11-23T09:00:12.345",
        "calls.csv:4:21: column “kind”: “caller-1” is no kind of callers; did you mean “callers-1”?",
    ]
    (site / "calls.csv").write_text("arrival;kind\n2026-11-23T09:00:12.5;callers-2\n", encoding="utf-8")
    workload = load_site(site).workload
    assert workload is not None
    assert workload.trace is not None
    assert [call.kind for call in workload.trace] == ["callers-2"]
    (site / "calls.csv").write_text("when,kind\n", encoding="utf-8")
    assert messages(site) == [
        "calls.csv: no column is called “arrival”; add it, or give that name to the one that holds it",
        "calls.csv: “when” is no column that is read; there is arrival, kind",
    ]


def test_a_site_needs_no_workload_no_asterisk_and_no_customers(tmp_path: Path) -> None:
    site = copy_of_the_bank(tmp_path)
    text = (site / "site.yaml").read_text(encoding="utf-8").partition("misses_allowed")[0]
    (site / "site.yaml").write_text(text, encoding="utf-8")
    loaded = load_site(site)
    assert (loaded.workload, loaded.asterisk, loaded.customers) == (None, None, None)
    assert (loaded.virtual.calls_per_hour, loaded.acd.misses_allowed) == (0.0, 2)
    assert loaded.agents["olena"].phone == ""


def test_the_error_is_a_site_error_with_its_findings() -> None:
    with pytest.raises(SiteError) as caught:
        load_site(BANK / "flows")
    assert {Path(finding.file).name for finding in caught.value.findings} == {"site.yaml", "prompts.yaml"}
