"""The secrecy guard finds what should not stand in the open, and leaves the rest alone."""

from __future__ import annotations

from time import perf_counter

import pytest

from inbox.writing import secrecy
from inbox.writing.secrecy import Kind


def kinds(text: str) -> set[Kind]:
    return {each.kind for each in secrecy.inbound(text)}


@pytest.mark.parametrize(
    "number",
    [
        "811228-9874", "8112289874", "19811228-9874", "198112289874", "811228 9874", "811228–9874", "121212+1212",
        "1981-12-28-9874", "701063-2391", "197010632391", "811228 - 9874", "811228\u200b9874", "000229-1235",
    ],
)  # fmt: skip
def test_an_identity_number_is_found_however_it_is_written(number: str) -> None:
    assert Kind.IDENTITY in kinds(f"Mitt barn {number} har inte fått plats")


@pytest.mark.parametrize(
    "text",
    [
        "811228-9875",  # the check digit
        "811328-9870",  # the month
        "811232-9878",  # the day
        "556036-0793",  # an organisation
        "1234567890123456789",
        "2026-11-24", "kl. 08.30-16.30", "kostar 125 000 kr", "Bankgiro 5050-1055", "3,14159265", "0340",
    ],
)  # fmt: skip
def test_other_numbers_are_left_alone(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    "number", ["070-123 45 67", "0701234567", "+46 70 123 45 67", "0340-880 00", "+46(0)701234567"]
)
def test_a_telephone_number_is_found(number: str) -> None:
    assert kinds(f"Ring mig på {number}, tack!") == {Kind.PHONE}


@pytest.mark.parametrize("number", ["020-22 40 40", "0771-567 567", "112", "1177", "114 14"])
def test_numbers_of_organisations_are_left_alone(number: str) -> None:
    assert kinds(f"Ring {number}") == set()


def test_an_address_counts_only_beside_something_sensitive() -> None:
    assert kinds("Det är hål i Storgatan 12") == set()
    assert Kind.ADDRESS in kinds("Grannen på Storgatan 12 har demens")


def test_telling_of_the_own_health_or_of_a_named_child_in_school_is_sensitive() -> None:
    assert kinds("Min son har adhd och får ingen hjälp") == {Kind.SENSITIVE}
    assert kinds("Min dotter Elsa går på Almskolan") == {Kind.SENSITIVE}
    assert kinds("Vad gör kommunen mot psykisk ohälsa?") == set()
    assert kinds("När börjar skolan? Min son undrar.") == set()


def test_masked_text_shows_no_digit_of_the_number_and_all_of_the_rest() -> None:
    assert secrecy.masked("Barn 811228-9874 åk 3") == "Barn ••••••-•••• åk 3"


def test_the_parts_of_a_text_are_the_text() -> None:
    text = "a 811228-9874 b 070-123 45 67 c Storgatan 12, cancer"
    assert "".join(part.text for part in secrecy.parts(text)) == text


def test_a_number_cut_off_by_the_end_of_a_preview_is_masked_as_well() -> None:
    assert secrecy.preview("Hans nummer är 811228-98".rjust(400, "a")).endswith("är ••••••-••")
    assert secrecy.preview("Kostar 125 000") == "Kostar 125 000"


def test_a_number_that_is_both_is_masked_once() -> None:
    assert [part.kind for part in secrecy.parts("0701011230")] in ([Kind.IDENTITY], [Kind.PHONE])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ditt nummer är 811228-9874", Kind.IDENTITY),
        ("Ring Per på 070-123 45 67", Kind.PHONE),
        ("Se dnr KS 2026/123", Kind.DIARY),
        ("Beslutet KS 2026-0123 gäller", Kind.DIARY),
        ("Vi tittar på ditt ärende", Kind.CASE),
        ("Kontakta din handläggare", Kind.OFFICER),
        ("Vi ser att du har fått bygglov", Kind.KNOWN_HERE),
    ],
)
def test_our_own_text_is_questioned(text: str, kind: Kind) -> None:
    assert kind in {each.kind for each in secrecy.outbound(text)}


@pytest.mark.parametrize(
    "text", ["Simhallen öppnar 9.00 i dag.", "Budgeten för 2026/27 är klar", "Läs mer på varberg.se/snow-2026-11"]
)
def test_an_ordinary_answer_passes(text: str) -> None:
    assert secrecy.outbound(text) == ()


def test_our_own_telephone_number_passes_however_it_is_written() -> None:
    assert secrecy.outbound("Ring +46 340 880 00", ours=["Kontaktcenter: 0340-880 00"]) == ()


def test_repeating_what_a_citizen_told_is_questioned() -> None:
    told = "Min son har adhd. När öppnar ni?"
    assert {each.kind for each in secrecy.outbound("Vi förstår att adhd är svårt", cited=[told])} == {Kind.QUOTED}
    assert secrecy.outbound("Vi öppnar klockan 9.", cited=[told]) == ()


@pytest.mark.parametrize(
    "text", ["0 " * 5_000, "1" * 10_000, "811228-" * 1_500, "min son " * 1_250, "a-1 " * 2_500, "gatan" * 2_000]
)
def test_a_hostile_text_costs_no_time(text: str) -> None:
    started = perf_counter()
    secrecy.parts(text)
    secrecy.outbound(text, cited=[text])
    assert perf_counter() - started < 0.5
