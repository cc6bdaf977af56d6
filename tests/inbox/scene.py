"""A platform of the sandbox together with our rows of it: a citizen has written, and we may answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Channel, User
from connectors.base import Sent
from inbox import actions, ingest, outbox
from inbox.models import Conversation, Item, Outgoing
from sandbox import facebook, instagram, linkedin, youtube
from sandbox.entries import Entry
from sandbox.twitter import issue_oauth1
from tests.connectors.facebook.stage import FacebookStage
from tests.connectors.instagram.stage import InstagramStage
from tests.connectors.linkedin.stage import LinkedInStage
from tests.connectors.stage import Stage
from tests.connectors.twitter.stage import TwitterStage
from tests.connectors.youtube.stage import YouTubeStage
from tests.factories import (
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    ItemFactory,
    PostFactory,
    ThreadFactory,
    UserFactory,
)
from tests.sandbox_server import RunningSandbox

STAGES: dict[str, type[Stage]] = {
    "twitter": TwitterStage,
    "facebook": FacebookStage,
    "instagram": InstagramStage,
    "linkedin": LinkedInStage,
    "youtube": YouTubeStage,
}
PLATFORMS = tuple(STAGES)
ANSWER = "Välkommen! Simhallen öppnar klockan tio på lördag."


def speak_through(sandbox: RunningSandbox, platform: str, settings: Any) -> Stage:
    """Make a platform of the sandbox ready, and let our connectors of it call the sandbox."""
    settings.PLATFORM_URLS = {**settings.PLATFORM_URLS, platform: sandbox.url}
    settings.GOOGLE_TOKEN_URL = f"{sandbox.url}/token"
    settings.LINKEDIN_TOKEN_URL = f"{sandbox.url}/oauth/v2/accessToken"
    return STAGES[platform](sandbox)


def channel_of(stage: Stage, **given: Any) -> Channel:
    """Our account on a platform of the sandbox, with its key."""
    context = stage.context()
    return ChannelFactory(
        platform=stage.platform, external_id=stage.our_id, handle=context.handle, token=dict(context.token), **given
    )


class Scene:
    """Needs the database and the settings fixture; the channel speaks to the sandbox over loopback."""

    def __init__(self, sandbox: RunningSandbox, platform: str, settings: Any) -> None:
        self.stage = speak_through(sandbox, platform, settings)
        self.channel: Channel = channel_of(self.stage)
        self.anna: User = UserFactory(name="Anna Ek")

    def citizen_writes(self, text: str = "När öppnar simhallen på lördag?") -> Conversation:
        """Let the citizen write, and store it as a poll would."""
        return self.stored(self.stage.citizen_writes(text, at=datetime.now(UTC) - timedelta(minutes=30)))

    def stored(self, entry: Entry) -> Conversation:
        root = entry.root or f"root-{entry.id}"
        post = self.channel.posts.filter(external_id=root).first() or PostFactory(
            channel=self.channel, external_id=root
        )
        thread = ThreadFactory(channel=self.channel, post=post, external_id=entry.thread or entry.id)
        contact = ContactFactory(platform=self.channel.platform, external_id=f"{entry.author}-{entry.id}")
        conversation = ConversationFactory(thread=thread, channel=self.channel, contact=contact)
        ItemFactory(
            conversation=conversation,
            external_id=entry.id,
            text=entry.text,
            posted_at=entry.created_at,
            fetched_at=entry.created_at,
        )
        ingest.settle([thread.pk], datetime.now(UTC))
        conversation.refresh_from_db()
        return conversation

    def reply(self, conversation: Conversation | None = None, **given: Any) -> Outgoing:
        """Queue Anna's answer. Without a conversation a new citizen writes first."""
        conversation = conversation or self.citizen_writes()
        asked = {"kind": "answer", "text": ANSWER, "key": f"k{conversation.pk}", "now": datetime.now(UTC), **given}
        return actions.reply(conversation.pk, by=asked.pop("by", self.anna), **asked)

    def deliver(self, after: timedelta = timedelta()) -> list[Outgoing]:
        """Run the outbox as if so much time had passed."""
        return outbox.deliver(datetime.now(UTC) + after)

    def new_token(self) -> dict[str, Any]:
        """Let an administrator connect the account again."""
        issue = {
            "twitter": issue_oauth1,
            "facebook": facebook.issue_tokens,
            "instagram": instagram.issue_tokens,
            "linkedin": linkedin.issue_tokens,
            "youtube": youtube.issue_tokens,
        }
        return dict(issue[self.channel.platform](self.stage.world, self.stage.our_id))

    def on_the_platform(self, text: str = ANSWER) -> list[Entry]:
        return self.stage.our_entries(text)

    def writes(self) -> int:
        return len(self.stage.writes())


class FakeConnector:
    """Does what a test says, for faults that cannot be had on the wire. Registered in the test that uses it."""

    platform = "facebook"
    capabilities = frozenset[str]()
    max_length = 8000
    outcome: Any = Sent("r1")  # what reply() gives, or raises
    found: Any = None  # what find_sent() gives, or raises
    sent: list[tuple[str, str]] = []
    looked: list[dict[str, Any]] = []

    def __init__(self, context: Any) -> None:
        self.context = context

    def reply(self, to: Any, text: str) -> Sent:
        FakeConnector.sent.append((to.external_id, text))
        return self._do(FakeConnector.outcome)

    def find_sent(self, to: Any, text: str, **given: Any) -> Sent | None:
        FakeConnector.looked.append(given)
        return self._do(FakeConnector.found)

    @staticmethod
    def _do(outcome: Any) -> Any:
        outcome = outcome() if callable(outcome) else outcome
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def fake(monkeypatch: Any, outcome: Any = None, found: Any = None) -> type[FakeConnector]:
    """Let every Facebook channel speak through the fake connector, in this test."""
    from connectors import registry

    monkeypatch.setitem(registry.PATHS, "facebook", "tests.inbox.scene:FakeConnector")
    FakeConnector.outcome, FakeConnector.found = outcome or Sent("r1"), found
    FakeConnector.sent, FakeConnector.looked = [], []
    return FakeConnector


def own_item(conversation: Conversation, **given: Any) -> Item:
    """An answer of ours from the platform's own app, as ingest has stored it."""
    return ItemFactory(conversation=conversation, from_us=True, native=True, **given)
