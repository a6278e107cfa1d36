"""The words of Russian."""

from __future__ import annotations

from ivr.aloud.slavic import Slavic, Vocabulary
from ivr.aloud.tongue import HUNDREDTHS, MINUS, PLUS, POINT, Gender

_M, _F = Gender.MASCULINE, Gender.FEMININE
_STRESSED = ("ой", "ая", "ое", "ого")

RUSSIAN = Slavic(
    "ru",
    Vocabulary(
        ones=(
            "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
            "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать "
            "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто"
        ),
        one=("одна", "одно"),
        two_feminine="две",
        hundreds="сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
        scales={
            "digits/thousand": "тысяча",
            "digits/thousands-i": "тысячи",
            "digits/thousands": "тысяч",
            "digits/million": "миллион",
            "digits/million-a": "миллиона",
            "digits/millions": "миллионов",
        },
        ordinals=(
            "перв втор трет четвёрт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат "
            "пятнадцат шестнадцат семнадцат восемнадцат девятнадцат "
            "двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност"
        ),
        endings={
            "": ("ый", "ая", "ое", "ого"),
            "трет": ("ий", "ья", "ье", "ьего"),
            **dict.fromkeys(("втор", "шест", "седьм", "восьм", "сороков"), _STRESSED),
        },
        years=("девятисотого", "двухтысячного", "года"),
        others={MINUS: "минус", POINT: "запятая", PLUS: "плюс"},
        nouns={
            "hour": ("час", "часа", "часов", _M),
            "minute": ("минута", "минуты", "минут", _F),
            "second": ("секунда", "секунды", "секунд", _F),
            "EUR": ("евро", "евро", "евро", _M),
            "EUR" + HUNDREDTHS: ("цент", "цента", "центов", _M),
            "USD": ("доллар", "доллара", "долларов", _M),
            "USD" + HUNDREDTHS: ("цент", "цента", "центов", _M),
            "GBP": ("фунт", "фунта", "фунтов", _M),
            "GBP" + HUNDREDTHS: ("пенс", "пенса", "пенсов", _M),
            "UAH": ("гривна", "гривны", "гривен", _F),
            "UAH" + HUNDREDTHS: ("копейка", "копейки", "копеек", _F),
            "RUB": ("рубль", "рубля", "рублей", _M),
            "RUB" + HUNDREDTHS: ("копейка", "копейки", "копеек", _F),
        },
        recorded={
            ("hour", "many"): "hours",
            ("minute", "one"): "queue-minute",
            ("minute", "many"): "minutes",
            ("second", "many"): "seconds",
            ("USD", "many"): "digits/dollars",
            ("GBP", "many"): "digits/pound",
        },
    ),
    hours_by_order=False,
)
