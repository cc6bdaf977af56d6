"""What a comment seems to need, by a table of cases; whatever may ask or tell something is left to a person."""

from __future__ import annotations

import pytest

from inbox.deciding import suggestions


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("❤", "like"),
        ("❤️❤️❤️", "like"),
        ("👍🏽", "like"),
        ("👨‍👩‍👧‍👦 🇸🇪!!", "like"),
        ("tack!", "like"),
        ("Tack ❤", "like"),
        ("TACK så jättemycket för svaret!", "like"),
        ("Tack för snabbt svar", "like"),
        ("@exempelby tack", "like"),
        ("Thank you!", "like"),
        ("Toppen", "like"),
        ("Så fint!", "like"),
        ("Bra jobbat 👏", "like"),
        ("@bo_ek", "no_reply"),
        ("@bo_ek @lisa.k", "no_reply"),
        ("", None),
        ("  \n", None),
        ("men när då?", None),
        ("tack, men när då?", None),
        ("Tack?", None),
        ("tack för ingenting", None),
        ("tack men nej tack", None),
        ("Bra fråga", None),
        ("inte bra", None),
        ("Bra att ni äntligen lagar vägen", None),
        ("tack 0300-12345", None),
        ("ring 112", None),
        ("🔪🔪", None),
        ("💣 @bo_ek", None),
        ("🖕", None),
        ("👎", None),
        ("😡😡", None),
        ("...", None),
        ("!!!", None),
        ("1️⃣", None),
        ("<script>", None),
        ("\u202e❤", "like"),
        ("شكرا؟", None),
        ("شكرا", None),
        ("hjälp", None),
        ("Tack " * 40, None),
    ],
)
def test_a_text_suggests_a_verdict_or_none(text: str, verdict: str | None) -> None:
    found = suggestions.of(text)
    assert (found.verdict if found else None) == verdict


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], None),
        (["tack"], "like"),
        (["tack", "❤"], "like"),
        (["tack", "men när då?"], None),
        (["men när då?", "tack"], None),
        (["tack", "@bo_ek"], None),
    ],
)
def test_all_that_waits_must_need_the_same(texts: list[str], verdict: str | None) -> None:
    found = suggestions.of_all(texts)
    assert (found.verdict if found else None) == verdict
