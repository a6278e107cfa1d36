"""Values read aloud: how people say them in English, Russian and Ukrainian."""

from __future__ import annotations

import pytest

from config.aloud import packaged
from ivr.aloud import Slot, TemplateError, fragments_needed, pieces_of, read_template, slots_of, sounds_of, words_of


def said(place: str, value: str, language: str) -> str:
    return words_of(read_template(f"{{x:{place}}}"), language, {"x": value})


def played(place: str, value: str, language: str) -> list[str]:
    return [sound.name for sound in sounds_of(read_template(f"{{x:{place}}}"), language, {"x": value})]


@pytest.mark.parametrize(
    ("place", "value", "english", "russian", "ukrainian"),
    [
        ("number", "0", "zero", "ноль", "нуль"),
        ("number", "21", "twenty one", "двадцать один", "двадцять один"),
        ("number feminine", "21", "twenty one", "двадцать одна", "двадцять одна"),
        ("number neuter", "1", "one", "одно", "одне"),
        ("number feminine", "12", "twelve", "двенадцать", "дванадцять"),
        ("number", "1000", "one thousand", "одна тысяча", "одна тисяча"),
        ("number", "2000", "two thousand", "две тысячи", "дві тисячі"),
        ("number", "5011", "five thousand eleven", "пять тысяч одиннадцать", "п’ять тисяч одинадцять"),
        ("number feminine", "1000001", "one million one", "один миллион одна", "один мільйон одна"),
        ("number", "-3.50", "minus three point five", "минус три запятая пять", "мінус три кома п’ять"),
        ("ordinal", "3", "third", "третий", "третій"),
        ("ordinal feminine", "42", "forty second", "сорок вторая", "сорок друга"),
        ("ordinal neuter", "90", "ninetieth", "девяностое", "дев’яносте"),
        ("ordinal", "100", "one hundred", "сто", "сто"),
        ("digits", "4 0-7", "four zero seven", "четыре ноль семь", "чотири нуль сім"),
        ("money EUR", "1", "one euro", "один евро", "одне євро"),
        (
            "money USD",
            "21.02",
            "twenty one dollars two cents",
            "двадцать один доллар два цента",
            "двадцять один долар два центи",
        ),
        ("money UAH", "2.01", "two hryvnias one kopiyka", "две гривны одна копейка", "дві гривні одна копійка"),
        ("money RUB", "-5", "minus five roubles", "минус пять рублей", "мінус п’ять рублів"),
        ("money GBP", "0.5", "fifty pence", "пятьдесят пенсов", "п’ятдесят пенсів"),
        ("money EUR", "0", "zero euros", "ноль евро", "нуль євро"),
        ("date", "2026-11-23", "November twenty third", "двадцать третье ноября", "двадцять третє листопада"),
        (
            "date year",
            "2026-05-01T10:30:00Z",
            "May first twenty twenty six",
            "первое мая две тысячи двадцать шестого года",
            "перше травня дві тисячі двадцять шостого року",
        ),
        (
            "date year",
            "1900-01-31",
            "January thirty first nineteen hundred",
            "тридцать первое января тысяча девятисотого года",
            "тридцять перше січня тисяча дев’ятсотого року",
        ),
        (
            "date year",
            "2000-02-03",
            "February third two thousand",
            "третье февраля двухтысячного года",
            "третє лютого двотисячного року",
        ),
        (
            "date year",
            "1905-03-02",
            "March second nineteen oh five",
            "второе марта тысяча девятьсот пятого года",
            "друге березня тисяча дев’ятсот п’ятого року",
        ),
        ("time", "17:05", "five oh five PM", "семнадцать часов пять минут", "сімнадцята година п’ять хвилин"),
        ("time", "00:01", "twelve oh one AM", "ноль часов одна минута", "нуль годин одна хвилина"),
        ("time", "2026-11-23 12:00", "twelve PM", "двенадцать часов", "дванадцята година"),
        (
            "duration",
            "3722",
            "one hour two minutes two seconds",
            "один час две минуты две секунды",
            "одна година дві хвилини дві секунди",
        ),
        ("duration", "0", "zero seconds", "ноль секунд", "нуль секунд"),
        ("duration minutes", "61", "two minutes", "две минуты", "дві хвилини"),
        ("duration minutes", "0", "one minute", "одна минута", "одна хвилина"),
        (
            "phone",
            "+380501112233",
            "plus three eight zero, five zero, one one one, two two three three",
            "плюс триста восемьдесят, пятьдесят, сто одиннадцать, двадцать два, тридцать три",
            "плюс триста вісімдесят, п’ятдесят, сто одинадцять, двадцять два, тридцять три",
        ),
        (
            "phone UA",
            "+380 44 200-00-05",
            "zero four four, two zero zero, zero zero zero five",
            "ноль сорок четыре, двести, ноль ноль, ноль пять",
            "нуль сорок чотири, двісті, нуль нуль, нуль п’ять",
        ),
    ],
)
def test_a_value_is_said_as_people_say_it(place: str, value: str, english: str, russian: str, ukrainian: str) -> None:
    assert [said(place, value, language) for language in ("en", "ru", "uk")] == [english, russian, ukrainian]


