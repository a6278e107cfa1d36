"""One caller is one caller, however the number came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.crm import normalise, region_of


@pytest.mark.parametrize(
    "number",
    [
        "+380501110001",
        "380501110001",
        "0501110001",
        "050 111 00 01",
        "(050) 111-00-01",
        "00380501110001",
        " +380 50 111 00 01 ",
        "sip:+380501110001@10.0.0.1;user=phone",
        "SIP:0501110001@10.0.0.1:5060",
        '"Анна \\"x\\"" <sip:%2B380501110001@example.org>',
        "tel:+380501110001;ext=5",
        "＋３８０５０１１１０００１",
    ],
)
def test_every_way_to_write_a_number_is_the_same_number(number: str) -> None:
    assert normalise(number, "UA") == "+380501110001"


def test_a_foreign_number_without_its_plus_is_found_by_its_country_code() -> None:
    assert normalise("442071234567", "UA") == normalise("+44 20 7123 4567", "UA") == "+442071234567"


@pytest.mark.parametrize("number", ["101", "1 0 1", "sip:101@pbx"])
def test_an_extension_is_its_digits(number: str) -> None:
    assert normalise(number, "UA") == "101"


def test_without_a_region_local_numbers_are_still_the_same_as_themselves() -> None:
    assert normalise("050 111-00-01") == normalise("0501110001") == "0501110001"


@pytest.mark.parametrize(
    "number",
    [
        "",
        " ",
        "+",
        "0",
        "00",
        "anonymous",
        "Anonymous@anonymous.invalid",
        "unknown",
        "Restricted",
        "sip:olena@example.org",
        "1-800-FLOWERS",
        "3.80501E+11",
        "<script>alert(1)</script>",
        "'; DROP TABLE calls; --",
        "050\r\nAction: Originate",
        "1" * 40,
        "\ud800",
        "\0",
    ],
)
def test_what_is_no_number_is_nobody(number: str) -> None:
    assert normalise(number, "UA") == ""


@given(number=st.text(max_size=300), region=st.sampled_from(["UA", "US", None]))
def test_any_text_is_a_number_or_nobody(number: str, region: str | None) -> None:
    found = normalise(number, region)
    assert found == "" or found.removeprefix("+").isdecimal()


@given(number=st.from_regex(r"\+?[0-9 ()-]{1,18}", fullmatch=True))
def test_an_international_number_stays_as_it_is(number: str) -> None:
    once = normalise(number, "UA")
    if once.startswith("+"):
        assert normalise(once, "UA") == normalise(once) == once


@pytest.mark.parametrize(
    ("time_zone", "region"), [("Europe/Kyiv", "UA"), ("America/New_York", "US"), ("UTC", None), ("Mars/Olympus", None)]
)
def test_a_time_zone_tells_the_country(time_zone: str, region: str | None) -> None:
    assert region_of(time_zone) == region
