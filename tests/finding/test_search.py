"""What the search field finds, and what it must never find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, Topic
from inbox import actions
from inbox.incoming import retention
from inbox.models import Conversation, Item, SavedView, SearchEntry
from inbox.showing import search
from tests.factories import (
    NOW,
    ChannelFactory,
    ContactFactory,
    DepartmentFactory,
    ItemFactory,
    PostFactory,
    ThreadFactory,
    waiting_conversation,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def says(text: str, *, name: str = "Sara Lind", at: Any = NOW, channel: Any = None, **item: Any) -> Conversation:
    channel = channel or ChannelFactory()
    thread = ThreadFactory(channel=channel, post=PostFactory(channel=channel, text=item.pop("post", "Hej!")))
    contact = ContactFactory(platform=channel.platform, name=name)
    row = waiting_conversation(posted_at=at, text=text, thread=thread, contact=contact)
    row.items.update(**item)
    return row


def found(client: Client, text: str) -> list[int]:
    return [entry["row"].pk for entry in client.get("/", {"sok": text}).context["rows"]]


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("simhall", True),
        ("simhallarna", True),
        ("öppnar simhallen", True),
        ("stänger simhallen", False),
        ('"på lördag"', True),
        ('"lördag simhallen"', False),
        ("simhallen -söndag", True),
        ("simhallen -lördag", False),
        ("simh*", True),
        ("bro simhallen", True),
        ("bron", True),
        ("bro -simhallen", False),
        ('"bro"', False),
        ("lind", True),
        ("från:sara", True),
        ("från:simhallen", False),
        ("SIMHALLEN", True),
        ("simhallen konto:facebook", True),
        ("simhallen konto:x", False),
        ("simhallen status:obesvarad", True),
        ("simhallen status:klar", False),
        ("simhallen efter:igår", True),
        ("simhallen före:igår", False),
        ("simhallen har:bild", False),
    ],
)
def test_words_are_found_as_people_write_them(typed: str, finds: bool, anna: Client) -> None:
    row = says("När öppnar simhallen på lördag? Är bron klar?")
    says("Snön ligger kvar på Ekvägen", name="Per Ek")
    assert found(anna, typed) == ([row.pk] if finds else [])


def test_our_own_replies_are_found_and_can_be_asked_for_alone(anna: Client) -> None:
    row = says("När plogas det?")
    says("Plogas det i natt?")
    ItemFactory(conversation=row, from_us=True, contact=None, text="Vi plogar i natt.", posted_at=NOW)
    assert len(found(anna, "plogar")) == 3
    assert found(anna, "plogar från:oss") == [row.pk]
    assert "Vi till Sara Lind" in anna.get("/", {"sok": "från:oss"}).content.decode()


def test_a_search_keeps_to_the_account_that_is_chosen(anna: Client) -> None:
    row = says("snö här")
    says("snö där")
    context = anna.get("/", {"sok": "snö", "konto": row.channel_id}).context
    assert [entry["row"].pk for entry in context["rows"]] == [row.pk]
    assert context["every_channel"] == "sok=sn%C3%B6"


def test_a_topic_is_a_hashtag_or_an_account_for_it(anna: Client) -> None:
    tagged = says("Rasten är för kort #skola")
    post = says("När börjar terminen?", post="Nu är det #skola igen")
    account = says("Hej där", channel=ChannelFactory(kind="topic", name="Skola i Exempelby"))
    says("Skolan är fin")
    says("#skolan")
    assert set(found(anna, "ämne:skola")) == {tagged.pk, post.pk, account.pk}


def test_a_topic_is_also_what_a_person_or_a_rule_has_given(anna: Client) -> None:
    row, other = says("När börjar terminen?"), says("När plogas det?")
    school = Topic.objects.create(name="Förskola och skola", department=DepartmentFactory())
    Conversation.objects.filter(pk=row.pk).update(topic=school)
    assert found(anna, "ämne:skola") == [row.pk]
    assert found(anna, "ämne:skola terminen") == [row.pk]
    winter = Topic.objects.create(tag="snö", name="Vinter", department=DepartmentFactory())
    Conversation.objects.filter(pk=other.pk).update(topic=winter)
    assert found(anna, "ämne:#snö") == [other.pk]


def test_what_asks_for_no_words_is_a_list_by_deadline(anna: Client) -> None:
    late, early = says("Ett", at=NOW - HOUR), says("Två", at=NOW - 5 * HOUR)
    says("Tre", channel=ChannelFactory(platform="twitter"))
    assert found(anna, "konto:facebook status:obesvarad") == [early.pk, late.pk]
    says("Fyra", language="en", media=["https://bild.example/1"])
    assert len(found(anna, "språk:en har:bild")) == 1


def test_the_hit_is_marked_and_all_else_is_text(anna: Client) -> None:
    says("<b>simhallen</b> {{ x }} \ue000y\ue001 och mitt nummer är 19811218-9876")
    page = anna.get("/", {"sok": "simhallen"}).content.decode()
    assert "<mark>simhallen</mark>" in page
    assert "&lt;b&gt;" in page
    assert "9876" not in page


def test_pages_of_hits_neither_lose_nor_repeat_one(anna: Client) -> None:
    row = says("början")
    for n in range(95):
        ItemFactory(conversation=row, text=f"snö nummer {n}", posted_at=NOW - timedelta(minutes=n // 3))
    seen, query = [], "sok=snö"
    while query:
        context = anna.get(f"/?{query}").context
        seen += [entry["hit"].item.pk for entry in context["rows"]]
        query = context["more"]
    times = list(Item.objects.filter(pk__in=seen).order_by("-posted_at", "-pk").values_list("pk", flat=True))
    assert len(seen) == 95
    assert seen == times


def test_a_common_word_answers_from_its_newest_hits_and_says_so(anna: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_HITS", 20)
    monkeypatch.setattr(search, "NEWEST_HITS", 10)
    row = says("början")
    for n in range(25):
        ItemFactory(conversation=row, text="snö", posted_at=NOW - timedelta(minutes=n))
    answer = anna.get("/", {"sok": "snö"})
    assert len(answer.context["rows"]) == 10
    assert "Orden är vanliga: här är träffar bland de 10 nyaste" in answer.content.decode()


def test_words_that_say_nothing_and_wrong_operators_are_explained(anna: Client) -> None:
    says("och det är på")
    assert "De orden står i nästan varje mening" in anna.get("/", {"sok": "och på"}).content.decode()
    page = anna.get("/", {"sok": "knoto:x"}).content.decode()
    assert "Det finns inget filter som heter knoto:" in page


def test_what_is_edited_deleted_or_purged_is_no_longer_found(anna: Client) -> None:
    row = says("Var är cykeln?")
    item = row.items.get()
    Item.objects.filter(pk=item.pk).update(text="Var är bilen?")
    assert (found(anna, "cykeln"), found(anna, "bilen")) == ([], [row.pk])
    Item.objects.filter(pk=item.pk).update(deleted_at=NOW)
    assert found(anna, "bilen") == []


def test_nothing_of_linkedin_outlives_its_48_hours_in_the_index(anna: Client) -> None:
    row = says("Intressant tjänst", name="Linn Berg", channel=ChannelFactory(platform="linkedin"))
    item = row.items.get()
    row.contact.__class__.objects.filter(pk=row.contact.pk).update(keep_until=NOW + DAY)
    Item.objects.filter(pk=item.pk).update(keep_until=NOW, text="Intressant tjänst hos er")
    assert found(anna, "intressant") == [row.pk]
    assert found(anna, "från:linn") == []  # a profile may be kept for a shorter time still
    retention.purge(NOW)
    assert found(anna, "intressant") == []
    assert str(SearchEntry.objects.get(item=item).vector) == ""


def test_an_item_that_is_removed_leaves_nothing_behind() -> None:
    row = says("Hej")
    row.items.all().delete()
    assert not SearchEntry.objects.exists()


@pytest.mark.parametrize(
    "typed", ["snö", "snö konto:facebook status:öppen ämne:x har:svar", "konto:facebook", "finnsej", "och"]
)
def test_a_search_takes_few_queries(typed: str, anna: Client, django_assert_max_num_queries: Callable) -> None:
    for n in range(5):
        says(f"snö {n}")
    with django_assert_max_num_queries(12):
        anna.get("/", {"sok": typed})


@pytest.mark.parametrize(
    "typed", ["'", "\\", "a & | !", "( snö", "':*", "*", "x" * 300, "\x00", "<->", "från:'", "ämne:[", "%s %d", '"']
)
def test_no_sign_breaks_the_search(typed: str, anna: Client) -> None:
    says("snö")
    assert anna.get("/", {"sok": typed}).status_code == 200


def test_who_has_no_role_finds_nothing(sign_in: Callable[..., Client]) -> None:
    says("snö")
    assert sign_in(None).get("/", {"sok": "snö"}).status_code == 403
    assert len(found(sign_in(Role.READER), "snö")) == 1


def test_a_hit_opens_beside_the_search_and_stays_in_it(anna: Client) -> None:
    row = says("snö på gatan")
    page = anna.get(f"/k/{row.pk}/", {"sok": "snö"}).content.decode()
    assert 'value="snö"' in page
    assert "Sökning: snö" in page
    actions.decide(row.pk, "no_reply", reason="other", by=anna.user, now=NOW)  # type: ignore[attr-defined]
    news = anna.get("/nytt/", {"sok": "snö", "rader": str(row.pk), "sedan": NOW.isoformat()})
    assert (news.context["count"], news.context["left"]) == (0, [])


def test_a_departments_communicator_finds_and_decides_only_what_is_the_departments(
    sign_in: Callable[..., Client],
) -> None:
    mine, other = (
        says("snö hos oss", channel=ChannelFactory(kind="topic")),
        says("snö hos dem", channel=ChannelFactory(kind="topic")),
    )
    per = sign_in(Role.DEPARTMENT, "Per")
    per.user.memberships.update(department=mine.channel.department)  # type: ignore[attr-defined]
    assert found(per, "snö") == [mine.pk]
    SavedView.objects.create(owner=per.user, name="Snö", query="sok=sn%C3%B6", saved_at=NOW)  # type: ignore[attr-defined]
    assert [entry.count for entry in per.get("/").context["saved"]] == [1]
    per.post("/val/", {"row": [mine.pk, other.pk], "do": "no_reply:other", "key": "k", "drawn_at": NOW.isoformat()})
    assert [row.status for row in Conversation.objects.order_by("pk")] == ["closed", "open"]


@pytest.mark.parametrize("query", ["sok=%00%FF", "vy=finns-inte", "", "grupp=abc", "sok=" + "x" * 300])
def test_a_saved_view_that_makes_no_sense_breaks_no_page(query: str, anna: Client) -> None:
    says("snö")
    SavedView.objects.create(owner=anna.user, name="Trasig", query=query, saved_at=NOW)  # type: ignore[attr-defined]
    assert anna.get("/").status_code == 200


def test_our_own_reply_is_found_while_its_citizen_has_deleted_the_question(anna: Client) -> None:
    row = says("Var är snön?")
    ItemFactory(conversation=row, from_us=True, contact=None, text="Vi plogar i natt.", posted_at=NOW)
    row.items.filter(from_us=False).update(deleted_at=NOW)
    assert found(anna, "snön") == []
    assert found(anna, "plogar") == [row.pk]
