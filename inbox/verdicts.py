"""Verdicts: what we decide about a conversation, as data. A verdict is added in this file.

Commands, pages, keyboard, history and figures all read this table; `actions.py` carries it out, `cycles.py` ends what
waits. A verdict that does something on the platform (`sends`, `acts`) ends nothing until the platform has confirmed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.models import Conversation, Outgoing, ReplyCycle

Outcome = ReplyCycle.Outcome
Status = Conversation.Status


@dataclass(frozen=True)
class Verdict:
    """`key` names it everywhere; `shortcut` is its key on the keyboard; `icon` a heroicon.

    `outcome`: how the open cycles end; None for a verdict that ends none. `status`: what the conversation is then, if
    nobody waits any more. `sends`: the reply that carries it out; `acts`: the actions of which one does, where the
    platform has it. `promises`: only the *first* cycle ends, and a *promised* one opens. `reasons`: what must be chosen
    among, if anything.
    """

    key: str
    label: str | Promise
    shortcut: str
    icon: str
    outcome: Outcome | None
    status: Status
    sends: Outgoing.Kind | None = None
    acts: tuple[Outgoing.Kind, ...] = ()
    promises: bool = False
    reasons: tuple[tuple[str, str | Promise], ...] = ()


ANSWER = Verdict("answer", _("Svara"), "r", "chat-bubble-left", Outcome.ANSWERED, Status.CLOSED, Outgoing.Kind.ANSWER)
HOLDING = Verdict(
    "holding", _("Besked"), "b", "clock", Outcome.HOLDING, Status.WAITING, Outgoing.Kind.HOLDING, promises=True
)
REDIRECT = Verdict(
    "redirect",
    _("Hänvisa"),
    "h",
    "arrow-top-right-on-square",
    Outcome.REDIRECTED,
    Status.CLOSED,
    Outgoing.Kind.REDIRECT,
)
LIKE = Verdict(
    "like", _("Gilla räcker"), "g", "hand-thumb-up", Outcome.LIKED, Status.CLOSED, acts=(Outgoing.Kind.LIKE,)
)
NO_REPLY = Verdict(
    "no_reply",
    _("Inget svar behövs"),
    "e",
    "check",
    Outcome.NO_REPLY,
    Status.CLOSED,
    reasons=(
        ("citizen_answered", _("Invånare svarar invånare")),
        ("tagged_friend", _("Taggar vän")),
        ("emoji", _("Endast emoji")),
        ("already_answered", _("Redan besvarat")),
        ("not_for_us", _("Ej till oss")),
        ("other", _("Annat")),
    ),
)

ASK_EXPERT = Verdict("ask_expert", _("Fråga sakkunnig"), "f", "academic-cap", None, Status.OPEN)
MODERATE = Verdict(
    "moderate",
    _("Moderera"),
    "d",
    "eye-slash",
    Outcome.MODERATED,
    Status.CLOSED,
    acts=(Outgoing.Kind.HIDE, Outgoing.Kind.DELETE),
)
WATCH = Verdict("watch", _("Bevaka"), "o", "eye", None, Status.OPEN)

VERDICTS = {
    verdict.key: verdict for verdict in (ANSWER, HOLDING, REDIRECT, LIKE, NO_REPLY, ASK_EXPERT, MODERATE, WATCH)
}
"""In the order in which the pages offer them."""

IN_PRIVATE = (HOLDING, REDIRECT, NO_REPLY, WATCH)
"""What there is for messages (R-048): people are shown the right way there, and nothing is dealt with."""


def offered(conversation: Conversation) -> tuple[Verdict, ...]:
    """Give the verdicts that there are for a conversation. Queries for its thread if that was not fetched with it."""
    return IN_PRIVATE if conversation.thread.is_private else tuple(VERDICTS.values())


def of_reply(kind: str) -> Verdict:
    """Give the verdict that a reply of this kind carries out."""
    return next(verdict for verdict in VERDICTS.values() if verdict.sends == kind)
