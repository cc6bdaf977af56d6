"""An invented municipality on a Monday at 10.40: every state that the pages show, made by the product's own actions.

The browser tests look at it, and so does the picture in the README.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.channels import ensure_surfaces
from accounts.models import CHECKLIST, Channel, Role, Surface, User
from connectors.base import Sent
from inbox import actions, settling
from inbox.leaving import sending
from inbox.models import Conversation, Item, ItemVersion, Outgoing, Post, RedirectTarget, Thread
from tests import factories

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)  # a Monday, 10.40 in Stockholm
PASSWORD = "hemligt-losenord"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNDO = timedelta(seconds=10)
FRIDAY = NOW - 3 * DAY  # the same time of day on Friday: what came then is due now
TOKENS = {
    "twitter": {
        "consumer_key": "k",
        "consumer_secret": "s",
        "access_token": "a",
        "access_token_secret": "t",
    },
    "facebook": {"access_token": "page-token"},
    "youtube": {"client_id": "c", "client_secret": "s", "refresh_token": "r"},
}

POSTS = (
    (
        "swim",
        "facebook",
        "Höstlov i simhallen! Barn under 12 badar gratis hela veckan. Öppettiderna hittar du på webben.",
        3 * DAY,
    ),
    (
        "lights",
        "twitter",
        "Nu byter vi gatubelysningen längs Storgatan. Säg till om någon lampa är släckt.",
        4 * DAY,
    ),
    ("council", "youtube", "Kommunfullmäktige 17 november", 6 * DAY),
    ("harbour", "harbour", "Så här blir trottoarerna på Hamngatan. Ritningen finns i bilden.", 5 * DAY),
    ("school", "facebook", "Nu öppnar ansökan till förskolan Linden för hösten 2027.", 2 * DAY),
)
REDIRECTS = (
    (
        "Kontaktcenter",
        "Vi kan inte gå in på enskilda frågor här, det är inte säkert för dig. Ring kontaktcenter på 0555-100 00, "
        "vardagar 8–16.30, så hjälper de dig vidare samma dag.",
        "",
    ),
    (
        "Felanmälan",
        "Tack för att du säger till! För att den som lagar ska få rätt plats och kunna återkomma till dig behöver det "
        "in som en felanmälan. Det tar en minut, och du får besked inom tre arbetsdagar:",
        "https://exempelby.example/felanmalan",
    ),
    (
        "Trafikverket",
        "Den vägen sköts av Trafikverket, inte av kommunen. De tar emot felanmälningar dygnet runt på 0771-921 921.",
        "",
    ),
)
HOSTILE = (
    '<script>alert("hej")</script> {{ user.password }} {% url "x" %} \u202egnäv tåh\u202c \u200b\u200b& <b>fet</b>'
)


@dataclass
class Scene:
    """Rows by the name of who is in them."""

    people: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)

    @transaction.atomic
    def says(
        self,
        name: str,
        text: str,
        at: datetime,
        *,
        post: str = "swim",
        fetched_after: timedelta = 20 * timedelta(seconds=1),
        thread: Thread | None = None,
        parent: str = "",
        **item: Any,
    ) -> Item:
        """Let somebody write under a post of ours, as a poll would have stored it."""
        under = self.posts[post]
        thread = thread or factories.ThreadFactory(channel=under.channel, post=under, last_activity_at=at)
        conversation = thread.conversations.filter(contact__name=name).first()
        if conversation is None:
            contact = factories.ContactFactory(platform=under.channel.platform, name=name)
            conversation = factories.ConversationFactory(
                thread=thread, contact=contact, last_item_at=at, arrived_at=at + fetched_after
            )
        made = factories.ItemFactory(
            conversation=conversation,
            text=text,
            posted_at=at,
            fetched_at=at + fetched_after,
            parent_external_id=parent,
            url=item.pop("url", f"https://{under.channel.platform}.example/{thread.external_id}"),
            **item,
        )
        Conversation.objects.filter(pk=conversation.pk).update(
            preview=text[:400],
            last_item_at=at,
            arrived_at=at + fetched_after,
            item_count=conversation.items.count(),
        )
        Thread.objects.filter(pk=thread.pk).update(item_count=thread.items.count(), last_activity_at=at)
        settling.settle([thread.pk], at + fetched_after)
        conversation.refresh_from_db()
        self.conversations[name] = conversation
        return made

    def answer(self, name: str, kind: str, text: str, at: datetime, by: str = "Anna", **more: Any) -> Outgoing:
        """Queue a reply, and let the platform take it."""
        outgoing = self.queue(name, kind, text, at - UNDO, by=by, **more)
        with time_machine.travel(at, tick=False):
            claimed = sending.claim(outgoing.pk, now=at, holder="scene")
            assert claimed is not None
            sending.accepted(claimed, Sent(f"reply-{outgoing.pk}", at), at)
        outgoing.refresh_from_db()
        return outgoing

    def queue(self, name: str, kind: str, text: str, at: datetime, by: str = "Anna", **more: Any) -> Outgoing:
        return actions.reply(
            self.conversations[name].pk,
            kind=kind,
            text=text,
            by=self.people[by],
            key=f"scene-{name}-{kind}-{at:%H%M%S}",
            now=at,
            delay=UNDO.total_seconds(),
            sign=True,
            **more,
        )


@transaction.atomic
def build() -> Scene:
    """Make all of it. Sign in as `anna` (communicator), `lars` (administrator), `olle` (reader), `nina` (no role)."""
    scene = staffed()
    _channels(scene)
    _waiting(scene)
    _storm_in_a_glass(scene)
    _decided(scene)
    _stuck(scene)
    return scene


def staffed() -> Scene:
    """Only who works there, and where they point."""
    scene = Scene()
    _people(scene)
    _redirects()
    return scene


def _people(scene: Scene) -> None:
    for username, name, role in (
        ("anna", "Anna Ek", Role.COMMUNICATOR),
        ("per", "Per Lindqvist", Role.COMMUNICATOR),
        ("karin", "Karin Åberg", Role.MANAGER),
        ("lars", "Lars Öman", Role.ADMIN),
        ("olle", "Olle Ask", Role.READER),
    ):
        person = factories.UserFactory(username=username, name=name, role=role)
        scene.people[person.get_short_name()] = person
    nobody = factories.UserFactory(username="nina", name="Nina Ny")
    nobody.memberships.all().delete()
    scene.people["Nina"] = nobody


def _channels(scene: Scene) -> None:
    rules = "https://exempelby.example/sociala-medier"
    common = {
        "owner": scene.people["Anna"],
        "deputy": scene.people["Karin"],
        "approver": scene.people["Karin"],
        "review_on": (NOW + 300 * DAY).date(),
        "starts_on": (NOW - 300 * DAY).date(),
        "audience": "Alla som bor i kommunen.",
        "controller": "Kommunstyrelsen",
        "agreement": "KS 2026/117",
        "checklist": dict.fromkeys(CHECKLIST, rules),
    }
    streets = factories.DepartmentFactory(name="Teknik och gata")
    for key, platform, kind, name, handle in (
        ("facebook", "facebook", "main", "Exempelby kommun", "exempelby"),
        ("twitter", "twitter", "main", "Exempelby kommun", "exempelby"),
        ("youtube", "youtube", "main", "Exempelby kommun", "exempelby"),
        ("harbour", "facebook", "topic", "Hamnstaden växer", "hamnstaden"),
    ):
        more = {"department": streets} if key == "harbour" else {}
        channel = factories.ChannelFactory(
            platform=platform, kind=kind, name=name, handle=handle, token=TOKENS[platform], **common, **more
        )
        ensure_surfaces(channel, NOW)
        Surface.objects.filter(channel=channel).update(
            last_success_at=NOW - timedelta(seconds=20), last_polled_at=NOW - timedelta(seconds=20)
        )
        scene.channels[key] = channel
    for key, channel, text, age in POSTS:
        scene.posts[key] = factories.PostFactory(
            channel=scene.channels[channel],
            text=text,
            posted_at=NOW - age,
            url=f"https://{scene.channels[channel].platform}.example/post/{key}",
        )
    Channel.objects.update(created_at=NOW - 300 * DAY)


def _redirects() -> None:
    for position, (name, text, url) in enumerate(REDIRECTS):
        RedirectTarget.objects.create(name=name, text=text, url=url, position=position)


def _waiting(scene: Scene) -> None:
    """One of each chip."""
    says = scene.says
    refuse = "Har ringt tre gånger om soptunnan på Ekbacken. Är det någon hemma hos er?"
    says("Sara Lindgren", refuse, FRIDAY - 125 * MINUTE)
    lena = says("Lena Karlsson", "Toppen, vi kommer på tisdag!", FRIDAY + 20 * MINUTE)
    below = {"thread": lena.thread, "parent": lena.external_id}
    question = "När öppnar simhallen på lördag? På hemsidan står det två olika tider och barnen undrar."
    says("Jonas Berg", question, FRIDAY + 40 * MINUTE, **below)
    says("Lena Karlsson", "Jag tror 9–17, men säker är jag inte.", FRIDAY + 55 * MINUTE, **below)
    lamp = "@exempelby lampan vid gångtunneln är sönder sedan i tisdags, kolsvart när ungarna ska till skolan"
    says("Moa Halland", lamp, FRIDAY + 190 * MINUTE, post="lights")
    cost = "Vad kostade ombyggnaden egentligen? Hör inte vad hon säger vid 1:12:30."
    says("Nils W", cost, NOW - 20 * HOUR, post="council")
    form = "Hur anmäler man sig till Linden? Länken går till en sida som inte finns."
    says("Kent Andersson", form, NOW - 2 * HOUR, post="school", fetched_after=50 * MINUTE)
    says("Ida Tränare", "Så fint jobb ni gör på förskolan Linden ❤️❤️", NOW - 25 * MINUTE, post="school")
    pavement = "Blir det trottoar på båda sidor av Hamngatan? Ritningen visar bara en."
    says("Mona Rask", pavement, FRIDAY + 2 * HOUR, post="harbour")
    scene.answer(
        "Mona Rask",
        "holding",
        "Hej Mona! Vi har sett din fråga och tar reda på svaret. Du får svar här senast torsdag 26 nov kl. 15.00.",
        NOW - 1 * HOUR,
        by="Per",
        promised_at=NOW + 3 * DAY + 4 * HOUR + 20 * MINUTE,
    )
    anna = scene.people["Anna"]
    actions.assign(scene.conversations["Jonas Berg"].pk, to_user=anna, by=anna, now=NOW)


def _storm_in_a_glass(scene: Scene) -> None:
    """Texts that try to be more than text, an edit, a deletion, somebody without a name."""
    scene.says("<b>Kalle</b> & Co", HOSTILE, NOW - 90 * MINUTE, post="school")
    long_text = "Det här är en lång kommentar om vägbulor. " * 230
    scene.says("Långa Lotta", long_text, NOW - 100 * MINUTE, post="harbour")
    edited = scene.says("Erik Ström", "När plogar ni Ekvägen? Det har snöat sedan i går.", NOW - 3 * HOUR)
    ItemVersion.objects.create(item=edited, text="När plogar ni Ekvägen?", replaced_at=NOW - 2 * HOUR)
    Item.objects.filter(pk=edited.pk).update(edited_at=NOW - 2 * HOUR)
    actions.add_note(
        scene.conversations["Erik Ström"].pk,
        text="Plogningen av Ekvägen ligger på entreprenören till kl. 14.",
        by=scene.people["Per"],
        now=NOW - HOUR,
    )


def _decided(scene: Scene) -> None:
    scene.says("Göran Persson", "Är det öppet på Lucia?", FRIDAY - 5 * HOUR)
    scene.answer("Göran Persson", "answer", "Hej Göran! Ja, 8–16.", FRIDAY - 1 * HOUR)
    scene.says("Britta Falk", "@Anders kolla här!", FRIDAY - 4 * HOUR)
    actions.decide(
        scene.conversations["Britta Falk"].pk, "no_reply", reason="tagged_friend", by=scene.people["Anna"], now=FRIDAY
    )


def _stuck(scene: Scene) -> None:
    """A reply that failed and one of which nobody knows whether it came through."""
    scene.says("Ulla Ek", "Får man ha med hund i bibliotekets entré?", NOW - 5 * HOUR)
    failed = scene.queue("Ulla Ek", "answer", "Hej Ulla! Ja, i entrén går det bra.", NOW - HOUR)
    Outgoing.objects.filter(pk=failed.pk).update(
        status="failed", error="Facebook tog inte emot svaret: kommentaren finns inte längre.", error_code="gone"
    )
    scene.says("Tore Vik", "Varför är kranen på torget avstängd?", NOW - 6 * HOUR, post="council")
    unknown = scene.queue("Tore Vik", "answer", "Hej Tore! Den stängs av när det är minusgrader.", NOW - HOUR)
    Outgoing.objects.filter(pk=unknown.pk).update(
        status="unknown",
        error="YouTube svarade inte. Det är oklart om svaret gick fram.",
        error_code="unknown",
        unknown_since=NOW - 50 * MINUTE,
        claimed_at=NOW - 50 * MINUTE,
    )


def stop_reading(channel: Channel) -> None:
    """Let a channel be unreadable since three hours."""
    channel.surfaces.update(
        last_success_at=timezone.now() - 3 * HOUR,
        failing_since=timezone.now() - 3 * HOUR,
        error_code="auth_expired",
        error="Facebook tar inte emot nyckeln. En administratör behöver ansluta kontot igen.",
    )
