"""The promise's own pages: policies and their preview, the explained deadline, one's own warnings, rest, days off."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import NoticeSettings, Shift
from inbox.models import Conversation, Note, Outgoing, ReplyCycle
from inbox.promise import moving
from sla import policies
from sla.models import ConfirmedYear, PolicyChoice, PolicyVersion
from sla.policyfile import SE24
from tests.factories import NOW, ChannelFactory, UserFactory, waiting_conversation
from tests.inbox.test_promises import holding

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SignIn = Callable[..., Client]


@pytest.fixture
def lars(sign_in: SignIn) -> Client:
    return sign_in("admin", "Lars Öman")


def edited(**changes: str) -> dict[str, str]:
    """The form of the default policy as a browser sends it."""
    from sla.forms import initial

    shown = {key: value for key, value in initial(SE24).items() if value is not False}
    return {**{key: "on" if value is True else str(value) for key, value in shown.items()}, "version": "1", **changes}


class TestPolicies:
    def test_the_list_names_them_and_where_each_holds(self, anna: Client) -> None:
        ChannelFactory(name="Hamnstaden växer")
        text = anna.get(reverse("sla:policies")).content.decode()
        assert "24 timmar, helger undantagna" in text and "Hamnstaden växer" in text
        assert "<select" not in text  # only an administrator chooses

    def test_an_administrator_chooses_one_for_a_channel(self, lars: Client) -> None:
        channel = ChannelFactory()
        PolicyVersion.objects.create(key="kris", version=1, definition={**SE24, "id": "kris", "reading": "plain"})
        lars.post(reverse("sla:choose"), {"what": "channel", "value": channel.pk, "key": "kris"})
        assert policies.for_channels([channel.pk])[channel.pk].key == "kris"
        lars.post(reverse("sla:choose"), {"what": "channel", "value": channel.pk, "key": ""})
        assert not PolicyChoice.objects.exists()

    @pytest.mark.parametrize(("what", "value"), [("channel", "99"), ("kind", "okänt"), ("x", "1"), ("department", "²")])
    def test_a_choice_for_what_is_not_there_is_not_found(self, lars: Client, what: str, value: str) -> None:
        assert lars.post(reverse("sla:choose"), {"what": what, "value": value, "key": ""}).status_code == 404

    def test_one_shows_the_readings_side_by_side_and_the_days_off(self, anna: Client) -> None:
        text = anna.get(reverse("sla:policy", args=["se24"])).content.decode()
        for words in ("Står stilla", "Dygnet runt", "Bemannad tid", "Nästa arbetsdag", "Julafton", "Långfredagen"):
            assert words in text
        assert text.count("<tr>") > 42  # three arrivals a day in fourteen days

    def test_an_instant_is_tried(self, anna: Client) -> None:
        text = anna.get(reverse("sla:policy", args=["se24"]), {"tid": "2026-11-27T15:00"}).content.decode()
        assert "Svara senast måndag 30 november 2026 kl. 15.00." in text

    @pytest.mark.parametrize("tid", ["hej", "1999-01-01T10:00", "2026-13-01T10:00", "9999-12-31T23:59"])
    def test_an_instant_that_cannot_be_is_told(self, anna: Client, tid: str) -> None:
        response = anna.get(reverse("sla:policy", args=["se24"]), {"tid": tid})
        assert response.status_code == 200 and 'role="alert"' in response.content.decode()

    def test_an_unknown_one_is_not_found(self, anna: Client) -> None:
        assert anna.get(reverse("sla:policy", args=["finns-inte"])).status_code == 404


class TestEdit:
    def test_a_communicator_may_not(self, anna: Client) -> None:
        assert anna.get(reverse("inbox:policy_edit", args=["se24"])).status_code == 403

    def test_the_first_press_shows_what_would_move_and_changes_nothing(self, lars: Client) -> None:
        waiting_conversation(posted_at=NOW)
        text = self.post(lars, extra_closed="2026-11-25 Studiedag").content.decode()
        assert "1 öppen frist flyttas" in text and "torsdag 26 nov 10.00" in text and "Studiedag" in text
        assert PolicyVersion.objects.count() == 1

    def test_the_second_one_saves_it(self, lars: Client, django_capture_on_commit_callbacks: Any) -> None:
        waiting_conversation(posted_at=NOW)
        changes = {"extra_closed": "2026-11-25 Studiedag"}
        seen = self.mark(self.post(lars, **changes))
        assert self.post(lars, seen=seen, **changes).status_code == 302
        assert moving.go_on(NOW) == 1
        assert ReplyCycle.objects.get().due_at == NOW + 2 * DAY
        assert policies.current().definition["extra_closed"] == {"2026-11-25": "Studiedag"}

    def test_what_was_changed_after_the_preview_is_shown_again(self, lars: Client) -> None:
        seen = self.mark(self.post(lars, extra_closed="2026-11-25 Studiedag"))
        self.post(lars, seen=seen, target="48")
        assert PolicyVersion.objects.count() == 1

    def test_what_somebody_else_has_changed_since_is_refused(self, lars: Client) -> None:
        seen = self.mark(self.post(lars, target="48"))
        PolicyVersion.objects.create(key="se24", version=2, definition=SE24)
        response = self.post(lars, target="48", seen=seen)
        assert response.status_code == 422 and "Någon annan har ändrat" in response.content.decode()

    def test_what_was_stored_comes_back_unchanged(self, lars: Client) -> None:
        odd = {
            "extra_closed": "2026-05-15 Klämdag\n2026-12-28", "short_days": "2027-04-30 12.00", "ladder": "8,5, 4, 0,5",
            "extra_open": "2027-05-15 08.00–12.00, 13.00–15.00", "pauses": "2026-03-10 12.00 – 2026-03-10 15.30",
            "half_days": "Skärtorsdagen", "reading": "working_days", "target": "72",
        }  # fmt: skip
        self.post(lars, seen=self.mark(self.post(lars, **odd)), **odd)
        stored = policies.current().definition
        assert stored["ladder"] == [8.5, 4, 0.5]
        assert stored["short_days"] == {"2026-04-02": "12:00", "2027-03-25": "12:00", "2027-04-30": "12:00"}
        text = lars.get(reverse("inbox:policy_edit", args=["se24"])).content.decode()
        for words in ("2026-05-15 Klämdag", "8,5, 4, 0,5", "2026-03-10 12.00 – 2026-03-10 15.30"):
            assert words in text

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("extra_closed", "i morgon", "”i morgon” går inte att läsa"),
            ("extra_closed", "2026-02-30", "2026-02-30 är ingen dag"),
            ("open_0", "8-17", "Skriv tider så här"),
            ("open_0", "17.00–08.00", "En öppettid måste börja före den slutar"),
            ("ladder", "1, 8", "från fler timmar till färre"),
            ("ladder", "nan", "timmar"),
            ("ladder", "mycket", "Skriv timmar med komma emellan"),
            ("target", "0", "större än eller lika med"),
            ("pauses", "2026-03-10 12.00 – 2026-03-10 11.00", "Ett avbrott slutar före det börjar"),
            ("pauses", "2026-03-10 25.00 – 2026-03-10 26.00", "25.00 är inget klockslag"),
            ("short_days", "2027-04-30 25.00", "En öppettid måste"),
        ],
    )
    def test_what_cannot_be_meant_is_told_in_swedish(self, lars: Client, field: str, value: str, words: str) -> None:
        response = self.post(lars, **{field: value})
        assert response.status_code == 422 and words in response.content.decode()

    def test_a_clock_that_never_goes_is_refused(self, lars: Client) -> None:
        response = self.post(lars, **{f"open_{day}": "" for day in range(7)})
        assert response.status_code == 422 and "Klockan skulle aldrig gå" in response.content.decode()

    def test_another_one_is_made_and_named_by_its_words(self, lars: Client) -> None:
        data = edited(name="Kris, dygnet runt", reading="plain")
        seen = self.mark(lars.post(reverse("inbox:policy_new"), data))
        assert lars.post(reverse("inbox:policy_new"), {**data, "seen": seen}).status_code == 302
        assert policies.policy("kris-dygnet-runt").name == "Kris, dygnet runt"
        assert lars.post(reverse("inbox:policy_new"), data).status_code == 422  # there is one of that name

    def post(self, client: Client, **changes: str) -> Any:
        return client.post(reverse("inbox:policy_edit", args=["se24"]), edited(**changes))

    def mark(self, response: Any) -> str:
        return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]  # type: ignore[index]


class TestYear:
    def test_is_asked_for_in_autumn_until_it_is_confirmed(self, lars: Client) -> None:
        assert "Bekräfta helgdagarna 2027" in lars.get("/").content.decode()
        assert "Långfredagen" in lars.get(reverse("sla:confirm_year", args=[2027])).content.decode()
        lars.post(reverse("sla:confirm_year", args=[2027]))
        assert ConfirmedYear.objects.get().by.name == "Lars Öman"
        assert "Bekräfta helgdagarna" not in lars.get("/").content.decode()

    def test_is_not_asked_for_in_spring_or_of_a_communicator(self, lars: Client, anna: Client) -> None:
        assert "Bekräfta helgdagarna" not in anna.get("/").content.decode()
        with time_machine.travel(datetime(2026, 9, 30, 12, tzinfo=UTC), tick=False):
            assert "Bekräfta helgdagarna" not in lars.get("/").content.decode()

    def test_far_away_is_not_found(self, lars: Client) -> None:
        assert lars.get(reverse("sla:confirm_year", args=[2029])).status_code == 404


class TestExplainedDeadline:
    def test_every_row_of_the_list_leads_to_it(self, anna: Client) -> None:
        row = waiting_conversation(posted_at=NOW)
        for address in ("/", reverse("inbox:conversation", args=[row.pk])):
            assert f'href="/k/{row.pk}/frist/"' in anna.get(address).content.decode()

    def test_tells_arrival_stretches_and_rule(self, anna: Client) -> None:
        row = waiting_conversation(posted_at=NOW)
        text = anna.get(reverse("inbox:deadline", args=[row.pk])).content.decode()
        for words in (
            "Kom in tisdag 24 november 2026 kl. 10.00.", "klockan går",
            "Svara senast onsdag 25 november 2026 kl. 10.00.",
            "Regel: 24 timmar, helger undantagna, version 1.", "första varningen",
        ):  # fmt: skip
            assert words in text

    def test_tells_who_moved_it_and_from_when_to_when(self, anna: Client) -> None:
        row = waiting_conversation(posted_at=NOW)
        moving.change(
            {**SE24, "extra_closed": ["2026-11-25"]},
            expected=1,
            by=UserFactory(role="admin", name="Lars Öman"),
            now=NOW,
        )
        moving.go_on(NOW)
        text = anna.get(reverse("inbox:deadline", args=[row.pk])).content.decode()
        assert (
            "flyttad från ons 25 nov 10.00 till tors 26 nov 10.00, eftersom svarstidsmålet ändrades (Lars Öman)" in text
        )
        assert "version 2." in text

    def test_tells_what_was_promised(self, anna: Client) -> None:
        row = holding(waiting_conversation(posted_at=NOW), at=NOW, promised=NOW + 2 * DAY)
        text = anna.get(reverse("inbox:deadline", args=[row.pk])).content.decode()
        assert "Lovat svar" in text and "Vi gav besked" in text and "Avslutad" in text

    def test_of_one_cycle_alone(self, anna: Client) -> None:
        row = holding(waiting_conversation(posted_at=NOW), at=NOW, promised=NOW + 2 * DAY)
        first = ReplyCycle.objects.get(kind="first")
        text = anna.get(reverse("inbox:deadline", args=[row.pk]), {"cykel": first.pk}).content.decode()
        assert "Första svar" in text and "Lovat svar" not in text
        assert anna.get(reverse("inbox:deadline", args=[row.pk]), {"cykel": 0}).status_code == 404

    def test_what_has_none_says_so(self, anna: Client) -> None:
        from tests.factories import ConversationFactory

        text = anna.get(reverse("inbox:deadline", args=[ConversationFactory().pk])).content.decode()
        assert "har ingen frist" in text


class TestMe:
    def test_a_chat_is_added_and_named_and_never_shown_again(self, anna: Client) -> None:
        address = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        assert anna.post(reverse("inbox:me"), {"by_mail": "on", "address": address}).status_code == 302
        text = anna.get(reverse("inbox:me")).content.decode()
        assert "Slack" in text and "hooks.slack.com" not in text
        anna.post(reverse("inbox:me"), {"by_mail": "on", "keep": ["0"]})
        assert NoticeSettings.objects.get().addresses
        anna.post(reverse("inbox:me"), {"by_mail": "on"})
        assert not NoticeSettings.objects.get().addresses

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"address": "json://10.0.0.1/"}, "hör inte till någon chatt"),
            ({"quiet_from": "08:00"}, "Ange både från och till"),
            ({"absent_until": "2026-11-30"}, "Sista dagen kan inte komma före den första"),
            ({"absent_from": "2026-12-01", "absent_until": "2026-11-30"}, "Sista dagen kan inte"),
        ],
    )
    def test_what_cannot_be_is_told(self, anna: Client, given: dict[str, str], words: str) -> None:
        response = anna.post(reverse("inbox:me"), {"by_mail": "on", **given})
        assert response.status_code == 422 and words in response.content.decode()

    def test_whoever_chooses_no_way_is_told_what_follows(self, anna: Client) -> None:
        anna.post(reverse("inbox:me"), {})
        assert "går till nästa person" in anna.get(reverse("inbox:me")).content.decode()


class TestRest:
    def test_it_leaves_the_list_until_its_time(self, anna: Client) -> None:
        row = waiting_conversation(posted_at=NOW)
        assert anna.post(reverse("inbox:rest", args=[row.pk]), {"until": "afternoon"}).status_code == 302
        assert "Jonas Berg" not in anna.get("/").content.decode()
        assert "Jonas Berg" in anna.get("/?vy=snoozed").content.decode()
        anna.post(reverse("inbox:wake", args=[row.pk]))
        assert "Jonas Berg" in anna.get("/").content.decode()

    def test_past_the_deadline_it_asks_for_a_holding_reply_first(self, anna: Client) -> None:
        row = waiting_conversation(posted_at=NOW)
        own = {"until": "own", "day": "2026-11-25", "time": "10:01"}
        for given in (own, {"until": "answer"}):
            response = anna.post(reverse("inbox:rest", args=[row.pk]), given)
            assert response.status_code == 422 and "Skicka besked först." in response.content.decode()

    @pytest.mark.parametrize("given", [{}, {"until": "x"}, {"until": "own", "day": "1", "time": ""}])
    def test_without_a_time_it_asks_for_one(self, anna: Client, given: dict[str, str]) -> None:
        row = waiting_conversation(posted_at=NOW)
        assert anna.post(reverse("inbox:rest", args=[row.pk]), given).status_code == 422


class TestThirdHoldingReply:
    def test_a_manager_writes_why_in_the_composer(self, sign_in: SignIn) -> None:
        row = waiting_conversation(posted_at=NOW)
        for day in (2, 3):
            holding(row, at=NOW, promised=NOW + day * DAY)
        karin = sign_in("manager", "Karin Åberg")
        address = reverse("inbox:conversation", args=[row.pk])
        text = karin.get(address, {"beslut": "holding"}).content.decode()
        assert "2:a beskedet" in karin.get("/").content.decode() and "Anteckning av en chef" in text
        given = {"verdict": "holding", "text": "Hej! Det dröjer.", "key": "k3", "promised_day": "2026-12-04",
                 "promised_time": "15:00"}  # fmt: skip
        assert "Skriv i en anteckning" in karin.post(reverse("inbox:reply", args=[row.pk]), given).content.decode()
        given["manager_note"] = "Mätningen är försenad."
        assert karin.post(reverse("inbox:reply", args=[row.pk]), given).status_code == 302
        assert Note.objects.get().text == "Mätningen är försenad."


MONDAY = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 13, 0, tzinfo=UTC)


class TestDaysOff:
    def test_on_monday_the_backlog_is_shown_with_an_estimate(self, anna: Client) -> None:
        saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
        waiting_conversation(posted_at=saturday, contact__name="Eva Frågar")
        waiting_conversation(posted_at=saturday, text="❤️❤️", contact__name="Ida Gillar")
        waiting_conversation(posted_at=FRIDAY, contact__name="Sent På Fredag")
        with time_machine.travel(MONDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]  # the session of Tuesday is over
            text = anna.get(reverse("inbox:monday")).content.decode()
            assert "Måndagsstart" in anna.get("/").content.decode()
        assert "2 väntar efter 2 lediga dagar" in text and "Troligen behöver 1 av dem inget svar." in text
        assert "Eva Frågar" in text and "Sent På Fredag" not in text
        assert Conversation.objects.filter(status="open").count() == 3

    def test_on_monday_what_needs_no_answer_is_confirmed_kind_by_kind_below_its_texts(self, anna: Client) -> None:
        saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
        hearts = [waiting_conversation(posted_at=saturday, text="❤️❤️") for _ in range(2)]
        friend = waiting_conversation(posted_at=saturday, text="@kim.ek")
        asked = waiting_conversation(posted_at=saturday, text="När öppnar ni?")
        with time_machine.travel(MONDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]
            page = anna.get(reverse("inbox:monday"))
            groups = {group.do: group for group in page.context["groups"]}
            assert "Gilla 2 och markera som klara" in page.content.decode()
            assert [entry["row"] for entry in page.context["rows"]] == [asked]
            for do, rows in (("like", hearts), ("no_reply:tagged_friend", [friend])):
                form = {"back": "monday", "key": groups[do].key, "drawn_at": MONDAY.isoformat(), "do": do}
                answer = anna.post(reverse("inbox:bulk"), form | {"row": [row.pk for row in rows]})
                assert answer["Location"] == reverse("inbox:monday")
        assert Outgoing.objects.filter(kind="like").count() == 2
        friend.refresh_from_db()
        assert friend.status == "closed"

    def test_what_cannot_be_liked_there_is_confirmed_as_owing_no_answer(self, anna: Client) -> None:
        saturday, video = datetime(2026, 11, 28, 10, 0, tzinfo=UTC), ChannelFactory(platform="youtube")
        for text in ("❤️", "tack!"):
            waiting_conversation(posted_at=saturday, text=text, thread__channel=video)
        with time_machine.travel(MONDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]
            groups = anna.get(reverse("inbox:monday")).context["groups"]
        assert sorted(group.do for group in groups) == ["no_reply:emoji", "no_reply:other"]

    def test_on_monday_what_goes_before_every_deadline_stands_first(self, anna: Client) -> None:
        saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
        waiting_conversation(posted_at=saturday, text="När öppnar ni?")
        kind = waiting_conversation(posted_at=saturday + HOUR, text="❤️❤️")
        Conversation.objects.filter(pk=kind.pk).update(lane=Conversation.Lane.URGENT)
        with time_machine.travel(MONDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]
            page = anna.get(reverse("inbox:monday"))
        assert page.context["rows"][0]["row"] == kind
        assert page.context["groups"] == []

    def test_before_days_off_is_told_who_is_on_call_or_that_nobody_is(self, anna: Client) -> None:
        with time_machine.travel(FRIDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]
            assert "Ingen har jour." in anna.get(reverse("inbox:weekend")).content.decode()
            times = {"starts_at": FRIDAY + 4 * HOUR, "ends_at": FRIDAY + 60 * HOUR}
            Shift.objects.create(kind="on_call", user=UserFactory(name="Jo Jour"), **times)
            Shift.objects.create(kind="office", user=UserFactory(name="Åke Dag"), **times)
            text = anna.get(reverse("inbox:weekend")).content.decode()
        assert "Jo Jour" in text and "i dag 18.00" in text
        assert "Ingen har jour." not in text and "Åke Dag" not in text

    def test_on_friday_afternoon_what_falls_due_before_monday_noon_is_shown(self, anna: Client) -> None:
        waiting_conversation(posted_at=FRIDAY - 3 * HOUR, contact__name="Måndag Före Tolv")
        waiting_conversation(posted_at=FRIDAY - HOUR, contact__name="Måndag Efter Tolv")
        with time_machine.travel(FRIDAY, tick=False):
            anna.force_login(anna.user)  # type: ignore[attr-defined]
            text = anna.get(reverse("inbox:weekend")).content.decode()
            assert "Helgkoll" in anna.get("/").content.decode()
        assert "1 ska ha svar före" in text and "Måndag Före Tolv" in text and "Måndag Efter Tolv" not in text

    def test_on_other_days_the_pages_say_when_they_come(self, anna: Client) -> None:
        for name in ("monday", "weekend"):
            text = anna.get(reverse(f"inbox:{name}")).content.decode()
            assert "Sidan fylls i när det är dags" in text and "Nästa Helgkoll" in text
        assert "Måndagsstart" not in anna.get("/").content.decode()
