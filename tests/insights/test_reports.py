"""Kept reports, the mail and the text for the board."""

from __future__ import annotations

import io
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Channel, Department, Topic
from inbox.models import Conversation, ReplyCycle
from insights import boardtext, mailing, report, stored, tables
from insights.definitions import FIGURES
from insights.models import Mailing, StoredReport, Subscription
from insights.scope import Nonsense, Scope
from tests import factories
from tests.factories import NOW
from tests.insights import histories
from tests.insights.test_recount import MONDAY

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


def everything(found: report.Report) -> list[object]:
    return [[list(row) for row in table.rows] for table in tables.of_report(found)]


def subscribe(every: str, **about: object) -> Subscription:
    user = factories.UserFactory(role="manager")
    return Subscription.objects.create(user=user, every=every, since=datetime(2026, 1, 1, tzinfo=UTC), **about)


def test_a_kept_report_says_the_same_after_three_months_whatever_has_happened_since(now: datetime) -> None:
    channels = histories.channels()
    histories.make(31, channels, now)
    scope = Scope(MONDAY, weeks=13, department=channels[0].department)
    then = report.of(scope, now)
    row = stored.store(scope, by=factories.UserFactory(), now=now)
    ReplyCycle.objects.filter(ended_at=None).update(ended_at=now, outcome="answered")
    histories.make(32, channels, now + 13 * WEEK, size=30)
    row.refresh_from_db()
    kept = stored.report_of(row)
    assert everything(kept) == everything(then)
    assert (kept.heading, boardtext.sentences(kept)) == (then.heading, boardtext.sentences(then))


def gone(now: datetime, what: str) -> tuple[StoredReport, report.Report]:
    """A report of a department or topic that is deleted afterwards, and the report as it was."""
    channels = histories.channels()
    histories.make(36, channels, now)
    place = channels[0].department
    if what == "topic":
        made = Topic.objects.create(name="Hamnen", department=place)
        Conversation.objects.update(topic=made)
        scope = Scope(MONDAY, weeks=13, topic="Hamnen")
    else:
        Department.objects.filter(pk=place.pk).update(name="Hamnkontoret")
        scope = Scope(MONDAY, weeks=13, department=Department.objects.get(pk=place.pk))
    row, then = stored.store(scope, by=factories.UserFactory(), now=now), report.of(scope, now)
    if what == "topic":
        made.delete()
    else:
        for model in (Channel, Topic):
            model.objects.filter(department=place).update(department=factories.DepartmentFactory())  # type: ignore[attr-defined]
        place.delete()
    return row, then


@pytest.mark.parametrize(("what", "name"), [("topic", "Hamnen"), ("department", "Hamnkontoret")])
def test_a_report_of_what_is_deleted_stands_with_the_name_that_it_had(now: datetime, what: str, name: str) -> None:
    row, then = gone(now, what)
    row.refresh_from_db()
    kept = stored.report_of(row)
    assert everything(kept) == everything(then) and kept.heading == then.heading
    client = Client()
    client.force_login(factories.UserFactory(role="manager"))
    url = reverse("insights:stored", args=[row.pk])
    for address in (url, f"{url}?jamfor=1", reverse("insights:reports")):
        page = client.get(address)
        assert page.status_code == 200 and name in page.content.decode()


def test_a_report_kept_before_names_were_still_knows_the_departments_of_its_accounts(now: datetime) -> None:
    row, _then = gone(now, "department")
    del row.facts["names"]
    row.save()
    assert str(stored.scope_of(row).department) == "Hamnkontoret"
    row.facts["places"] = []
    with pytest.raises(Nonsense):
        stored.scope_of(row)


def test_the_same_question_asked_again_gives_the_same_while_no_row_has_changed(now: datetime) -> None:
    channels = histories.channels()
    histories.make(33, channels, now)
    row = stored.store(Scope(MONDAY, weeks=4), by=None, now=now)
    with time_machine.travel(now + 13 * WEEK, tick=False):
        assert stored.differences(row) == []


def test_what_has_changed_since_is_told_figure_by_figure(now: datetime) -> None:
    histories.make(34, histories.channels(), now)
    row = stored.store(Scope(MONDAY, weeks=52), by=None, now=now)
    waiting = ReplyCycle.objects.filter(kind="first", ended_at=None, due_at__lt=now, due_at__gt=now - 40 * WEEK)
    assert waiting.update(ended_at=now, outcome="no_reply") > 0
    changed = {str(each.name) for each in stored.differences(row)}
    assert {"Förföll", "För sent", "Ännu öppna"} <= changed


def test_a_weeks_report_goes_once_text_first_with_the_paper(now: datetime) -> None:
    histories.make(35, histories.channels(), now)
    subscription = subscribe("week")
    monday_nine = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert [mailing.send_due(monday_nine + n * timedelta(hours=1)) for n in range(3)] == [1, 0, 0]
    letter = mail.outbox[0]
    assert letter.to == [subscription.user.email] and "vecka 47" in letter.subject
    _name, content, kind = letter.attachments[0]
    assert (
        kind == "application/pdf" and "Löftet, vecka 47" in pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()
    )
    kept = StoredReport.objects.get()
    assert f"/uppfoljning/rapporter/{kept.pk}/" in letter.body
    assert all(sentence in letter.body for sentence in boardtext.sentences(stored.report_of(kept)))


