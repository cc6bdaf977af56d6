"""`reply`, `deliver`, `close`, `sweep`: the whole job from a shell, and one clear line for whatever cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from inbox.models import Conversation, Outgoing
from tests.commands.run import Shell
from tests.factories import UserFactory, waiting_conversation
from tests.inbox.scene import Scene
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.django_db
TEXT = "Klockan tio."


@pytest.fixture
def anna() -> User:
    return UserFactory(username="anna", name="Anna Ek")


@pytest.fixture
def conversation(anna: User) -> Conversation:
    return waiting_conversation(posted_at=datetime.now(UTC) - timedelta(hours=1))


def answer(conversation: Conversation, *more: object, text: str = TEXT) -> list[object]:
    return ["reply", conversation.pk, "--kind", "answer", "--text", text, "--user", "anna", *more]


class TestReply:
    def test_prints_the_outgoing_object(self, shell: Shell, conversation: Conversation) -> None:
        (line,) = shell(*answer(conversation))
        assert line == {
            "id": Outgoing.objects.get().pk,
            "kind": "answer",
            "status": "queued",
            "to": conversation.items.get().external_id,
            "external_id": None,
            "text": TEXT,
            "error": None,
        }

    @pytest.mark.parametrize("text", ["-hej", "--sign", "-", " två  blanksteg ", "rad\n\nrad\t😀", "'\"$(ls)`"])
    def test_takes_the_text_byte_for_byte(self, shell: Shell, conversation: Conversation, text: str) -> None:
        (line,) = shell(*answer(conversation, text=text))
        assert line["text"] == text == Outgoing.objects.get().text

    def test_signs_if_asked(self, shell: Shell, conversation: Conversation) -> None:
        assert shell(*answer(conversation, "--sign"))[0]["text"] == "Klockan tio. /Anna"

    def test_gives_the_same_row_for_the_same_key(self, shell: Shell, conversation: Conversation) -> None:
        first = shell(*answer(conversation, "--key", "k"))
        assert shell(*answer(conversation, "--key", "k", text="Något annat.")) == first

    def test_waits_if_asked(self, shell: Shell, conversation: Conversation) -> None:
        shell(*answer(conversation, "--delay", "10.5"))
        outgoing = Outgoing.objects.get()
        assert outgoing.not_before - outgoing.created_at == timedelta(seconds=10.5)
        assert shell("deliver") == []

    def test_promises_with_an_offset(self, shell: Shell, conversation: Conversation) -> None:
        arguments = ["--kind", "holding", "--promised", "2056-06-01T15:00+02:00"]
        shell(*answer(conversation, *arguments))
        assert Outgoing.objects.get().promised_at == datetime(2056, 6, 1, 13, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            (["--kind", "holding"], "no_promise"),
            (["--kind", "holding", "--promised", "2020-01-01T00:00Z"], "promise_in_the_past"),
            (["--kind", "holding", "--promised", "2056-06-01T15:00"], "naive_time"),
            (["--kind", "holding", "--promised", "i morgon"], "bad_time"),
            (["--kind", "no_reply"], "bad_arguments"),
            (["--text", ""], "empty_text"),
            (["--text", " \n"], "empty_text"),
            (["--user", "nobody"], "unknown_user"),
            (["--to", "nothing"], "unknown_item"),
            (["--delay", "-1"], "bad_arguments"),
            (["--delay", "nan"], "bad_arguments"),
            (["--delay", "soon"], "bad_arguments"),
            (["--surprise"], "bad_arguments"),
        ],
    )
    def test_tells_what_is_wrong_in_one_line(
        self, shell: Shell, conversation: Conversation, more: list[str], code: str
    ) -> None:
        error = shell.fails(*answer(conversation, *more))
        assert (error["code"], bool(error["message"])) == (code, True)
        assert not Outgoing.objects.exists()

    @pytest.mark.parametrize("number", ["999999", str(10**30)])
    def test_knows_no_other_conversation(self, shell: Shell, anna: User, number: str) -> None:
        error = shell.fails("reply", number, "--kind", "answer", "--text", TEXT, "--user", "anna")
        assert error["code"] == "unknown_conversation"

    def test_is_not_for_readers(self, shell: Shell, conversation: Conversation) -> None:
        UserFactory(username="olle", role="reader")
        assert shell.fails(*answer(conversation, "--user", "olle"))["code"] == "not_allowed"

    def test_refuses_a_second_one_to_the_same_person(self, shell: Shell, conversation: Conversation) -> None:
        shell(*answer(conversation))
        assert shell.fails(*answer(conversation))["code"] == "answered_meanwhile"


class TestDeliver:
    @pytest.fixture
    def scene(self, sandbox: RunningSandbox, settings: Any) -> Scene:
        return Scene(sandbox, "facebook", settings)

    def later(self, **given: int) -> str:
        return (datetime.now(UTC) + timedelta(**given)).isoformat()

    def test_prints_a_line_for_each_row_touched(self, shell: Shell, scene: Scene) -> None:
        outgoing = scene.reply()
        (line,) = shell("deliver")
        assert line == {
            "id": outgoing.pk,
            "conversation": outgoing.conversation_id,
            "kind": "answer",
            "status": "sent",
            "external_id": scene.on_the_platform()[0].id,
            "error": None,
        }
        assert shell("deliver") == []

    def test_judges_waits_at_the_instant_that_is_given(self, shell: Shell, scene: Scene) -> None:
        scene.reply(delay=600)
        assert shell("deliver", "--now", self.later(seconds=590)) == []
        assert shell("deliver", "--now", self.later(seconds=610))[0]["status"] == "sent"

    def test_finds_out_what_is_unknown(self, shell: Shell, scene: Scene) -> None:
        scene.reply()
        scene.stage.fault("drop_after", method="POST", times=1)
        (line,) = shell("deliver")
        assert (line["status"], line["error"]["code"], line["external_id"]) == ("unknown", "outcome_unknown", None)
        (line,) = shell("deliver", "--now", self.later(minutes=3))
        assert (line["status"], line["error"]) == ("sent", None)

    def test_tells_of_what_is_held_every_time(self, shell: Shell, scene: Scene) -> None:
        scene.reply()
        scene.stage.revoke()
        for _ in range(2):
            (line,) = shell("deliver")
            assert (line["status"], line["error"]["code"]) == ("queued", "auth_expired")

    def test_wants_an_offset(self, shell: Shell) -> None:
        assert shell.fails("deliver", "--now", "2026-11-24T10:00")["code"] == "naive_time"


class TestClose:
    def test_prints_the_conversation(self, shell: Shell, conversation: Conversation) -> None:
        (line,) = shell("close", conversation.pk, "--reason", "emoji", "--user", "anna")
        assert (line["id"], line["status"], line["state"], line["due_at"]) == (conversation.pk, "closed", None, None)
        assert [cycle["outcome"] for cycle in line["cycles"]] == ["no_reply"]

    def test_twice_is_once(self, shell: Shell, conversation: Conversation) -> None:
        first = shell("close", conversation.pk, "--reason", "emoji", "--user", "anna")
        assert shell("close", conversation.pk, "--reason", "emoji", "--user", "anna") == first

    @pytest.mark.parametrize("reason", ["citizen_answered", "tagged_friend", "already_answered", "not_for_us", "other"])
    def test_takes_each_reason_of_the_contract(self, shell: Shell, conversation: Conversation, reason: str) -> None:
        shell("close", conversation.pk, "--reason", reason, "--user", "anna")
        assert conversation.verdicts.get().reason == reason

    def test_demands_a_reason_it_knows(self, shell: Shell, conversation: Conversation) -> None:
        assert shell.fails("close", conversation.pk, "--reason", "bored", "--user", "anna")["code"] == "bad_arguments"
        assert shell.fails("close", conversation.pk, "--user", "anna")["code"] == "bad_arguments"


class TestSweep:
    def test_counts_what_is_newly_made(self, shell: Shell, conversation: Conversation) -> None:
        assert shell("sweep") == [{"due_soon": 0, "overdue": 0}]
        soon = conversation.due_soon_at.isoformat()
        assert shell("sweep", "--now", soon) == [{"due_soon": 1, "overdue": 0}]
        late = conversation.due_at.isoformat()
        assert [shell("sweep", "--now", late), shell("sweep", "--now", late)] == [
            [{"due_soon": 0, "overdue": 1}],
            [{"due_soon": 0, "overdue": 0}],
        ]
