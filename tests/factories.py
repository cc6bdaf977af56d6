"""Valid rows with no arguments; a test states only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from django.db import transaction

from accounts import tokens
from accounts.models import Channel, Credential, Department, Membership, Role, User
from inbox import models

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm


class DepartmentFactory(factory.django.DjangoModelFactory):
    name = factory.Sequence("Förvaltning {}".format)

    class Meta:
        model = Department


class UserFactory(factory.django.DjangoModelFactory):
    """`UserFactory(role="reader")`; a communicator unless said otherwise. Password: hemligt-losenord."""

    username = factory.Sequence("anna{}".format)
    name = "Anna Ek"
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.django.Password("hemligt-losenord")

    class Meta:
        model = User
        skip_postgeneration_save = True

    @factory.post_generation
    def role(self, create: bool, extracted: str | None, **kwargs: object) -> None:
        Membership.objects.create(user=self, role=extracted or Role.COMMUNICATOR)


class ChannelFactory(factory.django.DjangoModelFactory):
    platform = "facebook"
    kind = "main"
    name = "Exempelby kommun"
    handle = "exempelby"
    external_id = factory.Sequence("1000{}".format)
    department = factory.SubFactory(DepartmentFactory)
    purpose = "Information till alla som bor i kommunen."
    focus = "Vardag och goda nyheter."
    clock_from = datetime(2026, 1, 1, tzinfo=UTC)

    class Meta:
        model = Channel
        skip_postgeneration_save = True

    @factory.post_generation
    def token(self, create: bool, extracted: dict[str, str] | None, **kwargs: object) -> None:
        Credential.objects.create(channel=self, encrypted=tokens.encrypt(extracted or {"access_token": "page-token"}))


class ContactFactory(factory.django.DjangoModelFactory):
    platform = "facebook"
    external_id = factory.Sequence("700{}".format)
    name = "Jonas Berg"

    class Meta:
        model = models.Contact


class PostFactory(factory.django.DjangoModelFactory):
    channel = factory.SubFactory(ChannelFactory)
    external_id = factory.Sequence("1000_{}".format)
    text = "Höstlov i simhallen! Barn badar gratis hela veckan."
    posted_at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

    class Meta:
        model = models.Post


class ThreadFactory(factory.django.DjangoModelFactory):
    channel = factory.SubFactory(ChannelFactory)
    post = factory.SubFactory(PostFactory, channel=factory.SelfAttribute("..channel"))
    external_id = factory.Sequence("2000_{}".format)
    last_activity_at = NOW

    class Meta:
        model = models.Thread


class ConversationFactory(factory.django.DjangoModelFactory):
    """A conversation without items or cycles; `waiting_conversation()` makes one that waits for an answer."""

    thread = factory.SubFactory(ThreadFactory)
    channel = factory.SelfAttribute("thread.channel")
    contact = factory.SubFactory(ContactFactory, platform=factory.SelfAttribute("..channel.platform"))
    last_item_at = NOW
    arrived_at = NOW

    class Meta:
        model = models.Conversation


class ItemFactory(factory.django.DjangoModelFactory):
    conversation = factory.SubFactory(ConversationFactory)
    thread = factory.SelfAttribute("conversation.thread")
    channel = factory.SelfAttribute("thread.channel")
    contact = factory.SelfAttribute("conversation.contact")
    external_id = factory.Sequence("3000_{}".format)
    kind = "comment"
    text = "När öppnar simhallen på lördag?"
    posted_at = NOW
    fetched_at = NOW

    class Meta:
        model = models.Item


def waiting_conversation(*, posted_at: datetime = NOW, **kwargs: object) -> models.Conversation:
    """A conversation in which one citizen's item waits for us since `posted_at`."""
    from inbox import settling

    text = kwargs.pop("text", "När öppnar simhallen på lördag?")
    conversation = ConversationFactory(last_item_at=posted_at, preview=text, item_count=1, **kwargs)
    ItemFactory(conversation=conversation, posted_at=posted_at, fetched_at=posted_at, text=text)
    with transaction.atomic():
        settling.settle([conversation.thread_id], posted_at)
    conversation.refresh_from_db()
    return conversation
