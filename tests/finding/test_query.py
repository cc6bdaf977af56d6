"""How what is typed into the search field is understood."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.showing.query import OPERATORS, parse

TODAY = date(2026, 11, 24)  # a Tuesday of week 48


def test_words_and_operators_are_told_apart() -> None:
    asked = parse(
        'snö "ringa hem" -tack plog* konto:Facebook ämne:#skola status:öppen från:"Jonas Berg" har:bild', TODAY
    )
    assert (asked.words, asked.prefixes) == ('snö "ringa hem" -tack', ("plog",))
    assert (asked.channels, asked.topics, asked.statuses) == (("facebook",), ("skola",), ("öppen",))
    assert (asked.authors, asked.has, asked.wrong) == (("jonas berg",), ("bild",), ())


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("efter:2026-11-16", date(2026, 11, 16), None),
        ("före:igår", None, date(2026, 11, 23)),
        ("den:idag", date(2026, 11, 24), date(2026, 11, 25)),
        ("vecka:47", date(2026, 11, 16), date(2026, 11, 23)),
        ("vecka:förra", date(2026, 11, 16), date(2026, 11, 23)),
        ("v:50", date(2025, 12, 8), date(2025, 12, 15)),
        ("efter:2026-11-02 vecka:47", date(2026, 11, 16), date(2026, 11, 23)),
    ],
)
def test_days_and_weeks_are_spans(text: str, since: date | None, until: date | None) -> None:
    asked = parse(text, TODAY)
    assert (asked.since, asked.until, asked.wrong) == (since, until, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("knoto:facebook", "Det finns inget filter som heter knoto:"),
        ("status:öppet", "Välj mellan obesvarad"),
        ("status:", "Skriv något direkt efter status:"),
        ("efter:imorgon", "är ingen dag"),
        ("vecka:54", "vecka:54 finns inte"),
        ("-konto:x", "Minus fungerar framför ord"),
        ("-tack", "minst ett ord utan minus"),
        ("har:katt", "har:katt finns inte"),
    ],
)
def test_what_cannot_be_understood_is_explained(text: str, says: str) -> None:
    assert says in parse(text, TODAY).wrong[0]


@pytest.mark.parametrize("text", ["https://exempel.se/a:b", "kl 9:30", "obs: ring", ":", '"'])
def test_ordinary_colons_are_words(text: str) -> None:
    assert parse(text, TODAY).words.replace(" ", "") in (text.replace(" ", ""), "")


def test_from_us_is_no_author() -> None:
    assert parse("från:oss", TODAY).from_us
    assert parse("fran:oss", TODAY).authors == ()


@given(
    st.text(alphabet='abåö :"”*-#0129\x00', max_size=60)
    | st.lists(st.sampled_from([f"{o}:" for o in OPERATORS] + ['"', "-", "x", " "])).map("".join)
)
def test_nothing_that_is_typed_makes_it_fail(text: str) -> None:
    parse(text, TODAY)
