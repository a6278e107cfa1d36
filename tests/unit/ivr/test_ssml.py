"""Prompts with marks of how to speak them."""

from __future__ import annotations

import pytest

from ivr.aloud import Element, Literal, TemplateError, read_ssml, with_values
from ivr.aloud.ssml import DEPTH_MOST


def test_marks_stand_around_words_as_they_are_written() -> None:
    read = read_ssml('Press <emphasis level="strong">one</emphasis>.')
    assert read.markup == (
        Literal("Press "),
        Element("emphasis", (("level", "strong"),), (Literal("one"),)),
        Literal("."),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Just words", "Just words"),
        ('One<break time="500ms"/>two', "One two"),
        ("<p><s>One.</s><s>Two.</s></p>Three.", "One. Two. Three."),
        ('<sub alias="okay">OK</sub>!', "OK!"),
        ("Tea &amp; biscuits &lt; 5 &#8364;", "Tea & biscuits < 5 €"),
        ("  many\n   lines <!-- and a note --> here ", "many lines here"),
        ("<prosody rate='slow'>{balance:money EUR}</prosody>", "{balance:money EUR}"),
        ("<![CDATA[five < six]]>", "five < six"),
    ],
)
def test_without_its_marks_a_prompt_has_the_words_between_them(text: str, words: str) -> None:
    assert read_ssml(text).words == words


def test_values_are_read_in_their_places_and_spaces_beside_marks_are_kept() -> None:
    markup = read_ssml('You have <prosody rate="slow">{balance:money EUR}</prosody>\n and {count:number} calls.').markup
    assert with_values(markup, "en", {"balance": "21.02", "count": "2"}) == (
        Literal("You have "),
        Element("prosody", (("rate", "slow"),), (Literal("twenty one euros two cents"),)),
        Literal(" and two calls."),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("‸<speak>one</speak>", "<speak> cannot be spoken; leave it out"),
        ("one ‸<audio src='x'/>", "<audio> cannot be spoken; put a recording beside prompts.yaml"),
        ("‸<voice name='x'>one</voice>", "the voice is chosen in site.yaml"),
        ("‸<blink>one</blink>", "<blink> cannot be spoken; there is <break>, <emphasis>, <lang>, <p>"),
        ("ключ ‸<Break/>", "<Break> cannot be spoken"),
        ("<s>one ‸<p>two</p></s>", "<p> cannot stand inside <s>, which holds <break>"),
        ("<say-as interpret-as='date'>‸<s>x</s></say-as>", "which holds no other mark; close <say-as> before it"),
        ("<break>‸one</break>", "<break> holds no words; write <break/>, and the words behind it"),
        ("ok <break ‸tim='1s'/>", "<break> has no “tim”; there is strength, time"),
        ("ok <break ‸time='long'/>", "“long” cannot stand in “time”; write a time such as 500ms or 1s"),
        ("<prosody ‸rate='quick'>x</prosody>", "write x-slow, slow, medium, fast, x-fast, a share such as 85%"),
        ("‸<phoneme alphabet='ipa'>x</phoneme>", "“ph” is missing in <phoneme>"),
        ("<sub ‸alias='{who:digits}'>x</sub>", "cannot stand in “alias”; write one to 200 characters, without braces"),
        ("<sub ‸alias=' '>x</sub>", "“ ” cannot stand in “alias”"),
        ("<sub ‸alias=''>x</sub>", "an empty text cannot stand in “alias”; write one to 200"),
        (f"<sub ‸alias='{'long ' * 50}'>x</sub>", f"“{'long ' * 8}…” cannot stand in “alias”"),
        ("<phoneme alphabet='ipa' ‸ph=''>pecan</phoneme>", "an empty text cannot stand in “ph”"),
        ("<s ‸class='x'>one</s>", "<s> has no “class”; leave it out"),
        ("tea &‸ biscuits", "marks are broken here (not well-formed (invalid token)); close each, quote its values"),
        ("<p>one</‸s>", "marks are broken here (mismatched tag)"),
        ("ключ one‸&nbsp;two", "marks are broken here (undefined entity)"),
        ("<!‸DOCTYPE speak [<!ENTITY a 'b'>]>&a;", "marks are broken here"),
        ("‸<?php echo 1 ?>one", "no voice understands <?php …?>; delete it"),
        ("one {‸count}", "write a name, a colon and how to read it"),
        ("‸{count:<s>number</s>}", "this brace is not closed"),
        ('‸<break time="1s"/>', "no word stands here"),
        ("<p>‸<p>x", "<p> cannot stand inside <p>"),
        ("<prosody>" * DEPTH_MOST + "‸<prosody>x</prosody>" + "</prosody>" * DEPTH_MOST, "deeper than 10"),
        ("one</speak>‸<speak>two", "marks are broken here (junk after document element)"),
        ("‸\ud800", "marks are broken here"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_its_place(text: str, message: str) -> None:
    before, _, behind = text.partition("‸")
    with pytest.raises(TemplateError) as refused:
        read_ssml(before + behind)
    assert message in str(refused.value)
    assert refused.value.at == len(before)
