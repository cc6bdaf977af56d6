"""The outbox with the real connectors, over the wire, against the sandbox: all platforms alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import channels
from inbox import actions
from inbox.models import Outgoing
from tests.inbox.scene import ANSWER, PLATFORMS, Scene
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.django_db
FIRST, SECOND = timedelta(minutes=2, seconds=1), timedelta(minutes=10, seconds=1)


@pytest.fixture(params=PLATFORMS)
def scene(request: pytest.FixtureRequest, sandbox: RunningSandbox, settings: Any) -> Scene:
    return Scene(sandbox, request.param, settings)


def status_of(outgoing: Outgoing) -> str:
    outgoing.refresh_from_db()
    return outgoing.status


def test_a_reply_stands_on_the_platform_under_what_it_answers(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.deliver()
    (entry,) = scene.on_the_platform()
    assert (status_of(outgoing), outgoing.external_id, entry.parent) == ("sent", entry.id, outgoing.to.external_id)


def test_its_cycle_ends_when_the_platform_says(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.deliver()
    cycle = outgoing.conversation.cycles.get()
    (entry,) = scene.on_the_platform()
    assert cycle.outcome == "answered"
    assert abs(cycle.ended_at - entry.created_at) < timedelta(seconds=2)


@pytest.mark.parametrize(
    "text", ["å" * 200, "Hej!\n\nRad två & <b> &amp; \u2019 😀", "@bo_ek hej", "se https://example.se/a?b=c"]
)
def test_the_text_goes_out_byte_for_byte(scene: Scene, text: str) -> None:
    scene.reply(text=text)
    scene.deliver()
    assert len(scene.on_the_platform(text)) == 1


@pytest.mark.parametrize("fault", ["drop_after", "html_502_after", "empty_200_after"])
@pytest.mark.parametrize("text", [ANSWER, "@bo_ek Hej & välkommen! Läs mer på https://example.se/bad <3"])
def test_an_answer_lost_after_the_write_is_found_and_never_doubled(scene: Scene, fault: str, text: str) -> None:
    outgoing = scene.reply(text=text)
    scene.stage.fault(fault, method="POST", times=1)
    scene.deliver()
    assert status_of(outgoing) == "unknown"
    scene.deliver(FIRST)
    (entry,) = scene.on_the_platform(text)
    assert (status_of(outgoing), outgoing.external_id, scene.writes()) == ("sent", entry.id, 1)


@pytest.mark.parametrize("fault", ["drop_before", "html_502"])
def test_what_was_lost_before_the_write_is_sent_once_more_or_shown_to_a_person(scene: Scene, fault: str) -> None:
    outgoing = scene.reply()
    scene.stage.fault(fault, method="POST", times=1)
    for pause in (timedelta(), FIRST, SECOND, SECOND + timedelta(seconds=1)):
        scene.deliver(pause)
    if scene.channel.platform == "youtube":
        assert (status_of(outgoing), outgoing.next_lookup_at, scene.on_the_platform()) == ("unknown", None, [])
    else:
        assert (status_of(outgoing), len(scene.on_the_platform())) == ("sent", 1)


def test_a_look_up_that_fails_never_makes_a_second_reply(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.stage.fault("drop_after", method="POST", times=1)
    scene.deliver()
    scene.stage.fault("html_502", method="GET")
    for minutes in range(2, 40, 2):
        scene.deliver(timedelta(minutes=minutes))
    assert (status_of(outgoing), len(scene.on_the_platform())) == ("unknown", 1)
    scene.stage.mend()
    scene.deliver(timedelta(hours=2))
    assert (status_of(outgoing), len(scene.on_the_platform())) == ("sent", 1)


def test_a_platform_that_cannot_be_reached_is_tried_again(scene: Scene, settings: Any) -> None:
    outgoing, urls = scene.reply(), settings.PLATFORM_URLS
    settings.PLATFORM_URLS = {**urls, scene.channel.platform: "http://127.0.0.1:9"}
    scene.deliver()
    assert (status_of(outgoing), outgoing.attempts, outgoing.error_code) == ("queued", 1, "unreachable")
    settings.PLATFORM_URLS = urls
    scene.deliver(timedelta(seconds=31))
    assert (status_of(outgoing), len(scene.on_the_platform())) == ("sent", 1)


def test_a_revoked_token_holds_the_reply_until_there_is_a_new_one(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.stage.revoke()
    scene.deliver()
    assert (status_of(outgoing), outgoing.held, outgoing.attempts) == ("queued", True, 0)
    assert outgoing.error
    channels.save_token(scene.channel.pk, scene.new_token())
    scene.deliver()
    assert (status_of(outgoing), len(scene.on_the_platform())) == ("sent", 1)


def test_a_wrong_token_is_told_in_a_sentence(scene: Scene) -> None:
    outgoing = scene.reply()
    token = {
        key: "wrong" if "token" in key or "secret" in key else value
        for key, value in scene.stage.context().token.items()
    }
    channels.save_token(scene.channel.pk, token)
    scene.deliver()
    assert (status_of(outgoing), outgoing.held, outgoing.error.endswith(".")) == ("queued", True, True)
    assert not any(secret in outgoing.error for secret in scene.stage.secrets)


def test_a_quota_that_is_out_holds_the_reply_and_is_not_counted(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.stage.fault("quota" if scene.channel.platform == "youtube" else "rate_limit", method="POST", times=1)
    scene.deliver()
    assert (status_of(outgoing), outgoing.held, outgoing.attempts) == ("queued", True, 0)
    assert outgoing.not_before > datetime.now(UTC)
    scene.deliver(outgoing.not_before - datetime.now(UTC) + timedelta(seconds=1))
    assert (status_of(outgoing), len(scene.on_the_platform())) == ("sent", 1)


def test_a_reply_that_is_too_long_fails_with_a_sentence_or_is_taken(scene: Scene) -> None:
    outgoing = scene.reply(text=scene.stage.too_long)
    scene.deliver()
    assert (status_of(outgoing), scene.on_the_platform(scene.stage.too_long)) == ("failed", [])
    assert outgoing.error.endswith(".")
    assert outgoing.text == scene.stage.too_long


def test_a_reply_to_what_was_deleted_fails_with_a_sentence(scene: Scene) -> None:
    outgoing = scene.reply()
    scene.stage.world.delete(outgoing.to.external_id)
    for pause in (timedelta(), FIRST, SECOND):
        scene.deliver(pause)
    assert (status_of(outgoing), scene.on_the_platform()) == ("failed", [])
    assert outgoing.error.endswith(".")


def test_the_same_words_to_two_people_are_two_replies(scene: Scene) -> None:
    first, second = scene.reply(), scene.reply()
    scene.deliver()
    assert [status_of(first), status_of(second)] == ["sent", "sent"]
    assert {entry.id for entry in scene.on_the_platform()} == {first.external_id, second.external_id}


def test_the_same_words_lost_to_two_people_are_found_each_under_its_own(scene: Scene) -> None:
    first, second = scene.reply(), scene.reply()
    scene.stage.fault("drop_after", method="POST", times=2)
    scene.deliver()
    scene.deliver(FIRST)
    assert [status_of(first), status_of(second)] == ["sent", "sent"]
    parents = {entry.id: entry.parent for entry in scene.on_the_platform()}
    assert [parents[first.external_id], parents[second.external_id]] == [first.to.external_id, second.to.external_id]


def test_a_double_click_is_one_reply(scene: Scene) -> None:
    conversation = scene.citizen_writes()
    for _ in range(2):
        scene.reply(conversation, key="k")
        scene.deliver()
    assert (Outgoing.objects.count(), len(scene.on_the_platform()), scene.writes()) == (1, 1, 1)


def test_undone_within_its_ten_seconds_nothing_goes_out(scene: Scene) -> None:
    outgoing = scene.reply(delay=10)
    scene.deliver(timedelta(seconds=9))
    actions.cancel(outgoing.pk, by=scene.anna, now=datetime.now(UTC))
    scene.deliver(timedelta(minutes=1))
    assert (status_of(outgoing), scene.writes()) == ("cancelled", 0)
