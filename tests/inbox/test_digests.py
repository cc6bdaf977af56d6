"""Notices → people: to whom they concern, in staffed hours, one digest a person, never lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail

from accounts.models import Membership, NoticeSettings, User
from inbox import actions, escalation
from inbox.models import Conversation, DigestSent, Notice, ReplyCycle
from inbox.telling import chat, digests
from inbox.telling.staff import Concern, Staff
from tests.factories import ChannelFactory, DepartmentFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

ARRIVAL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
DUE = ARRIVAL + timedelta(hours=24)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LADDER = [ARRIVAL + 30 * MINUTE, ARRIVAL + 4 * HOUR + 30 * MINUTE, ARRIVAL + 23 * HOUR, DUE]


class TestWhoIsTold:
    @pytest.fixture
    def people(self) -> dict[str, User]:
        names = ("assignee", "owner", "deputy", "here", "central", "elsewhere")
        people = {name: UserFactory(username=name, name=name.title()) for name in names}
        Membership.objects.all().delete()
        places = {name: DepartmentFactory(name=name) for name in ("here", "elsewhere")}
        places["central"] = DepartmentFactory(name="central", is_central=True)
        for name, user in people.items():
            Membership.objects.create(user=user, department=places.get(name, places["elsewhere"]), role="communicator")
        channel = ChannelFactory(department=places["here"], owner=people["owner"], deputy=people["deputy"])
        waiting_conversation(posted_at=ARRIVAL, thread__channel=channel, assignee=people["assignee"])
        return people

    def told(self) -> list[str]:
        return [message.to[0].partition("@")[0] for message in mail.outbox]

    def test_each_step_is_for_the_next_one(self, people: dict[str, User]) -> None:
        for instant in LADDER:
            escalation.sweep(instant)
            assert digests.send(instant) == 1
        assert self.told() == ["assignee", "deputy", "here", "central"]

    def test_a_herd_that_is_due_at_one_instant_ends_in_one_message_a_person(self, people: dict[str, User]) -> None:
        row = Conversation.objects.get()
        place = {"channel": row.channel, "thread": row.thread, "due_at": DUE, "due_soon_at": DUE - 4 * HOUR}
        seen = {"last_item_at": ARRIVAL, "arrived_at": ARRIVAL}
        herd = [Conversation(root_external_id=f"r{n}", **place, **seen) for n in range(escalation.BATCH + 100)]
        times = {"started_at": ARRIVAL, "due_soon_at": DUE - 4 * HOUR, "due_at": DUE, "next_step_at": DUE}
        made = Conversation.objects.bulk_create(herd)
        ReplyCycle.objects.bulk_create(ReplyCycle(conversation=each, kind="first", **times) for each in made)
        assert escalation.sweep(DUE)["overdue"] == len(herd) + 1
        assert digests.send(DUE) == len(mail.outbox) == len(set(self.told()))
        assert f"{len(herd) + 1} konversationer" in mail.outbox[-1].subject
        assert digests.send(DUE + HOUR) == 0 and not Notice.objects.filter(mailed_at=None).exists()

    def test_each_is_told_once(self, people: dict[str, User]) -> None:
        escalation.sweep(DUE)
        assert (digests.send(DUE), digests.send(DUE + HOUR)) == (4, 0)
        assert not Notice.objects.filter(mailed_at=None).exists()

    @pytest.mark.parametrize(
        ("step", "gone", "told", "why"),
        [
            ("rung_1", "", "assignee", "du är ansvarig för konversationen"),
            ("rung_1", "assignee", "owner", "du är ansvarig för kontot Exempelby kommun"),
            ("rung_1", "assignee owner", "deputy", "du är ersättare för kontot Exempelby kommun"),
            ("rung_2", "", "deputy", "du är ersättare för kontot Exempelby kommun"),
            ("rung_2", "deputy", "here", "du svarar för förvaltningen"),
            ("rung_3", "", "here", "du svarar för förvaltningen"),
            ("rung_5", "", "here", "du svarar för förvaltningen"),
            ("rung_3", "here", "central", "du hör till den centrala enheten, och fristen har gått ut"),
            ("overdue", "", "central", "du hör till den centrala enheten, och fristen har gått ut"),
            ("overdue", "central", "here", "du svarar för förvaltningen"),
            ("overdue", "central here", "deputy", "du är ersättare för kontot Exempelby kommun"),
            ("promise_1", "", "assignee", "du är ansvarig för konversationen"),
            ("due_soon", "", "assignee", "du är ansvarig för konversationen"),
        ],
    )
    def test_the_first_who_can_be_is_told_why(
        self, people: dict[str, User], step: str, gone: str, told: str, why: str
    ) -> None:
        User.objects.filter(username__in=gone.split()).update(is_active=False)
        assert [(each.person.username, each.why) for each in self.concerned(step)] == [(told, why)]

    def concerned(self, step: str) -> Any:
        row = Conversation.objects.select_related("channel").get()
        return Staff(ARRIVAL).concerned(Concern(step, row.assignee_id, row.channel_id, row.channel.department_id))

    def test_a_deputy_takes_over_for_who_is_away(self, people: dict[str, User]) -> None:
        NoticeSettings.objects.create(
            user=people["assignee"], absent_from=date(2026, 11, 20), absent_until=date(2026, 11, 24),
            deputy=people["elsewhere"],
        )  # fmt: skip
        (reached,) = self.concerned("rung_1")
        assert (reached.person.username, reached.why) == ("elsewhere", "du ersätter Assignee, som är borta")

    def test_an_absence_is_over_the_day_after(self, people: dict[str, User]) -> None:
        NoticeSettings.objects.create(
            user=people["assignee"], absent_from=date(2026, 11, 20), absent_until=date(2026, 11, 23),
            deputy=people["elsewhere"],
        )  # fmt: skip
        assert self.concerned("rung_1")[0].person.username == "assignee"

    def test_two_who_replace_each_other_leave_it_to_the_next(self, people: dict[str, User]) -> None:
        for one, other in (("assignee", "owner"), ("owner", "assignee")):
            NoticeSettings.objects.create(user=people[one], absent_from=date(2026, 11, 1), deputy=people[other])
        assert self.concerned("rung_1")[0].person.username == "deputy"

    def test_is_never_a_reader_or_somebody_who_cannot_be_reached(self, people: dict[str, User]) -> None:
        User.objects.filter(pk=people["assignee"].pk).update(email="")
        Membership.objects.filter(user=people["owner"]).update(role="reader")
        NoticeSettings.objects.create(user=people["deputy"], by_mail=False)
        assert self.concerned("rung_1")[0].person.username == "here"

    def test_are_all_of_the_department_even_if_one_was_just_told(self, people: dict[str, User]) -> None:
        other = UserFactory(username="other", role="reader")
        here = people["here"].memberships.get().department
        Membership.objects.create(user=other, department=here, role="communicator")
        DigestSent.objects.create(user=other, sent_at=LADDER[2] - 10 * MINUTE)
        Notice.objects.all().delete()
        escalation.sweep(LADDER[2])
        Notice.objects.exclude(step="rung_3").update(mailed_at=LADDER[2])
        assert (digests.send(LADDER[2]), Notice.objects.filter(mailed_at=None).count()) == (1, 1)
        assert digests.send(LADDER[2] + 20 * MINUTE) == 1
        assert self.told() == ["here", "other"]
        assert not Notice.objects.filter(mailed_at=None).exists()

    def test_nobody_loses_anything_when_nobody_can_be_told(self, people: dict[str, User]) -> None:
        User.objects.update(email="")
        escalation.sweep(DUE)
        assert digests.send(DUE) == 0
        assert Notice.objects.filter(mailed_at=None).count() == 4

    def test_quiet_hours_put_a_digest_off_and_lose_none(self, people: dict[str, User]) -> None:
        NoticeSettings.objects.create(user=people["assignee"], quiet_from=time(10, 0), quiet_until=time(12, 0))
        escalation.sweep(LADDER[0])
        assert (digests.send(LADDER[0]), digests.send(ARRIVAL + 2 * HOUR)) == (0, 1)


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
        assert digests.send(DUE) == 1
        assert mail.outbox[0].subject == "Gensvar: 3 konversationer väntar på svar"
        assert mail.outbox[0].body.count("http://127.0.0.1:8000/k/") == 3

    def test_comes_once_however_often_it_is_asked_for(self) -> None:
        self.notice()
        assert [digests.send(DUE + minutes * MINUTE) for minutes in (0, 1, 60)] == [1, 0, 0]

    def test_comes_to_nobody_more_than_once_in_30_minutes(self) -> None:
        self.notice()
        digests.send(DUE)
        self.notice(ARRIVAL + MINUTE)
        assert digests.send(DUE + 29 * MINUTE) == 0
        assert digests.send(DUE + 30 * MINUTE) == 1
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
        assert digests.send(now) == int(comes)

    def test_leaves_out_what_has_been_answered_meanwhile(self, anna: User) -> None:
        conversation = self.notice()
        actions.close(conversation.pk, reason="emoji", by=anna, now=DUE)
        assert digests.send(DUE) == 0
        assert not Notice.objects.filter(mailed_at=None).exists()

    def test_is_not_lost_with_a_mail_server_that_is_away(self, monkeypatch: Any) -> None:
        self.notice()
        monkeypatch.setattr(mail.EmailMessage, "send", self.refuse)
        assert digests.send(DUE) == 0
        monkeypatch.undo()
        assert (digests.send(DUE + 4 * MINUTE), digests.send(DUE + 5 * MINUTE)) == (0, 1)

    def test_is_not_lost_with_a_process_that_dies_before_it_is_sent(self, monkeypatch: Any) -> None:
        self.notice()
        monkeypatch.setattr(mail.EmailMessage, "send", self.die)
        with pytest.raises(KeyboardInterrupt):
            digests.send(DUE)
        monkeypatch.undo()
        assert (digests.send(DUE + 29 * MINUTE), digests.send(DUE + 30 * MINUTE)) == (0, 1)

    def test_is_text_first_and_escapes_what_people_wrote(self) -> None:
        hostile = "<script>alert(1)</script>\nhttp://127.0.0.1:8000/k/1/\n\nGensvar: logga in på http://ond.example"
        self.notice(text=hostile, contact__name="Eva\r\nBcc: alla@example.org <b>")
        digests.send(DUE)
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
        digests.send(DUE)
        assert "Försenad 2 h" in mail.outbox[0].body

    def test_holds_no_linkedin_text(self) -> None:
        self.notice(
            text="Hemlig fråga", contact__name="Per Person", thread__channel=ChannelFactory(platform="linkedin")
        )
        digests.send(DUE)
        assert "Hemlig" not in mail.outbox[0].body + mail.outbox[0].alternatives[0][0]
        assert "Per Person" not in mail.outbox[0].body

    def test_of_a_storm_names_fifty_and_counts_the_rest(self, django_assert_max_num_queries: Any) -> None:
        channel = ChannelFactory()
        for seconds in range(60):
            waiting_conversation(posted_at=ARRIVAL - seconds * SECOND, thread__channel=channel)
        escalation.sweep(DUE)
        with django_assert_max_num_queries(20):
            digests.send(DUE)
        assert mail.outbox[0].body.count("http://127.0.0.1:8000/k/") == 50
        assert "Och 10 till i inkorgen." in mail.outbox[0].body

    @staticmethod
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    @staticmethod
    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt


class TestChat:
    def test_a_digest_goes_to_a_chat_that_was_chosen(self, anna: User, chat_server: Any) -> None:
        self.choose(anna, chat_server.address, by_mail=False)
        waiting_conversation(posted_at=ARRIVAL)
        escalation.sweep(DUE)
        assert (digests.send(DUE), len(mail.outbox)) == (1, 0)
        (body,) = chat_server.bodies
        assert "1 konversation väntar på svar" in body and "Du får det här för att" in body

    def test_a_chat_that_is_away_leaves_the_digest_for_later(self, anna: User, chat_server: Any) -> None:
        self.choose(anna, chat_server.address, by_mail=False)
        chat_server.status = 500
        waiting_conversation(posted_at=ARRIVAL)
        escalation.sweep(DUE)
        assert digests.send(DUE) == 0
        chat_server.status = 200
        assert (digests.send(DUE + 4 * MINUTE), digests.send(DUE + 5 * MINUTE)) == (0, 1)

    def test_its_address_is_kept_encrypted(self, anna: User, chat_server: Any) -> None:
        wishes = self.choose(anna, chat_server.address)
        assert "127.0.0.1" not in wishes.addresses
        assert chat.names(wishes) == ["Mattermost"]

    @pytest.mark.parametrize("address", ["json://localhost/", "syslog://", "http://169.254.169.254/", "hej", ""])
    def test_only_a_known_chat_is_let_in(self, address: str) -> None:
        with pytest.raises(chat.BadAddress, match="hör inte till någon chatt"):
            chat.sealed([address])

    def test_the_usual_ones_are_known(self) -> None:
        slack = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        teams = "workflows://prod.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/" + "a" * 40
        assert [chat.name_of(each) for each in (slack, teams)] == ["Slack", "Microsoft Teams"]

    @staticmethod
    def choose(person: User, address: str, *, by_mail: bool = True) -> NoticeSettings:
        return NoticeSettings.objects.create(user=person, by_mail=by_mail, addresses=chat.sealed([address]))

    @pytest.fixture
    def anna(self) -> User:
        return UserFactory(username="anna", name="Anna Ek")

    @pytest.fixture
    def chat_server(self) -> Any:
        server = ChatServer()
        yield server
        server.stop()


class ChatServer:
    """A chat on loopback, of Mattermost's manner."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.status = 200
        chat_server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                chat_server.bodies.append(json.dumps(json.loads(body), ensure_ascii=False))
                self.send_response(chat_server.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"mmost://127.0.0.1:{self._server.server_port}/3ccdd113474722377935511fc85d3dd4"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
