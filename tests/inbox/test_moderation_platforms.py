"""Likes, hidings, deletions and edits with the real connectors, over the wire, on each platform of the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Capability, Known
from connectors.registry import connector_class
from inbox import actions, ingest
from inbox.deciding import abilities
from inbox.models import Conversation, Item, ModerationEvidence, Outgoing
from sandbox.entries import Entry
from tests.inbox.scene import ANSWER, PLATFORMS, Scene
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.django_db
FIRST = timedelta(minutes=2, seconds=1)


def able(action: Capability, *, ours: bool = False) -> list[str]:
    """The platforms that can do this with what a citizen wrote, or with what we wrote."""
    found = []
    for platform in PLATFORMS:
        connector = connector_class(platform)
        reached = connector.capabilities if ours else connector.capabilities - connector.own_only
        found += [platform] if action in reached else []
    return found


HIDES, DELETES, LIKES = able(Capability.HIDE), able(Capability.DELETE), able(Capability.LIKE)
EDITS_OWN, DELETES_OWN = able(Capability.EDIT, ours=True), able(Capability.DELETE, ours=True)


class Place:
    """A citizen's comment under something of ours, with our rows of it."""

    def __init__(self, sandbox: RunningSandbox, platform: str, settings: Any) -> None:
        self.scene = Scene(sandbox, platform, settings)
        self.entry: Entry = self.scene.stage.citizen_answers_our_post("Opassande.")
        self.conversation: Conversation = self.scene.stored(self.entry)

    @property
    def item(self) -> Item:
        return self.conversation.items.get(from_us=False)

    @property
    def on_the_platform(self) -> Entry:
        return self.scene.stage.world.entry(self.entry.id)

    @property
    def is_gone(self) -> bool:
        """Whether nobody sees it any more: YouTube rejects what others wrote, and deletes only our own."""
        there = self.on_the_platform
        return there.is_deleted or there.extra.get("moderation") == "rejected"

    def moderate(self, action: str, key: str = "k") -> Outgoing:
        kept = actions.moderate(
            self.conversation.pk, action, to=self.entry.id, ground="abuse", reason="Grovt.", by=self.scene.anna,
            key=key, now=datetime.now(UTC),
        )  # fmt: skip
        return kept.outgoing.get()

    def answered(self) -> Item:
        """Let Anna's answer stand there."""
        outgoing = self.scene.reply(self.conversation)
        self.scene.deliver()
        outgoing.refresh_from_db()
        return Item.objects.get(external_id=outgoing.external_id)


@pytest.fixture
def place(request: pytest.FixtureRequest, sandbox: RunningSandbox, settings: Any) -> Place:
    return Place(sandbox, request.param, settings)


