"""What a call needs, as text."""

from __future__ import annotations

import pytest

from acd.requirement import ANYBODY, Either, Every, RequirementError, Skill, Without, both, describe, is_met, parse


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cards", Skill("cards")),
        ("anybody", ANYBODY),
        ("cards >= 2", Skill("cards", 2)),
        ("cards > 2", Skill("cards", 3)),
        ("cards <= 2", Skill("cards", 0, 2)),
        ("cards < 2", Skill("cards", 0, 1)),
        ("cards == 2", Skill("cards", 2, 2)),
        ("cards != 2", Without(Skill("cards", 2, 2))),
        (
            "  cards and (english or not trainee)",
            Every((Skill("cards"), Either((Skill("english"), Without(Skill("trainee")))))),
        ),
    ],
)
def test_a_requirement_reads_as_it_is_written(text: str, meant: object) -> None:
    assert parse(text) == meant


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("cards >=", 9),
        ("cards >= 11", 1),
        ("cards > 10", 1),
        ("cards < 0", 1),
        ("cards and f(1)", 11),
        ("  cards and 'x'", 13),
        ("українська and 'x'", 16),
        ("1 < cards < 3", 1),
        ("cards in x", 1),
        ("cards >= True", 1),
        ("not " * 5_000 + "cards", 1),
    ],
)
def test_what_is_no_requirement_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(RequirementError) as refused:
        parse(text)
    assert refused.value.column == column


def test_not_held_is_level_nought() -> None:
    assert is_met(parse("cards < 1"), {})
    assert not is_met(parse("cards"), {"cards": 0})


def test_both_leaves_out_what_adds_nothing() -> None:
    assert both(ANYBODY, Skill("cards")) == Skill("cards")
    assert both(Skill("cards"), ANYBODY) == Skill("cards")
    assert both(Skill("cards"), Skill("cards")) == Skill("cards")
    assert describe(both(Skill("cards"), Skill("english", 2))) == "(cards and english >= 2)"
