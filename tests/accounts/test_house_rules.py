"""The rules of the house: set in a page, written in the trail, and kept from then on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import rules
from accounts.models import ApprovalRule, AuditEvent, NeutralPeriod, Role
from tests.factories import NOW, ChannelFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def central(sign_in: Callable[..., Client]) -> Client:
    return sign_in(Role.CENTRAL, "Cia Dahl")


def test_the_hours_until_the_central_unit_are_set_in_the_page_and_hold_at_once(central: Client, anna: Client) -> None:
    row = waiting_conversation()
    assert "Den centrala enheten tar över i dag 14.00" in anna.get(f"/k/{row.pk}/").content.decode()
    central.post("/husregler/spara/", {"central_after_hours": "6", "relay_waits": "on"})
    assert "Den centrala enheten tar över i dag 16.00" in anna.get(f"/k/{row.pk}/").content.decode()
    event = AuditEvent.objects.get(action="house.changed")
    assert event.data == {"central_after_hours": 6}


@pytest.mark.parametrize("hours", ["0", "73", "", "x"])
def test_hours_that_make_no_sense_are_refused(hours: str, central: Client) -> None:
    assert central.post("/husregler/spara/", {"central_after_hours": hours}).status_code == 422
    assert rules.house().central_after_hours == 4


def test_whose_replies_wait_is_set_for_a_role_or_an_account_but_not_for_all(central: Client) -> None:
    channel = ChannelFactory()
    where = "/husregler/godkannande/"
    assert central.post(where, {}).status_code == 422
    assert central.post(where, {"role": "communicator", "channel": channel.pk}).status_code == 302
    assert central.post(where, {"role": "communicator", "channel": channel.pk}).status_code == 422
    rule = ApprovalRule.objects.get()
    central.post(f"{where}{rule.pk}/bort/")
    assert not ApprovalRule.objects.exists()


def test_a_period_of_neutrality_is_set_between_dates_and_holds_on_both(central: Client) -> None:
    form = {"name": "Val", "first_day": "2026-11-24", "last_day": "2026-11-24"}
    assert central.post("/husregler/neutralitet/", form | {"last_day": "2026-11-01"}).status_code == 422
    assert central.post("/husregler/neutralitet/", form).status_code == 302
    assert "gäller nu" in central.get("/husregler/").content.decode()
    period = NeutralPeriod.objects.get()
    assert rules.neutral(period.first_day) == period
    central.post(f"/husregler/neutralitet/{period.pk}/bort/")
    assert rules.neutral(NOW.date()) is None


def test_others_read_the_rules_and_who_changes_them(anna: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        page = anna.get("/husregler/").content.decode()
    assert "Central kommunikation och administratörer ändrar dem." in page
    assert '<button class="button primary"' not in page
    assert anna.post("/husregler/spara/", {"central_after_hours": "9"}).status_code == 403


def test_the_central_unit_is_a_department_that_the_page_sets(sign_in: Callable[..., Client]) -> None:
    admin, place = sign_in(Role.ADMIN), ChannelFactory().department
    assert "Ingen förvaltning är utsedd" in admin.get("/husregler/").content.decode()
    admin.post(f"/manniskor/forvaltningar/{place.pk}/", {"name": place.name, "is_central": "on"})
    assert f"Central enhet: {place.name}" in admin.get("/husregler/").content.decode()
    assert AuditEvent.objects.get(action="department.changed").data["is_central"] is True


def test_a_refusal_names_who_may(sign_in: Callable[..., Client]) -> None:
    UserFactory()
    page = sign_in(Role.READER).post("/husregler/spara/", {}).content.decode()
    assert "central kommunikation, administratör" in page
    assert "En administratör kan ge dig den." in page


def options(page: str, field: str) -> list[str]:
    [select] = re.findall(rf'<select name="{field}".*?</select>', page, re.DOTALL)
    return re.findall(r"<option[^>]*>([^<]*)</option>", select)


def test_the_lists_of_stand_ins_say_who_may_not_approve(sign_in: Callable[..., Client]) -> None:
    admin, channel = sign_in(Role.ADMIN), ChannelFactory()
    UserFactory(name="Karin Lund")
    UserFactory(name="Olle Jour", role=Role.ON_CALL)
    page = admin.get(f"/register/{channel.pk}/andra/").content.decode()
    for field in ("deputy", "approver"):
        assert {"Karin Lund", "Olle Jour (får inte godkänna svar)"} <= set(options(page, field))
    assert "Olle Jour" in options(page, "owner")
    mine = admin.get("/jag/").content.decode()
    assert {"Karin Lund", "Olle Jour (får inte godkänna svar)"} <= set(options(mine, "deputy"))


def test_who_approves_nothing_is_told_nothing_of_it(sign_in: Callable[..., Client]) -> None:
    on_call = sign_in(Role.ON_CALL)
    UserFactory(name="Olle Jour", role=Role.ON_CALL)
    page = on_call.get("/jag/").content.decode()
    assert "Olle Jour" in options(page, "deputy") and "godkänna" not in page.split('id="id_deputy"')[1][:600]