@pytest.mark.parametrize(
    ("place", "value", "spelt"),
    [
        ("number", "", ""),
        ("number", "many", ""),
        ("number", "1000000000", "one zero zero zero zero zero zero zero zero zero"),
        ("number", "12 apples", "one two"),
        ("ordinal", "-1", "one"),
        ("money EUR", "12,50", "one two five zero"),
        ("date", "2026-02-30", "two zero two six zero two three zero"),
        ("time", "24:00", "two four zero zero"),
        ("duration", "-5", "five"),
        ("phone", "911", "nine one one"),
        ("digits", "7" * 1_000, " ".join(["seven"] * 40)),
    ],
)
def test_what_is_no_such_value_is_read_digit_by_digit(place: str, value: str, spelt: str) -> None:
    assert said(place, value, "en") == spelt


def test_a_value_that_is_missing_is_silent() -> None:
    template = read_template("You have {count:number} {count:plural one=call other=calls}.")
    assert words_of(template, "en", {}) == "You have ."
    assert [sound.name for sound in sounds_of(template, "en", {})] == ["1"]


@pytest.mark.parametrize(
    ("count", "form", "piece"),
    [("1", "звонок", "2-one"), ("22", "звонка", "2-few"), ("11", "звонков", "2-many"), ("1.5", "звонка", "2-few")],
)
def test_a_noun_goes_with_its_number(count: str, form: str, piece: str) -> None:
    template = read_template("Перед вами {n:number} {n:plural one=звонок few=звонка many=звонков}.")
    assert words_of(template, "ru", {"n": count}).endswith(f" {form}.")
    sounds = sounds_of(template, "ru", {"n": count})
    assert (sounds[0].name, sounds[-1].name) == ("1", piece)
    assert pieces_of(template) == {"1": "Перед вами", "2-one": "звонок", "2-few": "звонка", "2-many": "звонков"}


def test_russian_recordings_are_called_as_asterisk_calls_them() -> None:
    assert played("number feminine", "2321001", "ru") == [
        *("digits/2", "digits/million-a", "digits/300", "digits/20", "digits/1f", "digits/thousand", "digits/1f"),
    ]


def test_what_the_russian_package_lacks_is_known() -> None:
    (slot,) = slots_of(read_template("{x:duration}"))
    assert isinstance(slot, Slot)
    assert fragments_needed(slot, "ru") - packaged("ru") == {
        *("digits/1f", "digits/2f", "units/hour-one", "units/hour-few"),
        *("units/minute-few", "units/second-one", "units/second-few"),
    }
    assert fragments_needed(slot, "en") - packaged("en") == {"units/hour-one"}


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("a {count:number", 2, "this brace is not closed"),
        ("a } b", 2, "this brace closes nothing"),
        ("{Count:number}", 1, "“Count:number” cannot be read"),
        ("{count}", 1, "write a name, a colon and how to read it"),
        ("{count:numbre}", 7, "nothing is read as “numbre”; there is number, ordinal"),
        ("{sum:money}", 5, "“” cannot stand behind money; write one of EUR, GBP"),
        ("{sum:money XXX}", 5, "“XXX” cannot stand behind money"),
        ("{pin:digits slow}", 5, "“slow” cannot stand behind digits, which takes none"),
        ("{who:phone Ukraine}", 5, "“Ukraine” is no country"),
        ("{n:plural call calls}", 3, "the forms cannot be read"),
        ("{n:plural one=call one=calls}", 3, "the forms cannot be read"),
    ],
)
def test_braces_that_cannot_be_read_are_found_with_their_place(text: str, at: int, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(text)
    assert refused.value.at == at
    assert message in str(refused.value)
