"""The municipality's own rules: tried before they are saved, they sort, flag and blur, and can do nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Topic
from inbox.incoming import sorting
from inbox.models import Conversation, LaneChange, Outgoing, SortingRule
from tests.factories import NOW, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]


def rule(name: str = "Snö", **given: Any) -> SortingRule:
    return SortingRule.objects.create(name=name, changed_at=NOW, **given)


def test_a_rule_gives_department_topic_lane_flag_and_blur(write: Write) -> None:
    place = DepartmentFactory()
    topic = Topic.objects.create(name="Snöröjning", department=place)
    rule(words="snö*\nplog*", topic=topic, department=place, lane=3, flag="Snö", blurs=True)
    row = write("När plogas Ringvägen?")
    assert (row.topic, row.department, row.lane, row.flag, row.blurred) == (topic, place, 3, "Snö", True)
    assert LaneChange.objects.get().rule == "rule:Snö"
    assert not Outgoing.objects.exists()


def test_all_that_a_rule_asks_for_must_be_there(write: Write) -> None:
    wanted = write("hej")
    rule(words="snö*", hashtag="vinter", channel=wanted.channel, flag="Snö")
    assert write("Snön ligger kvar #vinter").flag == ""
    assert write("Snön ligger kvar", row=wanted).flag == ""
    assert write("Snön ligger kvar #Vinter", row=wanted).flag == "Snö"


def test_a_rule_reads_the_lane_that_was_found(write: Write) -> None:
    place = DepartmentFactory()
    rule(in_lane=3, department=place)
    assert write("jag begär ut alla handlingar").department == place
    assert write("hej").department is None


def test_a_rule_that_is_not_used_does_nothing(write: Write) -> None:
    rule(words="snö*", flag="Snö", is_active=False)
    assert write("Snön ligger kvar").flag == ""


def test_there_is_no_way_to_make_a_rule_hide_delete_block_or_reply(admin: Client) -> None:
    names = {field.name for field in SortingRule._meta.get_fields()}
    for word in ("hide", "delete", "block", "reply", "answer", "close", "verdict", "moderate", "action"):
        assert not any(word in name for name in names)
    for refused in ({"words": "x"}, {"flag": "x"}, {"words": "x", "lane": 9}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rule(**refused)
    page = admin.get("/regler/ny/").content.decode()
    assert 'name="hide"' not in page and "Den kan aldrig dölja" in admin.get("/regler/").content.decode()


FORM = {"name": "Snö", "is_active": "on", "words": "snö*", "flag": "Snö"}


def test_a_rule_is_saved_only_after_its_hits_were_seen(write: Write, admin: Client) -> None:
    for text in ("Snön ligger kvar", "snöigt", "Sol", "Mitt nr är 811228-9874, snö"):
        write(text)
    assert "disabled" in admin.get("/regler/ny/").content.decode()
    unseen = admin.post("/regler/ny/", FORM | {"save": ""})
    assert "ändrad sedan du provade" in unseen.content.decode()
    tried = admin.post("/regler/ny/", FORM | {"try": ""})
    page = tried.content.decode()
    assert "Regeln hade träffat 3 av de senaste 4" in page
    assert "Snön ligger kvar" in page and "811228" not in page
    assert not SortingRule.objects.exists()
    changed = admin.post("/regler/ny/", FORM | {"words": "sol", "save": "", "tried": tried.context["tried"]})
    assert changed.status_code in (200, 422) and not SortingRule.objects.exists()
    assert admin.post("/regler/ny/", FORM | {"save": "", "tried": tried.context["tried"]}).status_code == 302
    made = SortingRule.objects.get()
    assert AuditEvent.objects.get(action="rule.added").data["now_"]["words"] == "snö*"
    admin.post(f"/regler/{made.pk}/bort/")
    assert AuditEvent.objects.get(action="rule.removed").data["was"]["flag"] == "Snö"


@pytest.mark.parametrize("change", [{"words": ""}, {"words": "*"}, {"words": "…"}, {"flag": ""}, {"lane": "9"}])
def test_a_rule_that_means_nothing_is_refused(change: dict[str, str], admin: Client) -> None:
    assert admin.post("/regler/ny/", FORM | change | {"try": ""}).status_code == 422


def test_only_admins_make_rules_and_everybody_reads_them(anna: Client) -> None:
    assert anna.post("/regler/ny/", FORM).status_code == 403
    page = anna.get("/regler/").content.decode()
    assert "vet var du bor" in page and "Hot" in page


def test_more_rules_cost_no_more_queries(write: Write) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            write("När öppnar simhallen?")
        return len(captured)

    cost()
    before = cost()
    for number in range(20):
        rule(f"Regel {number}", words=f"ord{number}", flag="x")
    assert cost() == before


def test_a_person_gives_a_topic_by_a_dialog_or_a_page(write: Write, anna: Client) -> None:
    topic = Topic.objects.create(name="Snöröjning", department=DepartmentFactory())
    row = write("hej")
    part = anna.get(f"/k/{row.pk}/amne/", headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
    assert "Snöröjning" in part and "<html" not in part
    assert "<html" in anna.get(f"/k/{row.pk}/amne/").content.decode()
    anna.post(f"/k/{row.pk}/amne/", {"topic": topic.pk})
    row.refresh_from_db()
    assert row.topic == topic
    assert "Ämne: Snöröjning" in anna.get(f"/k/{row.pk}/").content.decode()
    sorting.give_topic(row.pk, None, by=UserFactory(), now=NOW)
    assert write("#okänd", row=row).topic is None


def test_a_hashtag_gives_its_topic(write: Write) -> None:
    topic = Topic.objects.create(tag="badhus", name="Bad", department=DepartmentFactory())
    assert write("När öppnar ni? #Badhus").topic == topic
