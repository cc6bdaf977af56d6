"""What a deadline is called, as a communicator would call it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from inbox.models import Conversation
from inbox.showing import chips
from sla import clock, policyfile
from sla.policyfile import SE24

POLICY = policyfile.policy_from_json(SE24)


def at(text: str) -> datetime:
    """Read a Stockholm time of November or December 2026, when it is an hour before UTC's."""
    return datetime.fromisoformat(f"2026-{text}+01:00").astimezone(UTC)


def conversation(posted: str) -> Conversation:
    posted_at = at(posted)
    return Conversation(due_at=clock.due_at(POLICY, posted_at), due_soon_at=clock.due_soon_at(POLICY, posted_at))


def promised(posted: str, due: str) -> Conversation:
    row = conversation(posted)
    row.due_at = row.promised_at = at(due)
    row.due_soon_at = at(due) - timedelta(hours=4)
    return row


@pytest.mark.parametrize(
    ("posted", "now", "words", "tone", "icon"),
    [
        ("11-23T11:20", "11-24T10:40", "40 min kvar", "soon", "clock"),
        ("11-23T13:50", "11-24T10:40", "3 h 10 min kvar", "soon", "clock"),
        ("11-23T15:00", "11-24T10:40", "4 h 20 min kvar", "calm", "clock"),
        ("11-23T22:40", "11-24T10:40", "i dag 22.40", "calm", "clock"),  # twelve hours: a time of day says more
        ("11-23T22:39", "11-24T10:40", "11 h 59 min kvar", "calm", "clock"),
        ("11-24T08:12", "11-24T10:40", "i morgon 08.12", "calm", "clock"),
        ("11-24T08:00", "11-24T22:00", "i morgon 08.00", "calm", "clock"),  # ten hours, but of tomorrow
        ("11-24T00:40", "11-24T23:30", "1 h 10 min kvar", "soon", "clock"),  # tomorrow, but near
        ("11-20T15:00", "11-20T16:00", "mån 15.00", "calm", "clock"),
        ("11-20T15:00", "11-22T12:00", "i morgon 15.00", "calm", "clock"),  # the clock stands still: no countdown
        ("11-21T10:00", "11-21T10:05", "Måndag, snarast", "dayoff", "calendar"),
        ("11-22T10:00", "11-22T10:05", "I morgon, snarast", "dayoff", "calendar"),
        ("11-22T10:00", "11-23T10:05", "I dag, snarast", "dayoff", "calendar"),
        ("11-22T10:00", "11-23T21:00", "I dag, snarast", "soon", "calendar"),
        ("12-24T10:00", "12-24T10:05", "Måndag, snarast", "dayoff", "calendar"),
        ("11-23T08:40", "11-24T10:40", "Försenad 2 h", "late", "exclamation-circle"),
        ("11-23T10:40", "11-24T10:40", "Försenad mindre än 1 min", "late", "exclamation-circle"),
        ("11-23T10:00", "11-24T11:35", "Försenad 1 h 35 min", "late", "exclamation-circle"),
        ("11-17T10:00", "11-24T11:35", "Försenad 6 dagar", "late", "exclamation-circle"),
        ("11-22T10:00", "11-24T10:00", "Försenad 10 h", "late", "exclamation-circle"),
    ],
)
def test_a_chip_says_what_a_communicator_would_say(posted: str, now: str, words: str, tone: str, icon: str) -> None:
    assert chips.of(conversation(posted), POLICY, at(now)) == chips.Chip(words, tone, icon)


@pytest.mark.parametrize(
    ("due", "now", "words", "tone"),
    [
        ("11-26T15:00", "11-24T10:40", "Besked, lovat tor", "kept"),
        ("11-25T15:00", "11-24T10:40", "Besked, lovat i morgon 15.00", "kept"),
        ("11-24T15:00", "11-24T10:40", "Besked, lovat i dag 15.00", "kept"),
        ("11-24T15:00", "11-24T11:00", "Besked, lovat i dag 15.00", "soon"),
        ("12-03T15:00", "11-24T10:40", "Besked, lovat tor 3 dec", "kept"),
        ("11-24T08:40", "11-24T10:40", "Lovat svar, försenat 2 h", "late"),
    ],
)
def test_a_promise_says_when_it_was_promised(due: str, now: str, words: str, tone: str) -> None:
    chip = chips.of(promised("11-23T10:00", due), POLICY, at(now))
    assert chip
    assert (chip.text, chip.tone) == (words, tone)


def test_what_has_no_deadline_has_no_chip_unless_it_is_done_or_old() -> None:
    now = at("11-24T10:40")
    assert chips.of(Conversation(), POLICY, now) is None
    assert chips.of(Conversation(status="closed"), POLICY, now) == chips.Chip("Klar", "kept", "check")
    old = chips.of(Conversation(before_connection=True), POLICY, now)
    assert old and old.text == "Före anslutning"


def test_chips_speak_english_too() -> None:
    with translation.override("en"):
        chip = chips.of(conversation("11-23T11:20"), POLICY, at("11-24T10:40"))
        day_off = chips.of(conversation("11-21T10:00"), POLICY, at("11-21T10:05"))
    assert chip and chip.text == "40 min left"
    assert day_off and day_off.text == "Monday, as soon as possible"


@pytest.mark.parametrize(
    ("status", "held", "words"),
    [
        ("queued", False, "Svar på väg"),
        ("sending", False, "Svar på väg"),
        ("queued", True, "Svaret väntar på kontot"),
        ("failed", False, "Svaret kom inte fram"),
        ("unknown", False, "Kontrollera svaret"),
        ("sent", False, None),
        ("cancelled", False, None),
        (None, False, None),
    ],
)
def test_a_reply_on_its_way_or_stuck_is_named(status: str | None, held: bool, words: str | None) -> None:
    chip = chips.of_reply(status, held=held)
    assert (chip.text if chip else None) == words
