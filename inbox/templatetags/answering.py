"""What the templates ask of the secrecy guard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.incoming import language
from inbox.models import Conversation, Item
from inbox.showing import protection
from inbox.writing import secrecy
from inbox.writing.secrecy import Kind, Part

register = template.Library()

WORDS: dict[Kind, Promise] = {
    Kind.IDENTITY: _("personnummer"),
    Kind.PHONE: _("telefonnummer"),
    Kind.ADDRESS: _("adress"),
    Kind.SENSITIVE: _("känslig uppgift"),
}


@register.filter
def masked(text: str) -> str:
    """A citizen's text in one line of a list, numbers masked."""
    return secrecy.preview(text)


@register.filter
def guarded(text: str) -> list[Part]:
    """A citizen's text in pieces, so that what is masked can be shown by a click."""
    return secrecy.parts(text)


@register.filter
def blurred_for(item: Item, user: User) -> bool:
    """Whether a citizen's item is blurred: by its words, or as part of a conversation that a rule blurs."""
    by_rule = item.conversation_id is not None and bool(getattr(item, "by_rule", False))
    return protection.blurs(user, item.text, by_rule=by_rule)


@register.filter
def row_blurred_for(row: Conversation, user: User) -> bool:
    return protection.blurs(user, row.preview, by_rule=row.blurred)


@register.filter
def words_blurred_for(text: str, user: User) -> bool:
    """Whether words alone are blurred, where no row and no item holds them."""
    return protection.blurs(user, text)


@register.filter
def personal_in(places: Iterable[Any], conversation_id: int) -> list[Promise]:
    """Which kinds of personal facts the citizen wrote and has not deleted, each named once."""
    texts = (
        place.item.text
        for place in places
        if place.item.conversation_id == conversation_id and not place.item.from_us and not place.item.deleted_at
    )
    kinds = {finding.kind for text in texts for finding in secrecy.inbound(text)}
    return [WORDS[kind] for kind in WORDS if kind in kinds]


@register.filter
def spoken(item: Any) -> str:
    """The code of the language that an item is written in, "" where it is Swedish or not told apart."""
    code = item.language if item.language in language.NAMES else language.of(item.text)
    return "" if code == "sv" else str(code)


@register.filter
def language_name(code: str) -> Promise:
    return language.NAMES[code]


@register.filter
def helps(item: Any, conversation: Conversation) -> bool:
    """Whether somebody else wrote this after the citizen, who waits: it may be the right answer."""
    if item.from_us or item.deleted_at or item.hidden or item.conversation_id in (None, conversation.pk):
        return False
    since = getattr(conversation, "waits_since", None)
    return bool(since and item.posted_at > since)


@register.filter
def kind_word(kind: Kind) -> Promise:
    return WORDS[kind]