def on(platforms: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("place", platforms, indirect=True)


def again(outgoing: Outgoing) -> str:
    outgoing.refresh_from_db()
    return outgoing.status


@on(LIKES)
def test_a_like_is_ours_on_the_platform(place: Place) -> None:
    outgoing = actions.like(place.conversation.pk, by=place.scene.anna, key="k", now=datetime.now(UTC))
    place.scene.deliver()
    assert (again(outgoing), place.conversation.cycles.get().outcome) == ("sent", "liked")
    assert len(place.scene.stage.writes()) == 1


@on(HIDES)
def test_what_is_hidden_here_is_hidden_there_and_can_be_shown_again(place: Place) -> None:
    hiding = place.moderate("hide")
    place.scene.deliver()
    assert (again(hiding), place.on_the_platform.hidden, place.item.hidden) == ("sent", True, True)
    shown = actions.unhide(
        place.conversation.pk, to=place.entry.id, by=place.scene.anna, key="u", now=datetime.now(UTC)
    )
    place.scene.deliver()
    assert (again(shown), place.on_the_platform.hidden, place.item.hidden) == ("sent", False, False)


@on(HIDES)
def test_what_we_hid_stays_hidden_and_stays_there_when_it_is_read_again(place: Place) -> None:
    place.moderate("hide")
    place.scene.deliver()
    now, connector = datetime.now(UTC), place.scene.stage.connector()
    for surface in connector.surfaces():
        for page in connector.poll(surface, {}, known=Known(), now=now):
            stored = ingest.store(place.scene.channel, surface, page, now=now)
            ingest.settle(stored.thread_ids, now)
    page = connector.read([place.entry.id])
    ingest.settle(ingest.store(place.scene.channel, "read", page, now=now).thread_ids, now)
    assert (place.item.hidden, place.item.deleted_at) == (True, None)
    assert place.conversation.cycles.get().outcome == "moderated"


@on(DELETES)
def test_what_is_deleted_here_is_gone_there(place: Place) -> None:
    deleting = place.moderate("delete")
    place.scene.deliver()
    assert (again(deleting), place.is_gone) == ("sent", True)
    assert (place.item.deleted_at is not None, place.conversation.cycles.get().outcome) == (True, "moderated")


@on(EDITS_OWN)
def test_a_reply_of_ours_reads_anew_there_and_the_old_wording_is_kept_here(place: Place) -> None:
    reply = place.answered()
    edit = actions.edit_reply(
        place.conversation.pk, to=reply.external_id, text="Klockan elva, ser jag nu.", by=place.scene.anna, key="e",
        now=datetime.now(UTC),
    )  # fmt: skip
    place.scene.deliver()
    reply.refresh_from_db()
    assert (again(edit), reply.text) == ("sent", "Klockan elva, ser jag nu.")
    assert place.scene.stage.world.entry(reply.external_id).text == "Klockan elva, ser jag nu."
    assert [version.text for version in reply.versions.all()] == [ANSWER]


@on(DELETES_OWN)
def test_a_reply_of_ours_that_we_delete_is_gone_there_and_the_citizen_waits_again(place: Place) -> None:
    reply = place.answered()
    place.conversation.refresh_from_db()
    assert place.conversation.status == "closed"
    deleting = actions.delete_reply(
        place.conversation.pk, to=reply.external_id, by=place.scene.anna, key="d", now=datetime.now(UTC)
    )
    place.scene.deliver()
    assert (again(deleting), place.scene.on_the_platform()) == ("sent", [])
    assert place.conversation.cycles.get(ended_at=None).started_at == place.item.posted_at


@on(HIDES)
@pytest.mark.parametrize("fault", ["drop_after", "html_502_after", "drop_before", "html_502"])
def test_a_hiding_whose_answer_is_lost_is_done_in_the_end(place: Place, fault: str) -> None:
    hiding = place.moderate("hide")
    place.scene.stage.fault(fault, times=1)
    place.scene.deliver()
    assert again(hiding) in ("unknown", "queued")
    for minutes in (2, 3, 4):
        place.scene.deliver(FIRST + timedelta(minutes=minutes))
    assert (again(hiding), place.on_the_platform.hidden) == ("sent", True)


@on(DELETES)
@pytest.mark.parametrize("fault", ["drop_after", "html_502_after", "drop_before"])
def test_a_deletion_whose_answer_is_lost_is_done_in_the_end(place: Place, fault: str) -> None:
    deleting = place.moderate("delete")
    place.scene.stage.fault(fault, times=1)
    place.scene.deliver()
    for minutes in (2, 5, 8, 11):
        place.scene.deliver(FIRST + timedelta(minutes=minutes))
    assert (again(deleting), place.is_gone) == ("sent", True)


@on(HIDES)
def test_the_evidence_is_there_though_the_platform_cannot_be_reached(place: Place, settings: Any) -> None:
    settings.PLATFORM_URLS = {**settings.PLATFORM_URLS, place.scene.channel.platform: "http://127.0.0.1:9"}
    hiding = place.moderate("hide")
    place.scene.deliver()
    assert (again(hiding), place.on_the_platform.hidden) == ("queued", False)
    assert (ModerationEvidence.objects.get().item, place.conversation.cycles.get().ended_at) == (place.item, None)


@on(HIDES)
def test_a_revoked_token_holds_the_hiding_and_says_so(place: Place) -> None:
    hiding = place.moderate("hide")
    place.scene.stage.revoke()
    place.scene.deliver()
    assert (again(hiding), hiding.held, hiding.error.endswith(".")) == ("queued", True, True)
    assert not any(secret in hiding.error for secret in place.scene.stage.secrets)


@on(HIDES)
def test_hiding_what_its_author_has_deleted_fails_with_a_sentence(place: Place) -> None:
    hiding = place.moderate("hide")
    place.scene.stage.world.delete(place.entry.id)
    place.scene.deliver()
    assert (again(hiding), hiding.error.endswith(".")) == ("failed", True)


@on(list(PLATFORMS))
def test_what_the_page_offers_is_what_the_platform_takes(place: Place) -> None:
    """No button leads to a refusal."""
    offered = abilities.of(place.item, place.conversation)
    connector, target = place.scene.stage.connector(), place.scene.stage.target(place.entry)
    order = [Capability.LIKE, Capability.HIDE, Capability.UNHIDE, Capability.DELETE]
    for action in [each for each in order if each in offered]:
        connector.moderate(target, action)
