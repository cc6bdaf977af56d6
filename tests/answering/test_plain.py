"""Klarspråk: few hints, on what matters most, and never on a text that is good as it is."""

from __future__ import annotations

from time import perf_counter

import pytest

from inbox.writing import plain
from inbox.writing.plain import Hint, Rule


def rules(text: str) -> list[Rule]:
    return [hint.rule for hint in plain.hints(text)]


def test_officialese_is_given_everyday_words() -> None:
    assert plain.hints("Du kan erhålla besked avseende bygglov.") == [
        Hint(Rule.WORD, "erhålla", "få"),
        Hint(Rule.WORD, "avseende", "om"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Vi tittar på och " + "snö " * 20 + "i dag.", Rule.SENTENCE),
        ("Den enskilde måste betala.", Rule.YOU),
        ("Ditt ärende är klart.", Rule.MATTER),
        ("Klicka här för mer.", Rule.LINK),
        ("Vi plogar t.ex. Storgatan.", Rule.ABBREVIATION),
        ("Fråga VIVAB.", Rule.ABBREVIATION),
        ("Gatan ska plogas i dag.", Rule.PASSIVE),
        ("Kom! #exempelbyväxer", Rule.HASHTAG),
        ("Kul 🎉🎉🎉", Rule.EMOJI),
    ],
)
def test_each_rule_sees_what_it_is_for(text: str, rule: Rule) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "🙂", "Hej Jonas! Simhallen öppnar 9.00 på lördag. Välkommen! /Anna",
        "Läs mer: https://exempelby.se/avseende/erhalla", "Varberg Vatten (VIVAB) tömmer kärlen.",
        "Burken är tom.", "Titta på SVT i kväll.",
    ],
)  # fmt: skip
def test_a_good_answer_gets_no_hint(text: str) -> None:
    assert plain.hints(text) == []


def test_there_are_never_more_than_three_and_each_thing_is_said_once() -> None:
    assert len(plain.hints("Samt samt ej dock avseende erhålla vänligen.")) == 3
    assert plain.hints("Salt samt peppar samt vatten.") == [Hint(Rule.WORD, "samt", "och")]


def test_lix_counts_words_a_sentence_and_long_words() -> None:
    assert plain.lix("Vi ses. Vi ses.") == 2
    assert plain.lix("Kommunfullmäktige beslutade.") == 102
    assert plain.lix("") == 0


def test_times_and_decimals_do_not_cut_a_sentence() -> None:
    assert plain.lix("Vi öppnar 9.30 nu") == 3


@pytest.mark.parametrize("text", ["samt " * 2_000, "A" * 10_000, "a. " * 3_000, "ett.två" * 1_400, "#" + "a" * 9_999])
def test_a_hostile_text_costs_no_time(text: str) -> None:
    started = perf_counter()
    plain.hints(text)
    assert perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Se #varbergväxer", ["#VarbergVäxer"]),
        ("Se #hamnen", ["#Hamnen"]),
        ("Se #VarbergVäxer", []),
        ("Se #höstlovisimhallen", [""]),
        ("Se #snö", []),
    ],
)
def test_a_known_hashtag_is_shown_as_it_is_written(text: str, better: list[str]) -> None:
    found = plain.hints(text, ["VarbergVäxer", "Hamnen"])
    assert [hint.better for hint in found if hint.rule == plain.Rule.HASHTAG] == better
