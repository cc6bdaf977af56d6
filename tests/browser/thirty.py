"""Thirty mixed comments and messages, which stand on five platforms of a running sandbox and in our inbox alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine

from accounts.channels import ensure_surfaces
from accounts.models import Channel, Surface
from inbox import ingest, outbox
from inbox.deciding import experts
from inbox.models import Conversation, Outgoing, Post, Thread
from sandbox.entries import Entry
from tests import factories
from tests.browser.scene import HOUR, MINUTE, NOW, Scene, staffed
from tests.connectors.stage import Stage
from tests.inbox.scene import PLATFORMS, channel_of, speak_through
from tests.sandbox_server import RunningSandbox

FIRST = NOW - 5 * HOUR  # each is a minute younger than the one before: that is the order of the list


PROMISE = "Vi har sett din fråga och tar reda på svaret. Du får svar här senast i morgon kl. 15.00."


@dataclass(frozen=True)
class Written:
    """What somebody wrote, and what we do about it. `choice`: the number of a reason or a target."""

    name: str
    platform: str
    text: str
    verdict: str
    choice: int = 0
    ends: tuple[str, ...] = ()  # how its cycles end

    @property
    def words(self) -> str:
        """What we answer."""
        return f"Hej {self.name.split()[0]}! Ja, det gör vi."


THIRTY = (
    Written("Sara Lindgren", "facebook", "Plogar ni Ekbacken i natt?", "answer", ends=("answered",)),
    Written("Jonas Berg", "twitter", "Byter ni lampan vid gångtunneln?", "answer", ends=("answered",)),
    Written("Moa Halland", "instagram", "Öppnar isbanan på lördag?", "answer", ends=("answered",)),
    Written("Kent Andersson", "linkedin", "Söker ni fler undersköterskor?", "answer", ends=("answered",)),
    Written("Nils Wik", "youtube", "Textar ni filmerna?", "answer", ends=("answered",)),
    Written("Ida Tränare", "facebook", "Vad kostar en vecka på läger?", "holding", ends=("holding",)),
    Written("Mona Rask", "twitter", "När blir ritningen över Hamngatan klar?", "holding", ends=("holding",)),
    Written("Erik Ström", "instagram", "Vem har målat tavlan i entrén?", "holding", ends=("holding",)),
    Written("Ulla Ek", "youtube", "Vilket datum är nästa fullmäktige?", "holding", ends=("holding",)),
    Written("Tore Vik", "facebook", "Hålet i Storgatan är kvar.", "redirect", 2, ends=("redirected",)),
    Written("Göran Persson", "twitter", "Väg 26 är hal vid bron.", "redirect", 3, ends=("redirected",)),
    Written("Britta Falk", "linkedin", "Hur söker man jobb hos er?", "redirect", 1, ends=("redirected",)),
    Written("Alva Nord", "facebook", "Kan du svara på hur det går för mig?", "message", 1, ends=("redirected",)),
    Written("Olof Sund", "facebook", "Så fint det blev på torget!", "like", ends=("liked",)),
    Written("Vera Holm", "linkedin", "Bra jobbat med praktikplatserna!", "like", ends=("liked",)),
    Written("Ebba Lund", "youtube", "Roligaste filmen på länge!", "like elsewhere", 1, ends=("liked",)),
    Written("Hugo Dahl", "facebook", "Hallen ligger bakom skolan, Lisa.", "no_reply", 1, ends=("no_reply",)),
    Written("Elsa Wall", "instagram", "@malin kolla här!", "no_reply", 2, ends=("no_reply",)),
    Written("Axel Fors", "twitter", "❤️❤️", "no_reply", 3, ends=("no_reply",)),
    Written("Maja Björk", "youtube", "Tack, då förstår jag.", "no_reply", 4, ends=("no_reply",)),
    Written("Leo Strand", "linkedin", "Jag menade grannkommunen.", "undone", 5, ends=("no_reply",)),
    Written("Tyra Åkesson", "facebook", "Jaha, så kan det gå.", "reopened", 6, ends=("no_reply", "answered")),
    Written("Otto Krans", "facebook", "Ni är rena rama idioter!", "hide", ends=("moderated",)),
    Written("Siri Moberg", "twitter", "Köp billiga klockor hos mig!", "hide", ends=("moderated",)),
    Written("Viggo Ros", "instagram", "Här bor han, åk dit och slå honom.", "delete", ends=("moderated",)),
    Written("Stina Hed", "facebook", "Hur många träd fälls i Lunden?", "ask_expert", ends=("holding",)),
    Written("Arvid Lilja", "facebook", "Var är återvinningen i Norra hamnen?", "helped", ends=("answered",)),
    Written("Nora Helper", "facebook", "Bakom macken, Arvid.", "helper", ends=("liked",)),
    Written("Knut Sander", "facebook", "Hur går det med badplatsen?", "rest"),
    Written("Lova Engman", "twitter", "Snöigt i #exempelby i dag.", "watch"),
)


@dataclass(frozen=True)
class Standing:
    """How one of them stands: the conversation here, how its cycles ended, and what its platform shows of us."""

    status: str
    ends: tuple[str, ...]
    there: str


@dataclass
class Thirty(Scene):
    """The scene of the thirty: a Scene of the browser tests, so that somebody can be signed in."""

    stages: dict[str, Stage] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def deliver(self) -> None:
        """Let the worker do its rounds, when all that was queued can no longer be taken back."""
        at = max(Outgoing.objects.values_list("not_before", flat=True)) + timedelta(seconds=1)
        with time_machine.travel(at, tick=True):
            outbox.deliver(at)
            experts.mail_due(at)

    def standing(self, name: str) -> Standing:
        row = Conversation.objects.get(pk=self.conversations[name].pk)
        cycles = row.cycles.exclude(ended_at=None).order_by("ended_at", "pk")
        return Standing(row.status, tuple(cycles.values_list("outcome", flat=True)), self._there(written(name)))

    def _there(self, each: Written) -> str:
        """What the platform shows of what we have done: nothing, or some words. Not what our own rows say of it."""
        stage = self.stages[each.platform]
        entry = stage.world.entry(self.entries[each.name].id)
        if entry.is_deleted:
            return "gone"
        if entry.hidden:
            return "hidden"
        likes = (*entry.extra.get("likes", ()), *entry.extra.get("reactions", ()))
        ours = [one for one in self._ours(each) if one.parent in (entry.id, entry.thread) or one.kind == "message"]
        row = self.conversations[each.name]
        replies = Outgoing.objects.filter(conversation=row, status="sent", to__external_id=entry.id).exclude(text="")
        assert [one.id for one in ours] == list(replies.values_list("external_id", flat=True)), each
        return " and ".join(["liked"] * (stage.our_id in likes) + ["answered"] * len(ours))

    def _ours(self, each: Written) -> list[Entry]:
        """What stands on its platform in our name, to this person by its words: a thread may have several."""
        stage = self.stages[each.platform]
        words = {"helper": "Stämmer, tack", "message": "kontaktcenter"}.get(
            each.verdict, f"Hej {each.name.split()[0]}!"
        )
        return [entry for entry in stage.world.entries(each.platform, author=stage.our_id) if words in entry.text]


def written(name: str) -> Written:
    return next(each for each in THIRTY if each.name == name)


def build(sandbox: RunningSandbox, settings: Any) -> Thirty:
    """Write it all on the platforms, and store it as polls would have."""
    scene = Thirty(people=staffed().people)
    for platform in PLATFORMS:
        stage = scene.stages[platform] = speak_through(sandbox, platform, settings)
        scene.channels[platform] = channel_of(stage, owner=scene.people["Anna"])
        ensure_surfaces(scene.channels[platform], NOW)
    Surface.objects.update(last_success_at=NOW, last_polled_at=NOW)
    for place, each in enumerate(THIRTY):
        _store(scene, each, _write(scene, each, FIRST + place * MINUTE))
    return scene


def _write(scene: Thirty, each: Written, at: datetime) -> Entry:
    stage: Any = scene.stages[each.platform]
    if each.verdict == "message":
        return stage.messages_us(each.text, ago=NOW - at)
    if each.verdict == "helper":
        return stage.answer(scene.entries["Arvid Lilja"], each.text, at=at)
    if each.platform == "twitter" and each.verdict == "hide":
        return stage.citizen_answers_our_post(each.text)
    return stage.citizen_writes(each.text, at=at)


def _store(scene: Thirty, each: Written, entry: Entry) -> None:
    channel, at = scene.channels[each.platform], FIRST + THIRTY.index(each) * MINUTE
    writer = entry.author if each.verdict == "message" else f"{entry.author}-{entry.id}"
    contact = factories.ContactFactory(platform=each.platform, external_id=writer, name=each.name)
    row = factories.ConversationFactory(
        thread=_thread(channel, each, entry, at), contact=contact, last_item_at=at, arrived_at=at, preview=each.text,
        item_count=1,
    )  # fmt: skip
    factories.ItemFactory(
        conversation=row, external_id=entry.id, text=entry.text, posted_at=at, fetched_at=at, unsettled=True,
        kind=_kind(each), addressed=each.verdict != "watch", parent_external_id=entry.parent or "",
    )  # fmt: skip
    ingest.settle([row.thread_id], at)
    row.refresh_from_db()
    scene.entries[each.name], scene.conversations[each.name] = entry, row


def _thread(channel: Channel, each: Written, entry: Entry, at: datetime) -> Thread:
    id = entry.thread or entry.id
    found = Thread.objects.filter(channel=channel, external_id=id).first()
    return found or factories.ThreadFactory(
        channel=channel, external_id=id, post=_post(channel, each, entry), last_activity_at=at,
        is_private=each.verdict == "message",
    )  # fmt: skip


def _post(channel: Channel, each: Written, entry: Entry) -> Post | None:
    """What it stands under; tweets to us and messages stand by themselves."""
    if each.verdict == "message" or (channel.platform == "twitter" and each.verdict != "hide"):
        return None
    root = entry.root or entry.thread or entry.id
    return channel.posts.filter(external_id=root).first() or factories.PostFactory(channel=channel, external_id=root)


def _kind(each: Written) -> str:
    if each.verdict in ("message", "watch"):
        return {"message": "message", "watch": "hashtag"}[each.verdict]
    return "mention" if each.platform == "twitter" else "comment"


def expected(each: Written) -> Standing:
    """How each must stand in the end: here, and on its platform."""
    status = {"holding": "waiting", "ask_expert": "waiting", "rest": "snoozed", "watch": "open"}
    there = {"like": "liked", "hide": "hidden", "delete": "gone", "helper": "liked and answered"}
    answered = each.verdict in ("answer", "holding", "redirect", "message", "reopened", "ask_expert")
    place = "answered" if answered else there.get(each.verdict, "")
    return Standing(status.get(each.verdict, "closed"), each.ends, place)
