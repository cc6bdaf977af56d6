"""Dialogues: while one runs its hashtag leads to its department; afterwards to the main team again, with a summary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Channel, Dialogue, Role
from inbox import ingest
from inbox.house import dialogues
from inbox.models import Conversation
from tests.factories import (
    NOW,
    ChannelFactory,
    ConversationFactory,
    DepartmentFactory,
    ItemFactory,
    PostFactory,
    ThreadFactory,
    UserFactory,
    waiting_conversation,
)

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 11, 20), date(2026, 11, 30)


@pytest.fixture
def main() -> Channel:
    channel: Channel = ChannelFactory()
    return channel


@pytest.fixture
def dialogue(main: Channel) -> Dialogue:
    row: Dialogue = Dialogue.objects.create(
        channel=main, question="Hur vill du ha hamnen?", purpose="Underlag till planen.", hashtag="hamnen2030",
        first_day=FIRST, last_day=LAST, department=DepartmentFactory(name="Samhällsbyggnad"), owner=UserFactory(),
    )  # fmt: skip
    return row


def written(channel: Channel, text: str, *, now: Any = NOW, post: str = "Hej") -> Conversation:
    thread = ThreadFactory(channel=channel, post=PostFactory(channel=channel, text=post))
    row: Conversation = ConversationFactory(thread=thread, last_item_at=now, arrived_at=now)
    ItemFactory(conversation=row, text=text, posted_at=now, fetched_at=now, unsettled=True)
    ingest.settle([thread.pk], now)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("text", "post", "is_theirs"),
    [
        ("Mer bad! #Hamnen2030", "Hej", True),
        ("Mer bad!", "Vad tycker du? #hamnen2030", True),
        ("#hamnen2030plus", "Hej", False),
        ("Mer bad!", "Hej", False),
    ],
)
def test_while_it_runs_its_hashtag_leads_to_its_department(
    text: str, post: str, is_theirs: bool, main: Channel, dialogue: Dialogue
) -> None:
    assert (written(main, text, post=post).department == dialogue.department) is is_theirs


def test_on_another_account_it_means_nothing(dialogue: Dialogue) -> None:
    assert written(ChannelFactory(), "#hamnen2030").department is None


@pytest.mark.parametrize("days", [-5, 7])
def test_before_and_after_it_the_main_team_has_what_is_written(days: int, main: Channel, dialogue: Dialogue) -> None:
    assert written(main, "#hamnen2030", now=NOW + timedelta(days=days)).department is None


def test_after_the_end_what_is_open_goes_back_once(main: Channel, dialogue: Dialogue) -> None:
    row, other = written(main, "#hamnen2030"), waiting_conversation(department=dialogue.department)
    after = NOW + timedelta(days=7)
    assert [dialogues.hand_back(at) for at in (NOW, after, after)] == [0, 1, 0]
    for each in (row, other):
        each.refresh_from_db()
    assert (row.department, other.department) == (None, dialogue.department)


def test_closing_needs_a_post_and_stores_a_summary_without_names(
    main: Channel, dialogue: Dialogue, anna: Client
) -> None:
    for text in ("Mer bad! #hamnen2030", "Fler båtar #hamnen2030"):
        written(main, text)
    url = f"/dialoger/{dialogue.pk}/"
    assert "2 personer har skrivit, 2 kommentarer i allt" in anna.get(url).content.decode()
    assert anna.post(f"{url}avsluta/", {"closing_post": " "}).status_code == 422
    assert anna.post(f"{url}avsluta/", {"closing_post": "Tack! Nu ritar vi."}).status_code == 302
    dialogue.refresh_from_db()
    numbers = {name: dialogue.report[name] for name in ("conversations", "people", "comments", "answers", "open")}
    assert numbers == {"conversations": 2, "people": 2, "comments": 2, "answers": 0, "open": 2}
    assert "Jonas" not in str(dialogue.report)
    written(main, "För sent #hamnen2030")
    assert "2 personer har skrivit" in anna.get(url).content.decode()
    again = anna.post(f"{url}avsluta/", {"closing_post": "Igen"}, follow=True)
    assert "redan avslutad" in again.content.decode()


def form_of(main: Channel, **given: Any) -> dict[str, Any]:
    person = UserFactory(name="Per Lind")
    facts = {
        "channel": main.pk, "question": "Var ska parken ligga?", "purpose": "Plan", "hashtag": "#Parken",
        "first_day": "2026-12-01", "last_day": "2026-12-10", "department": main.department_id, "owner": person.pk,
        "staff": [person.pk],
    }  # fmt: skip
    return facts | given


def test_a_communicator_opens_one_on_a_main_account(main: Channel, anna: Client) -> None:
    assert anna.post("/dialoger/ny/", form_of(main)).status_code == 302
    row = Dialogue.objects.get()
    assert (row.hashtag, [str(user) for user in row.staff.all()]) == ("parken", ["Per Lind"])
    assert "kommande" in anna.get("/dialoger/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"last_day": "2026-11-01"}, "slutar innan den börjar"),
        ({"hashtag": "två ord"}, "utan mellanslag"),
        ({"hashtag": "hamnen2030", "first_day": "2026-11-30"}, "har den hashtaggen då"),
        ({"staff": []}, "Bemanning"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    wrong: dict[str, Any], why: str, main: Channel, dialogue: Dialogue, anna: Client
) -> None:
    answer = anna.post("/dialoger/ny/", form_of(main, **wrong))
    assert answer.status_code == 422
    assert why in answer.content.decode()


def test_on_a_topic_account_no_dialogue_is_opened(anna: Client) -> None:
    assert anna.post("/dialoger/ny/", form_of(ChannelFactory(kind="topic"))).status_code == 422


def test_readers_read_and_do_not_open(dialogue: Dialogue, sign_in: Callable[..., Client]) -> None:
    reader = sign_in(Role.READER)
    assert reader.get(f"/dialoger/{dialogue.pk}/").status_code == 200
    assert reader.get("/dialoger/ny/").status_code == 403
    assert reader.post(f"/dialoger/{dialogue.pk}/avsluta/", {"closing_post": "x"}).status_code == 403
