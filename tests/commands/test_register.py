"""`user add`, `channel add`, `channel list`: what they make, and what they refuse in one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import AuditEvent, Channel, Credential, Membership, Surface, User
from tests.commands.run import Shell
from tests.factories import ChannelFactory, ItemFactory

pytestmark = pytest.mark.django_db
USER = ("--username", "anna", "--name", "Anna Ek", "--role", "communicator")
CHANNEL = {
    "--platform": "facebook", "--kind": "main", "--name": "Exempelby kommun", "--external-id": "1000",
    "--department": "Kansli", "--purpose": "Information", "--focus": "Vardag", "--token": '{"access_token": "hemlig"}',
}  # fmt: skip


def channel(**changes: str | None) -> list[str]:
    """The arguments of `channel add`; None leaves one out."""
    options = {**CHANNEL, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return ["add", *(word for name, value in options.items() if value is not None for word in (name, value))]


def test_a_user_is_made_with_role_and_department_and_can_sign_in(shell: Shell) -> None:
    (line,) = shell("user", "add", *USER, "--department", "Kultur")
    user = User.objects.get()
    assert line == {"id": user.pk, "username": "anna", "password": line["password"]}
    assert user.check_password(line["password"])
    assert [(m.role, m.department.name) for m in Membership.objects.all()] == [("communicator", "Kultur")]
    assert AuditEvent.objects.get().action == "user.added"


def test_a_user_without_a_department_belongs_to_the_whole_municipality(shell: Shell) -> None:
    shell("user", "add", *USER)
    assert Membership.objects.get().department is None


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--username", "bo", "--name", "", "--role", "admin"), "invalid", "name"),
        (("--username", "", "--name", "Bo", "--role", "admin"), "invalid", "username"),
        (("--username", "bo ek", "--name", "Bo", "--role", "admin"), "invalid", "username"),
        (("--username", "bo", "--name", "Bo", "--role", "chief"), "invalid", "Rollen"),
        (("--username", "bo"), "bad_arguments", "--name"),
        (("--username", "bo", "--name", "Bo", "--role", "admin", "--age", "7"), "bad_arguments", "--age"),
        (("--username", "bo\udcff", "--name", "Bo", "--role", "admin"), "bad_arguments", "UTF-8"),
    ],
)
def test_a_user_that_cannot_be_is_one_error_line(
    shell: Shell, arguments: tuple[str, ...], code: str, word: str
) -> None:
    error = shell.fails("user", "add", *arguments)
    assert error["code"] == code
    assert word in error["message"]
    assert not User.objects.exists()


def test_a_username_is_given_once(shell: Shell) -> None:
    shell("user", "add", *USER)
    assert "upptaget" in shell.fails("user", "add", *USER)["message"]


def test_a_channel_is_active_at_once_with_its_surfaces_and_its_key_encrypted(shell: Shell) -> None:
    (line,) = shell("channel", *channel())
    added = Channel.objects.get()
    assert line == {"id": added.pk}
    assert (added.status, added.department.name, added.owner) == ("active", "Kansli", None)
    assert Surface.objects.filter(channel=added, name="comments").exists()
    encrypted = Credential.objects.get().encrypted
    assert "hemlig" not in encrypted
    assert tokens.decrypt(encrypted) == {"access_token": "hemlig"}


def test_hashtags_and_clock_from_are_taken(shell: Shell) -> None:
    token = '{"access_token": "a", "access_token_secret": "b", "consumer_key": "c", "consumer_secret": "d"}'
    words = channel(platform="twitter", clock_from="2026-11-20T09:00:00+01:00", handle="@exempelby", token=token)
    shell("channel", *words, "--hashtag", "#isbanan", "--hashtag", "badhus")
    added = Channel.objects.get()
    assert added.clock_from == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert (added.handle, added.hashtags) == ("exempelby", ["isbanan", "badhus"])
    assert Surface.objects.filter(name="hashtag:isbanan").exists()


def test_without_clock_from_the_clock_begins_now(shell: Shell) -> None:
    before = datetime.now(UTC)
    shell("channel", *channel())
    assert before <= Channel.objects.get().clock_from <= datetime.now(UTC)


def test_a_token_is_read_from_standard_input(shell: Shell) -> None:
    shell("channel", *channel(token="-"), stdin='{"access_token": "från rör"}\n')
    assert tokens.decrypt(Credential.objects.get().encrypted) == {"access_token": "från rör"}


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"platform": "myspace"}, "invalid", "platform"),
        ({"kind": "side"}, "invalid", "kind"),
        ({"purpose": ""}, "invalid", "purpose"),
        ({"purpose": "  "}, "invalid", "purpose"),
        ({"purpose": None}, "bad_arguments", "--purpose"),
        ({"focus": ""}, "invalid", "focus"),
        ({"name": ""}, "invalid", "name"),
        ({"external_id": " "}, "invalid", "external_id"),
        ({"department": ""}, "invalid", "department"),
        ({"name": "å" * 121}, "invalid", "name"),
        ({"token": "{"}, "bad_token", "JSON"),
        ({"token": "[1]"}, "bad_token", "objekt"),
        ({"token": '"hemlig"'}, "bad_token", "objekt"),
        ({"token": "{}"}, "invalid", "access_token"),
        ({"clock_from": "2026-11-20T09:00:00"}, "naive_time", "UTC"),
        ({"clock_from": "i går"}, "bad_time", "ISO 8601"),
        ({"clock_from": "2026-11-20"}, "naive_time", "UTC"),
    ],
)
def test_a_channel_that_cannot_be_is_one_error_line(
    shell: Shell, changes: dict[str, Any], code: str, word: str
) -> None:
    error = shell.fails("channel", *channel(**changes))
    assert error["code"] == code
    assert word in error["message"]
    assert "hemlig" not in error["message"]
    assert not Channel.objects.exists()


def test_a_channel_is_registered_once(shell: Shell) -> None:
    shell("channel", *channel())
    assert "finns redan" in shell.fails("channel", *channel(name="Annat"))["message"]
    assert Channel.objects.count() == 1


def test_the_list_shows_each_channel_with_how_its_surfaces_do(shell: Shell) -> None:
    shell("channel", *channel())
    when = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    Surface.objects.filter(name="comments").update(
        last_success_at=when, error_code="timeout", error="Facebook svarade inte i tid.", platform_count=7,
        next_poll_at=when, quota={"percent": 3},
    )  # fmt: skip
    ItemFactory(conversation__thread__channel=Channel.objects.get())
    (line,) = shell("channel", "list")
    comments = next(surface for surface in line["surfaces"] if surface["name"] == "comments")
    assert comments == {
        "name": "comments", "last_success_at": "2026-11-24T09:00:00Z",
        "last_error": {"code": "timeout", "message": "Facebook svarade inte i tid."}, "platform_count": 7,
        "our_count": 1, "next_poll_at": "2026-11-24T09:00:00Z", "quota": {"percent": 3}, "note": None,
    }  # fmt: skip
    assert line["missing"] == Channel.objects.get().missing_fields(timezone.localdate())
    assert {"owner", "deputy", "review_on"} <= set(line["missing"])
    assert "hemlig" not in json.dumps(line)


def test_the_list_of_nothing_is_nothing(shell: Shell) -> None:
    assert shell("channel", "list") == []


def test_a_channel_without_a_key_is_listed_too(shell: Shell) -> None:
    Credential.objects.filter(channel=ChannelFactory()).delete()
    (line,) = shell("channel", "list")
    assert line["token"] == {"expires_at": None, "dead_since": None}


def test_a_command_without_an_action_is_one_error_line(shell: Shell) -> None:
    assert shell.fails("channel")["code"] == "bad_arguments"
    assert shell.fails("user", "remove")["code"] == "bad_arguments"
