"""Rosters and hand-overs: hours without anybody are seen a week ahead, and both sign what is handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import AuditEvent, Channel, Membership, NoticeSettings, Role, Shift
from inbox.house import staffing
from inbox.models import Changeover, Conversation, Draft
from tests.factories import NOW, ChannelFactory, DepartmentFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

WEEK_ON = timedelta(days=8)


def shift(**given: Any) -> Shift:
    facts = {"user": given.pop("user", None) or UserFactory(), "starts_at": NOW, "ends_at": NOW + WEEK_ON, **given}
    row: Shift = Shift.objects.create(**facts)
    return row


def hours(gap: staffing.Gap) -> list[str]:
    return [f"{start:%H.%M}–{end:%H.%M}" for start, end in gap.windows]  # UTC; Stockholm is an hour ahead


def days() -> list[date]:
    return [gap.day for gap in staffing.Roster(NOW).gaps()]


def test_without_a_roster_every_working_day_of_the_week_is_bare() -> None:
    channel = ChannelFactory()
    found = staffing.Roster(NOW).gaps()
    assert [gap.day.isoweekday() for gap in found] == [2, 3, 4, 5, 1]
    assert hours(found[0]) == ["09.00–15.30"]  # from now on
    assert hours(found[1]) == ["07.00–15.30"]
    assert found[0].channels == (channel,)


def test_somebody_for_all_accounts_is_enough() -> None:
    ChannelFactory()
    shift()
    assert days() == []


@pytest.mark.parametrize("what", ["channel", "department"])
def test_who_is_there_for_one_account_is_not_there_for_another(what: str) -> None:
    mine, other = ChannelFactory(), ChannelFactory()
    shift(**{what: mine if what == "channel" else mine.department})
    assert {gap.channels for gap in staffing.Roster(NOW).gaps()} == {(other,)}


def test_a_gap_in_the_middle_of_a_day_is_that_long() -> None:
    ChannelFactory()
    noon = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
    shift(ends_at=noon)
    shift(starts_at=noon + timedelta(hours=1), kind=Shift.Kind.ON_CALL)
    assert [hours(gap) for gap in staffing.Roster(NOW).gaps()] == [["11.00–12.00"]]


def test_who_is_away_is_not_on_duty_whatever_the_roster_says() -> None:
    ChannelFactory()
    row = shift()
    NoticeSettings.objects.create(user=row.user, absent_from=date(2026, 11, 26), absent_until=date(2026, 11, 26))
    assert days() == [date(2026, 11, 26)]


def test_weekends_holidays_and_closed_accounts_need_nobody() -> None:
    ChannelFactory(status=Channel.Status.CLOSED)
    assert days() == []
    ChannelFactory()
    christmas = datetime(2026, 12, 23, 12, 0, tzinfo=UTC)
    open_days = [gap.day.isoformat() for gap in staffing.Roster(christmas).gaps()]
    assert open_days == ["2026-12-23", "2026-12-28", "2026-12-29"]


def test_the_page_says_so_and_who_is_there_now(anna: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    for _each in range(3):
        ChannelFactory()
    shift(user=UserFactory(name="Per Lind"), kind=Shift.Kind.ON_CALL, ends_at=NOW + timedelta(hours=2))
    with django_assert_max_num_queries(12):
        page = anna.get("/bemanning/").content.decode()
    assert "Kontorstid utan någon i tjänst 5 gånger" in page
    assert "tisdag 24 november 12.00–16.30" in page
    assert "Per Lind, till i dag 12.00" in page


def gap_keys() -> list[str]:
    return [gap.key for gap in staffing.Roster(NOW).gaps()]


def test_who_plans_fills_gaps_in_one_step_with_just_those_hours(sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory(name="Per Lind")
    ChannelFactory(), ChannelFactory()
    first, second = gap_keys()[:2]
    page = planner.get("/bemanning/").content.decode()
    assert f'<select id="{first}" name="{first}">' in page and f'<label for="{first}">tisdag 24 november' in page
    chosen = {first: per.pk, second: planner.user.pk, gap_keys()[2]: ""}  # type: ignore[attr-defined]
    page = planner.post("/bemanning/luckor/", chosen, follow=True).content.decode()
    assert "2 luckor är fyllda." in page and "Kontorstid utan någon i tjänst 3 gånger" in page
    assert [
        (row.user, row.starts_at, row.ends_at, row.channel, row.department, row.kind) for row in Shift.objects.all()
    ] == [
        (per, NOW, datetime(2026, 11, 24, 15, 30, tzinfo=UTC), None, None, "office"),
        (
            planner.user,
            datetime(2026, 11, 25, 7, tzinfo=UTC),
            datetime(2026, 11, 25, 15, 30, tzinfo=UTC),
            None,
            None,
            "office",
        ),  # type: ignore[attr-defined]
    ]
    assert AuditEvent.objects.filter(action="shift.added").count() == 2


def test_a_gap_of_some_accounts_is_filled_for_those_only(sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory()
    here, there = DepartmentFactory(), DepartmentFactory()
    whole = [ChannelFactory(department=here), ChannelFactory(department=here)]
    part, manned = ChannelFactory(department=there), ChannelFactory(department=there)
    shift(channel=manned)
    planner.post("/bemanning/luckor/", {gap_keys()[0]: per.pk})
    made = Shift.objects.filter(user=per)
    assert {(row.channel, row.department) for row in made} == {(None, here), (part, None)}
    assert {channel.pk for row in made for channel in (*whole, part, manned) if row.covers(channel)} == {
        whole[0].pk, whole[1].pk, part.pk,
    }  # fmt: skip


def test_a_gap_with_a_pause_is_filled_around_it(sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory()
    ChannelFactory()
    noon = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    shift(starts_at=noon, ends_at=noon + timedelta(hours=1))
    planner.post("/bemanning/luckor/", {gap_keys()[0]: per.pk})
    assert [(row.starts_at, row.ends_at) for row in Shift.objects.filter(user=per)] == [
        (NOW, noon), (noon + timedelta(hours=1), datetime(2026, 11, 24, 15, 30, tzinfo=UTC)),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["filled", "for other accounts", "nonsense"])
def test_a_gap_that_is_another_by_now_is_not_filled(what: str, sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory()
    ChannelFactory()
    key = gap_keys()[0]
    if what == "filled":
        shift()
    elif what == "for other accounts":
        ChannelFactory()
    else:
        key = "gap-2026-11-24-x"
    before = set(Shift.objects.values_list("pk", flat=True))
    page = planner.post("/bemanning/luckor/", {key: per.pk}, follow=True).content.decode()
    assert "1 lucka är inte fylld" in page and set(Shift.objects.values_list("pk", flat=True)) == before


def test_half_a_gap_that_somebody_else_filled_leaves_the_other_half(sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory()
    ChannelFactory()
    key = gap_keys()[0]
    noon = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    shift(ends_at=noon)
    planner.post("/bemanning/luckor/", {key: per.pk})
    assert [row.starts_at for row in Shift.objects.filter(user=per)] == [noon]


def test_who_is_away_or_answers_nothing_is_neither_offered_nor_put_in(sign_in: Callable[..., Client]) -> None:
    planner, per, reader = (
        sign_in(Role.MANAGER),
        UserFactory(name="Per Lind"),
        UserFactory(role=Role.READER, name="Leif"),
    )
    ChannelFactory()
    NoticeSettings.objects.create(user=per, absent_from=date(2026, 11, 25), absent_until=date(2026, 11, 25))
    page = planner.get("/bemanning/").content.decode()
    assert page.count(f'<option value="{per.pk}">Per Lind</option>') == 4 and ">Leif<" not in page
    first, second = gap_keys()[:2]
    page = planner.post("/bemanning/luckor/", {first: reader.pk, second: per.pk}, follow=True).content.decode()
    assert "2 luckor är inte fyllda" in page and not Shift.objects.exists()


def test_nothing_chosen_fills_nothing_and_who_may_not_plan_sees_no_form(
    anna: Client, sign_in: Callable[..., Client]
) -> None:
    planner = sign_in(Role.MANAGER)
    ChannelFactory()
    page = planner.post("/bemanning/luckor/", {gap_keys()[0]: ""}, follow=True).content.decode()
    assert "Välj vem som är i tjänst" in page and not Shift.objects.exists()
    assert "/bemanning/luckor/" not in anna.get("/bemanning/").content.decode()
    assert anna.post("/bemanning/luckor/", {gap_keys()[0]: "1"}).status_code == 403
    assert planner.get("/bemanning/luckor/").status_code == 405


def test_the_page_takes_few_queries_for_who_plans_too(
    sign_in: Callable[..., Client], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    planner = sign_in(Role.MANAGER)
    for number in range(3):
        ChannelFactory()
        UserFactory(name=f"Per {number}")
    with django_assert_max_num_queries(12):
        planner.get("/bemanning/")


def test_a_shift_is_added_and_taken_away_by_who_plans(anna: Client, sign_in: Callable[..., Client]) -> None:
    planner, per = sign_in(Role.MANAGER), UserFactory(name="Per Lind")
    channel = ChannelFactory()
    form = {"kind": "office", "user": per.pk, "place": f"c{channel.pk}"}
    times = {"starts_at": "2026-11-30T08:00", "ends_at": "2026-12-04T16:30"}
    assert anna.post("/bemanning/pass/", form | times).status_code == 403
    assert planner.post("/bemanning/pass/", form | times).status_code == 302
    row = Shift.objects.get()
    assert (row.channel, row.starts_at) == (channel, datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    wrong = planner.post("/bemanning/pass/", form | {**times, "ends_at": "2026-11-30T07:00"})
    assert wrong.status_code == 422
    assert "Passet slutar innan det börjar." in wrong.content.decode()
    planner.post(f"/bemanning/pass/{row.pk}/bort/")
    assert not Shift.objects.exists()
    assert {"shift.added", "shift.removed"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_a_shift_has_a_length_and_one_place() -> None:
    channel = ChannelFactory()
    for wrong in ({"ends_at": NOW}, {"channel": channel, "department": channel.department}):
        with pytest.raises(IntegrityError), transaction.atomic():
            shift(**wrong)


@pytest.mark.parametrize(
    ("moment", "swap"),
    [("2026-11-24T10:00", "2026-11-30T12:00"), ("2026-11-30T11:59", "2026-11-30T12:00"),
     ("2026-11-30T12:00", "2026-12-07T12:00"), ("2026-03-27T12:00", "2026-03-30T12:00")],
)  # fmt: skip
def test_the_swap_is_on_monday_at_noon(moment: str, swap: str) -> None:
    from django.utils import timezone

    local = [timezone.make_aware(datetime.fromisoformat(text)) for text in (moment, swap)]
    assert staffing.next_swap(local[0]) == local[1]


def test_both_sign_and_the_state_of_that_moment_is_kept(sign_in: Callable[..., Client]) -> None:
    anna, per = sign_in(name="Anna Ek"), sign_in(name="Per Lind")
    rows = [waiting_conversation(text="Hemligt ord") for _each in range(7)]
    for row in rows:
        row.promised_at = NOW + timedelta(days=1)
        row.save()
    Draft.objects.create(conversation=rows[0], user=per.user, slot="answer", text="Halvskrivet", saved_at=NOW)  # type: ignore[attr-defined]
    page = anna.get("/bemanning/overlamning/").content.decode()
    assert "<strong>7</strong> lovade svar" in page
    assert "<strong>1</strong> halvskrivna utkast" in page
    assert "Halvskrivet" not in page
    form = {"kind": "swap", "to": per.user.pk, "note": "Lugnt."}  # type: ignore[attr-defined]
    assert anna.post("/bemanning/overlamning/", form).status_code == 302
    row = Changeover.objects.get()
    assert (len(row.facts["promised"]), row.received_at) == (7, None)
    assert "Hemligt" not in str(row.facts)
    assert anna.post(f"/bemanning/overlamning/{row.pk}/mottagen/").status_code == 404
    assert "Anna Ek lämnade över till dig" in per.get("/bemanning/overlamning/").content.decode()
    for _twice in range(2):
        assert per.post(f"/bemanning/overlamning/{row.pk}/mottagen/").status_code == 302
    row.refresh_from_db()
    assert row.received_at == NOW
    signed = AuditEvent.objects.filter(action__startswith="changeover.").order_by("id")
    assert [event.action for event in signed] == ["changeover.given", "changeover.received"]


def test_the_hand_over_page_takes_few_queries(anna: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    for _each in range(3):
        waiting_conversation(lane=Conversation.Lane.URGENT)
    with django_assert_max_num_queries(12):
        anna.get("/bemanning/overlamning/")


def test_what_is_urgent_stands_on_top_with_its_link_and_is_signed_for(sign_in: Callable[..., Client]) -> None:
    anna, per = sign_in(name="Anna Ek"), sign_in(name="Per Lind")
    rows = {name: waiting_conversation(text="Jag orkar inte") for name in ("open", "rests", "done", "ordinary")}
    for name, status in (("open", "open"), ("rests", "snoozed"), ("done", "closed")):
        facts = {"status": status, "lane": Conversation.Lane.URGENT, "assignee": per.user}  # type: ignore[attr-defined]
        facts["snoozed_until"] = NOW + timedelta(days=1) if status == "snoozed" else None
        Conversation.objects.filter(pk=rows[name].pk).update(**facts)
    page = anna.get("/bemanning/overlamning/").content.decode()
    top = page.index("2 akuta konversationer är öppna")
    assert top < page.index("väntar på svar") and "Jag orkar inte" not in page
    assert [name for name, row in rows.items() if f"/k/{row.pk}/" in page] == ["open", "rests"]
    anna.post("/bemanning/overlamning/", {"kind": "swap", "to": per.user.pk})  # type: ignore[attr-defined]
    kept = Changeover.objects.get().facts["urgent"]
    assert [each["conversation"] for each in kept] == [rows["open"].pk, rows["rests"].pk]


def test_urgent_ones_that_one_may_not_see_are_not_handed_over(sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation(lane=Conversation.Lane.URGENT, thread__channel__kind="topic")
    elsewhere = sign_in(Role.DEPARTMENT)
    Membership.objects.update(department=DepartmentFactory())
    page = elsewhere.get("/bemanning/overlamning/").content.decode()
    assert f"/k/{row.pk}/" not in page and "<strong>0</strong> akuta" in page


def test_what_was_signed_before_urgent_ones_were_counted_claims_nothing_of_them(anna: Client) -> None:
    Changeover.objects.create(giver=UserFactory(), receiver=anna.user, given_at=NOW, facts={"promised": []})  # type: ignore[attr-defined]
    page = anna.get("/bemanning/overlamning/").content.decode()
    assert page.count("lovade svar") == 2 and page.count("akuta") == 1


def test_a_vacation_has_a_template_and_a_reader_signs_nothing(anna: Client, sign_in: Callable[..., Client]) -> None:
    assert (
        "Det här kan vänta tills jag är tillbaka" in anna.get("/bemanning/overlamning/?slag=vacation").content.decode()
    )
    reader = sign_in(Role.READER)
    assert "Skriv under" not in reader.get("/bemanning/overlamning/").content.decode()
    assert reader.post("/bemanning/overlamning/", {"kind": "swap"}).status_code == 403


def test_nobody_hands_over_to_himself(anna: Client) -> None:
    form = {"kind": "swap", "to": anna.user.pk, "note": ""}  # type: ignore[attr-defined]
    assert anna.post("/bemanning/overlamning/", form).status_code == 422
