"""What goes before the deadline: found by words, moved by people, never anything but sorted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from inbox import ingest
from inbox.incoming import phrases, places, sorting
from inbox.incoming.arrivals import StoredItem
from inbox.lanes import lanes
from inbox.models import Conversation, LaneChange, Outgoing
from tests.factories import NOW, ConversationFactory, UserFactory

Lane = Conversation.Lane
Write = Callable[..., Conversation]
HOUR = timedelta(hours=1)

FOUND = [
    ("Vi vet var ni bor, ni på gatukontoret", Lane.URGENT, "threat", True),
    ("Jag ska slå ihjäl dig", Lane.URGENT, "threat", True),
    ("jag ska DÖDA\u200b dig", Lane.URGENT, "threat", True),
    ("jag ska do\u0308da dig", Lane.URGENT, "threat", True),
    ("🔪🔪", Lane.URGENT, "weapons", False),
    ("@Karin 💣 💣", Lane.URGENT, "weapons", False),
    ("Orkar inte leva längre, ingen hjälper mig", Lane.URGENT, "danger", True),
    ("AKUT: en lös ledning hänger över Kvarngatan", Lane.URGENT, "hazard", True),
    ("Farthindren är livsfarliga för cyklister", Lane.URGENT, "hazard", False),
    ("ni har avslagit mitt försörjningsstöd", Lane.PERSON, "own_matter", True),
    ("Familjen blir vräkt på fredag", Lane.PERSON, "crisis", True),
    ("jag begär ut alla handlingar om det här", Lane.LEGAL, "records", True),
    ("Jag vill ha ut avtalet med entreprenören", Lane.LEGAL, "records", True),
    ("radera mina uppgifter ur era register enligt gdpr", Lane.LEGAL, "gdpr", True),
    ("Sidan går inte att läsa med skärmläsare", Lane.LEGAL, "accessibility", True),
    ("Jag överklagar beslutet", Lane.LEGAL, "appeal", True),
    ("Hur gör man en orosanmälan?", Lane.LEGAL, "concern", True),
    ("Finns det någon funktion för visselblåsare?", Lane.LEGAL, "whistle", True),
    ("Jag överklagar, annars vet jag var ni bor. Vi vet var ni bor.", Lane.URGENT, "threat", True),
]
ORDINARY = [
    "När öppnar simhallen på lördag?",
    "Dödligt tråkigt torg",
    "Vilken bomb till konsert! 🎉",
    "🔪 Nya köksknivar på loppisen i Ekdala",
    "❤️❤️",
    "Kan man skjuta upp mötet?",
    "Har ni hängt upp granen än?",
    "Knivskarp bild!",
    "Jag bor på Ringvägen och undrar när det plogas",
    "Ta gärna bort snön vid hållplatsen",
    "",
    "\u200b",
]


@pytest.mark.parametrize(("text", "lane", "rule", "certain"), FOUND)
def test_a_text_is_found_with_its_reason(text: str, lane: int, rule: str, certain: bool) -> None:
    assert lanes.of(text) == lanes.Found(lane, rule, certain)
    assert lanes.reason(rule)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_is_in_no_lane(text: str) -> None:
    assert lanes.of(text) is None


def test_every_built_in_rule_has_a_reason_and_every_expression_means_something() -> None:
    for lane, key, surely, perhaps in lanes.as_written():
        assert lane in Lane.values
        assert key in lanes.REASONS
        for expression in (*surely, *perhaps):
            found = lanes.of(expression.replace("…", "x").replace("*", "a"))
            assert found is not None and found.lane <= lane, expression


def test_an_expression_without_a_word_is_refused() -> None:
    for text in ("", "*", "…", "… hej", "hej …", "!!", "x" * 81, "a"):
        with pytest.raises(ValueError, match=r"^"):
            phrases.phrase(text)


def test_no_text_can_make_an_expression_slow() -> None:
    assert lanes.of("få ut " * 50_000 + "få ut alla gamla handlingar") is None  # far behind what is read
    assert phrases.phrase("ab* … ab* … abc").is_in(phrases.fold("ab abc" * 2_000 + " ab" * 2_000)) is not None


@pytest.mark.django_db
def test_a_threat_is_lifted_as_it_comes_in_and_says_why(write: Write) -> None:
    row = write("Vi vet var ni bor")
    change = LaneChange.objects.get()
    assert (row.lane, change.rule, change.version) == (Lane.URGENT, "threat", lanes.book().version)
    assert not Outgoing.objects.exists()  # what becomes of it a person decides


@pytest.mark.django_db
def test_what_is_older_than_the_connection_alarms_nobody(write: Write) -> None:
    row = write("Vi vet var ni bor", at=NOW.replace(year=2025))
    assert row.lane == Lane.ORDINARY


@pytest.mark.django_db
def test_the_more_urgent_lane_wins_and_a_lesser_one_does_not_take_it_back(write: Write) -> None:
    row = write("jag begär ut alla handlingar")
    assert write("Vi vet var ni bor", at=NOW + HOUR, row=row).lane == Lane.URGENT
    assert write("jag begär ut alla handlingar", at=NOW + 2 * HOUR, row=row).lane == Lane.URGENT


@pytest.mark.django_db
def test_what_a_person_has_moved_stays_until_something_urgent_is_written(write: Write) -> None:
    row = write("jag begär ut alla handlingar")
    sorting.move(row.pk, Lane.ORDINARY, by=UserFactory(), now=NOW + HOUR)
    assert write("begäran om allmän handling!", at=NOW + 2 * HOUR, row=row).lane == Lane.ORDINARY
    assert write("Vi vet var ni bor", at=NOW + 3 * HOUR, row=row).lane == Lane.URGENT


@pytest.mark.django_db
def test_a_thank_you_after_it_is_done_is_not_urgent_again(write: Write) -> None:
    row = write("Det luktar gas på Kvarngatan")
    Conversation.objects.filter(pk=row.pk).update(status="closed")
    assert write("Tack för hjälpen", at=NOW + HOUR, row=row).lane == Lane.ORDINARY
    Conversation.objects.filter(pk=row.pk).update(status="closed")
    row = write("Nu luktar det gas igen, det luktar gas i trappan", at=NOW + 2 * HOUR, row=row)
    assert row.lane == Lane.URGENT
    assert LaneChange.objects.filter(conversation=row, lane=Lane.URGENT, alarmed_at=None).count() == 2


@pytest.mark.django_db
def test_a_threat_edited_into_an_innocent_comment_is_found(write: Write) -> None:
    row = write("Fint väder")
    row.items.update(text="Vi vet var ni bor", unsettled=True)
    sorting.sort([row.thread_id], NOW)
    row.refresh_from_db()
    assert row.lane == Lane.URGENT


@pytest.mark.django_db
def test_an_author_who_becomes_known_keeps_the_lane_of_what_was_written_without_a_name(write: Write) -> None:
    known = write("Hej")
    alone = ConversationFactory(thread=known.thread, contact=None, root_external_id="x", last_item_at=NOW)
    write("Vi vet var ni bor", row=alone)
    item = alone.items.get()
    stored = StoredItem(item.pk, alone.thread_id, alone.pk, None, None, item.external_id, [], "", "comment", False,
                        item.text, NOW, None, None, None, True, True, False, held="", has_raw=True)  # fmt: skip
    with transaction.atomic():
        places.adopt_author(stored, known.contact_id)
    ingest.settle([known.thread_id], NOW + HOUR)
    known.refresh_from_db()
    assert known.lane == Lane.URGENT