@pytest.mark.parametrize(
    ("today", "monday", "weeks"),
    [
        (date(2026, 12, 1), date(2026, 11, 23), 5),  # five Sundays in November 2026
        (date(2026, 11, 30), date(2026, 11, 23), 5),
        (date(2026, 11, 24), date(2026, 10, 19), 4),
        (date(2027, 1, 4), date(2026, 12, 21), 4),
    ],
)
def test_a_month_is_the_weeks_that_ended_in_it(today: date, monday: date, weeks: int) -> None:
    scope = mailing.last_period(subscribe("month"), today)
    assert (scope.monday, scope.weeks) == (monday, weeks)
    assert stored.scope_of(StoredReport(definition=scope.address, asked_at=NOW)) == scope


def test_nothing_is_mailed_on_a_day_off_or_to_who_may_not_read(now: datetime) -> None:
    subscription = subscribe("week")
    assert mailing.send_due(datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == 0
    subscription.user.memberships.all().delete()
    assert mailing.send_due(now) == 0
    assert not mail.outbox


def test_a_claim_that_came_to_nothing_is_taken_up_by_another_worker_and_only_by_one(now: datetime) -> None:
    subscription = subscribe("week")
    assert mailing.claim(subscription, MONDAY, now)
    assert not mailing.claim(subscription, MONDAY, now + timedelta(minutes=14))
    assert mailing.claim(subscription, MONDAY, now + timedelta(minutes=16))
    assert not mailing.claim(subscription, MONDAY, now + timedelta(minutes=16))
    Mailing.objects.update(sent_at=now)
    assert not mailing.claim(subscription, MONDAY, now + timedelta(hours=5))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((3, 0, 0), "Av dem fick 3 ett svar."),
        ((3, 0, 2), "Av dem fick 3 ett svar och 2 ett besked om att svaret kommer."),
        ((3, 1, 2), "Av dem fick 3 ett svar, 1 en hänvisning till rätt ställe och 2 ett besked om att svaret kommer."),
    ],
)
def test_the_text_for_the_board_says_nothing_of_a_kind_that_nobody_got(
    now: datetime, counts: tuple[int, int, int], said: str
) -> None:
    whole = report.of(Scope(MONDAY), now)
    split = dict(zip(("kept_answered", "kept_redirected", "kept_holding"), counts, strict=True))
    whole.counts = Counter(split, kept=sum(counts))
    assert boardtext.sentences(whole)[2] == said


def test_the_text_for_the_board_has_eight_sentences_also_where_there_is_nothing_to_tell(now: datetime) -> None:
    empty = boardtext.sentences(report.of(Scope(MONDAY), now))
    histories.make(36, histories.channels(), now)
    full = boardtext.sentences(report.of(Scope(MONDAY, weeks=13), now))
    for sentences in (empty, full):
        assert len(sentences) == 8
        assert all(sentence.endswith(".") and "%(" not in sentence for sentence in sentences)


def test_somebody_asks_for_the_mail_and_ends_it_again(client: Client) -> None:
    user = factories.UserFactory(role="reader")
    client.force_login(user)
    client.post("/uppfoljning/rapporter/", {"every": "month", "channel": "", "department": ""})
    client.post("/uppfoljning/rapporter/", {"every": "month", "channel": "", "department": ""})
    mine = Subscription.objects.get(user=user)
    other = subscribe("week")
    client.post(f"/uppfoljning/rapporter/utskick/{other.pk}/avsluta/")
    client.post(f"/uppfoljning/rapporter/utskick/{mine.pk}/avsluta/")
    assert list(Subscription.objects.all()) == [other]


def test_a_report_is_kept_from_the_page_and_opened_compared_and_taken_out(client: Client, now: datetime) -> None:
    client.force_login(factories.UserFactory(role="manager"))
    with time_machine.travel(now, tick=False):
        histories.make(37, histories.channels(), now, size=30)
        answer = client.post("/uppfoljning/rapporter/spara/", {"vecka": "2026-W47", "veckor": "4"}, follow=True)
        page = answer.redirect_chain[-1][0]
        assert "Sparad rapport, så som den var" in answer.content.decode()
        assert "exakt samma tal" in client.get(page, {"jamfor": "1"}).content.decode()
        taken = client.get(page.rstrip("/") + ".json").json()
    assert taken["definition"] == "vecka=2026-W47&veckor=4"
    assert {row["key"] for row in taken["figures"]} >= set(FIGURES)
    assert client.get("/uppfoljning/rapporter/").status_code == 200


@pytest.mark.parametrize(
    "path", ["siffror.csv", "rader.csv?figur=late", "rapporter/", "namndtext/", "rader.pdf?figur=late"]
)
def test_who_sees_a_part_of_the_inbox_only_takes_nothing_out(path: str, client: Client) -> None:
    client.force_login(factories.UserFactory(role="department"))
    assert client.get(f"/uppfoljning/{path}").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_mail_each_report_once(now: datetime) -> None:
    for every in ("week", "month", "week"):
        subscribe(every)
    start = threading.Barrier(4)

    def work() -> int:
        try:
            start.wait(timeout=30)
            return mailing.send_due(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        sent = [future.result(timeout=120) for future in [workers.submit(work) for _n in range(4)]]
    assert sum(sent) == len(mail.outbox) == 3
    assert len({tuple(letter.to) for letter in mail.outbox}) == 3
    assert StoredReport.objects.count() == 2  # the two weekly ones are of one kept report
