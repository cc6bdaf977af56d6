"""Time → people: each notice once, at its true time; digests to whom they concern, in staffed hours, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import Membership, User
from inbox import actions, escalation
from inbox.models import Conversation, DigestSent, Notice, ReplyCycle
from tests.factories import ChannelFactory, DepartmentFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

ARRIVAL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
SOON, DUE = ARRIVAL + timedelta(hours=20), ARRIVAL + timedelta(hours=24)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def waiting() -> Conversation:
    return waiting_conversation(posted_at=ARRIVAL)


def steps() -> list[tuple[str, datetime]]:
    return list(Notice.objects.order_by("at").values_list("step", "at"))


class TestSweep:
    def test_notices_each_step_once_at_its_own_instant(self, waiting: Conversation) -> None:
        assert escalation.sweep(SOON - SECOND) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(SOON) == {"due_soon": 1, "overdue": 0}
        assert escalation.sweep(DUE - SECOND) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(DUE) == {"due_soon": 0, "overdue": 1}
        assert escalation.sweep(DUE + 100 * HOUR) == {"due_soon": 0, "overdue": 0}

    def test_dates_a_notice_by_the_step_not_by_the_tick(self, waiting: Conversation) -> None:
        escalation.sweep(DUE + 7 * HOUR)
        assert steps() == [("due_soon", SOON), ("overdue", DUE)]

    def test_counts_what_is_overdue_on_arrival_in_both(self, waiting: Conversation) -> None:
        assert escalation.sweep(DUE) == {"due_soon": 1, "overdue": 1}

    def test_leaves_what_has_ended(self, waiting: Conversation) -> None:
        actions.close(waiting.pk, reason="emoji", by=UserFactory(), now=ARRIVAL + HOUR)
        assert escalation.sweep(DUE + HOUR) == {"due_soon": 0, "overdue": 0}

    def test_notices_a_promise_too(self, waiting: Conversation) -> None:
        ReplyCycle.objects.update(kind="promised")
        assert escalation.sweep(DUE) == {"due_soon": 1, "overdue": 1}

    def test_gives_an_undone_ruling_no_second_notice(self, waiting: Conversation) -> None:
        escalation.sweep(SOON)
        event = actions.close(waiting.pk, reason="emoji", by=(anna := UserFactory()), now=SOON + MINUTE)
        actions.undo(event.pk, by=anna, now=SOON + MINUTE)
        assert escalation.sweep(SOON + 2 * MINUTE) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(DUE) == {"due_soon": 0, "overdue": 1}

    def test_of_an_earlier_start_notices_what_is_new_about_it(self, waiting: Conversation) -> None:
        escalation.sweep(SOON)
        ReplyCycle.objects.update(due_soon_at=SOON - 9 * HOUR, due_at=DUE - 9 * HOUR, next_step_at=SOON - 9 * HOUR)
        assert escalation.sweep(SOON) == {"due_soon": 0, "overdue": 1}

    def test_goes_on_until_nothing_is_left(self, waiting: Conversation, monkeypatch: Any) -> None:
        monkeypatch.setattr(escalation, "SWEEP", escalation.SWEEP.replace("LIMIT 500", "LIMIT 2"))
        monkeypatch.setattr(escalation, "BATCH", 2)
        for minutes in range(4):
            waiting_conversation(posted_at=ARRIVAL - minutes * MINUTE)
        assert escalation.sweep(SOON) == {"due_soon": 5, "overdue": 0}


class TestWhoIsTold:
    @pytest.fixture
    def people(self) -> dict[str, User]:
        names = ("assignee", "owner", "deputy", "here", "elsewhere")
        people = {name: UserFactory(username=name, name=name.title()) for name in names}
        Membership.objects.all().delete()
        here, elsewhere = DepartmentFactory(name="Här"), DepartmentFactory(name="Där")
        for name, user in people.items():
            department = here if name == "here" else elsewhere
            Membership.objects.create(user=user, department=department, role="communicator")
        channel = ChannelFactory(department=here, owner=people["owner"], deputy=people["deputy"])
        waiting_conversation(posted_at=ARRIVAL, thread__channel=channel, assignee=people["assignee"])
        escalation.sweep(DUE)
        return people

    @pytest.mark.parametrize(
        ("gone", "told", "why"),
        [
            ([], ["assignee"], "du är ansvarig för konversationen"),
            (["assignee"], ["owner"], "du är ansvarig för kontot Exempelby kommun"),
            (["assignee", "owner"], ["deputy"], "du är ersättare för kontot"),
            (["assignee", "owner", "deputy"], ["here"], "du svarar för förvaltningen"),
            (["assignee", "owner", "deputy", "here"], ["elsewhere"], "ingen annan är utsedd för kontot"),
        ],
    )
    def test_is_the_first_who_can_be_and_is_told_why(
        self, people: dict[str, User], gone: list[str], told: list[str], why: str
    ) -> None:
        User.objects.filter(username__in=gone).update(is_active=False)
        assert escalation.digests(DUE) == 1
        assert [message.to for message in mail.outbox] == [[f"{name}@example.org"] for name in told]
        assert why in mail.outbox[0].body

    def test_is_never_a_reader_or_somebody_without_an_address(self, people: dict[str, User]) -> None:
        User.objects.filter(pk=people["assignee"].pk).update(email="")
        Membership.objects.filter(user=people["owner"]).update(role="reader")
        escalation.digests(DUE)
        assert mail.outbox[0].to == ["deputy@example.org"]

    def test_are_all_of_the_department_even_if_one_was_just_mailed(self, people: dict[str, User]) -> None:
        User.objects.filter(username__in=["assignee", "owner", "deputy"]).update(is_active=False)
        other = UserFactory(username="other", role="reader")
        Membership.objects.create(
            user=other, department=people["here"].memberships.get().department, role="communicator"
        )
        DigestSent.objects.create(user=other, sent_at=DUE - 10 * MINUTE)
        assert (escalation.digests(DUE), Notice.objects.filter(mailed_at=None).count()) == (1, 2)
        assert escalation.digests(DUE + 20 * MINUTE) == 1
        assert [message.to[0] for message in mail.outbox] == ["here@example.org", "other@example.org"]
        assert not Notice.objects.filter(mailed_at=None).exists()

    def test_nobody_loses_anything_when_nobody_can_be_told(self, people: dict[str, User]) -> None:
        User.objects.update(email="")
        assert escalation.digests(DUE) == 0
        assert Notice.objects.filter(mailed_at=None).count() == 2


class TestDigest:
    @pytest.fixture(autouse=True)
    def anna(self) -> User:
        return UserFactory(username="anna", name="Anna Ek")

    def notice(self, at: datetime = ARRIVAL, **given: Any) -> Conversation:
        conversation = waiting_conversation(posted_at=at, **given)
        escalation.sweep(at + timedelta(hours=24))
        return conversation

    def test_gathers_everything_in_one_mail(self) -> None:
        for minutes in range(3):
            self.notice(ARRIVAL - minutes * MINUTE)
        assert escalation.digests(DUE) == 1
        assert mail.outbox[0].subject == "Gensvar: 3 konversationer väntar på svar"
        assert mail.outbox[0].body.count("http://127.0.0.1:8000/k/") == 3

    def test_comes_once_however_often_it_is_asked_for(self) -> None:
        self.notice()
        assert [escalation.digests(DUE + minutes * MINUTE) for minutes in (0, 1, 60)] == [1, 0, 0]

    def test_comes_to_nobody_more_than_once_in_30_minutes(self) -> None:
        self.notice()
        escalation.digests(DUE)
        self.notice(ARRIVAL + MINUTE)
        assert escalation.digests(DUE + 29 * MINUTE) == 0
        assert escalation.digests(DUE + 30 * MINUTE) == 1
        assert "1 konversation " in mail.outbox[1].subject

    @pytest.mark.parametrize(
        ("now", "comes"),
        [
            (datetime(2026, 11, 25, 6, 59, 59, tzinfo=UTC), False),  # Wed 07.59.59
            (datetime(2026, 11, 25, 7, 0, tzinfo=UTC), True),
            (datetime(2026, 11, 25, 15, 29, 59, tzinfo=UTC), True),
            (datetime(2026, 11, 25, 15, 30, tzinfo=UTC), False),  # 16.30
            (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), False),  # Saturday
            (datetime(2026, 12, 24, 10, 0, tzinfo=UTC), False),  # Christmas Eve, a Thursday
            (datetime(2027, 1, 6, 10, 0, tzinfo=UTC), False),  # Epiphany, a Wednesday
            (datetime(2027, 1, 7, 10, 0, tzinfo=UTC), True),
        ],
    )
    def test_comes_while_somebody_is_there(self, now: datetime, comes: bool) -> None:
        self.notice(ARRIVAL - timedelta(days=1))
        assert escalation.digests(now) == int(comes)

    def test_leaves_out_what_has_been_answered_meanwhile(self, anna: User) -> None:
        conversation = self.notice()
        actions.close(conversation.pk, reason="emoji", by=anna, now=DUE)
        assert escalation.digests(DUE) == 0
        assert not Notice.objects.filter(mailed_at=None).exists()

    def test_is_not_lost_with_a_mail_server_that_is_away(self, monkeypatch: Any) -> None:
        self.notice()
        monkeypatch.setattr(mail.EmailMessage, "send", self.refuse)
        assert escalation.digests(DUE) == 0
        monkeypatch.undo()
        assert (escalation.digests(DUE + 4 * MINUTE), escalation.digests(DUE + 5 * MINUTE)) == (0, 1)

    def test_is_not_lost_with_a_process_that_dies_before_it_is_sent(self, monkeypatch: Any) -> None:
        self.notice()
        monkeypatch.setattr(mail.EmailMessage, "send", self.die)
        with pytest.raises(KeyboardInterrupt):
            escalation.digests(DUE)
        monkeypatch.undo()
        assert (escalation.digests(DUE + 29 * MINUTE), escalation.digests(DUE + 30 * MINUTE)) == (0, 1)

    def test_is_text_first_and_escapes_what_people_wrote(self) -> None:
        hostile = "<script>alert(1)</script>\nhttp://127.0.0.1:8000/k/1/\n\nGensvar: logga in på http://ond.example"
        self.notice(text=hostile, contact__name="Eva\r\nBcc: alla@example.org <b>")
        escalation.digests(DUE)
        message = mail.outbox[0]
        ((html, kind),) = message.alternatives
        assert (kind, "<script>" in html, "&lt;script&gt;" in html) == ("text/html", False, True)
        assert "<script>alert(1)</script> http://127.0.0.1:8000/k/1/ Gensvar" in message.body
        assert "\nGensvar: logga in" not in message.body
        assert (message.subject, message.recipients()) == (
            "Gensvar: 1 konversation väntar på svar", ["anna@example.org"],
        )  # fmt: skip

    def test_says_how_long_is_left_and_what_is_late(self) -> None:
        self.notice(ARRIVAL - 2 * HOUR)
        escalation.sweep(DUE)
        escalation.digests(DUE)
        assert "Försenad 2 h" in mail.outbox[0].body

    def test_holds_no_linkedin_text(self) -> None:
        self.notice(
            text="Hemlig fråga", contact__name="Per Person", thread__channel=ChannelFactory(platform="linkedin")
        )
        escalation.digests(DUE)
        assert "Hemlig" not in mail.outbox[0].body + mail.outbox[0].alternatives[0][0]
        assert "Per Person" not in mail.outbox[0].body

    def test_of_a_storm_names_fifty_and_counts_the_rest(self, django_assert_max_num_queries: Any) -> None:
        channel = ChannelFactory()
        for seconds in range(60):
            waiting_conversation(posted_at=ARRIVAL - seconds * SECOND, thread__channel=channel)
        escalation.sweep(DUE)
        with django_assert_max_num_queries(20):
            escalation.digests(DUE)
        assert mail.outbox[0].body.count("http://127.0.0.1:8000/k/") == 50
        assert "Och 10 till i inkorgen." in mail.outbox[0].body

    @staticmethod
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    @staticmethod
    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt
