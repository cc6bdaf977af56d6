"""What the composer shows beside replies: which verdicts there are here, and the forms of those that ask for more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import ALLOWED, Permission, may
from connectors.base import Capability
from inbox.deciding import abilities, evidence, experts, grounds, suggestions
from inbox.deciding.suggestions import Suggestion
from inbox.models import Conversation, Item
from inbox.showing import around, protection
from inbox.showing.around import Place
from inbox.verdicts import ASK_EXPERT, LIKE, MODERATE, WATCH, Verdict, offered

MOST_CHOICES = 20  # items of one citizen that can be chosen among; the newest
ROOM = timedelta(hours=1)  # before the deadline, for writing down what the expert says
SOON = timedelta(hours=4)  # where no deadline says when an answer is needed


@dataclass(frozen=True)
class Button:
    """A verdict as a button. `posts`: the address of what it does at once; "" where it opens its form first."""

    verdict: Verdict
    posts: str = ""


@dataclass(frozen=True)
class Theirs:
    """What the citizen has written that is still there, oldest first, and which of it waits."""

    items: list[Item]

    @classmethod
    def of(cls, row: Conversation, places: Collection[Place] | None = None) -> Theirs:
        """Find it in the thread that is shown; where none is, one query."""
        there = around.theirs(row, places) if places is not None else around.written_by(row, MOST_CHOICES)
        protection.mark(there, row)
        return cls(there[-MOST_CHOICES:])

    @property
    def waiting(self) -> list[Item]:
        return [item for item in self.items if item.waits]  # type: ignore[attr-defined]

    @property
    def newest(self) -> Item | None:
        """What a verdict is about unless another item is chosen."""
        return next(iter([*reversed(self.waiting), *reversed(self.items)]), None)


def context(
    request: HttpRequest,
    row: Conversation,
    verdict: Verdict,
    now: datetime,
    places: list[Place] | None = None,
    /,
    **form: Any,
) -> dict[str, Any]:
    """The buttons, and the form of the verdict that is open; `places` and `form` as in `composer_context`."""
    theirs = Theirs.of(row, places)
    typed = form.get("typed", {})
    panel: dict[str, Any] = {"typed": typed}
    if verdict is MODERATE:
        panel |= _moderate(request, row, theirs, typed)
    elif verdict is ASK_EXPERT:
        panel |= _ask(request.user, row, theirs, typed, now)
    elif verdict is LIKE:
        panel["item"] = theirs.newest
    return {
        "verdicts": [button for button in _buttons(row, theirs) if _is_theirs(button, request, row)],
        "suggestion": None if is_neutral(row) else suggestion(theirs),
        "is_neutral": is_neutral(row),
        "closed_to_us": theirs.newest if theirs.newest and not theirs.newest.can_reply else None,
        "panel": panel,
        "editing": _edited(request, row, form, places or []),
    }


def _is_theirs(button: Button, request: HttpRequest, row: Conversation) -> bool:
    """Whether a verdict is offered: none that the role may not, and no like of politics while we are neutral."""
    if button.verdict is LIKE and is_neutral(row):
        return False
    return button.verdict is not MODERATE or may(request.user, Permission.MODERATE)


def is_neutral(row: Conversation) -> bool:
    """Whether a conversation, read by `thread.conversation`, is political while we are neutral."""
    return bool(row.topic and row.topic.is_political and getattr(row, "neutral_until", None))


def _buttons(row: Conversation, theirs: Theirs) -> Iterable[Button]:
    newest = theirs.newest
    can_like = newest is not None and Capability.LIKE in abilities.of(newest, row)
    for verdict in offered(row):
        if verdict is LIKE and can_like:
            yield Button(verdict, reverse("inbox:like", args=[row.pk]))
        elif verdict is WATCH:
            if row.due_at is None:
                yield Button(verdict, reverse("inbox:decide", args=[row.pk, WATCH.key]))
        elif verdict is not MODERATE or theirs.items:
            yield Button(verdict)


def suggestion(theirs: Theirs) -> Suggestion | None:
    """What all that waits seems to need; None where anything of it may ask something."""
    return suggestions.of_all([item.text for item in theirs.waiting if not item.media])


def _moderate(request: HttpRequest, row: Conversation, theirs: Theirs, typed: dict[str, str]) -> dict[str, Any]:
    asked = typed.get("to") or request.GET.get("kommentar", "")
    chosen = next((item for item in theirs.items if asked in (str(item.pk), item.external_id)), theirs.newest)
    able = {action for item in theirs.items for action in abilities.of(item, row)}
    return {
        "items": theirs.items,
        "chosen": chosen,
        "can_hide": Capability.HIDE in able,
        "can_delete": Capability.DELETE in able,
        "grounds": grounds.grouped(grounds.of(grounds.current()).values()),
        "keeps_words": evidence.may_keep_words(row),
        "action": typed.get("action") or ("hide" if Capability.HIDE in able else ""),
    }


def _ask(user: User, row: Conversation, theirs: Theirs, typed: dict[str, str], now: datetime) -> dict[str, Any]:
    """What is blurred is not put into the question: whoever asks has not read it, and says it in words of their own."""
    answer_by = timezone.localtime(_answer_by(row, now))
    asked = theirs.waiting or theirs.items[-1:]
    blurred = [item for item in asked if protection.blurs(user, item.text, by_rule=item.by_rule)]  # type: ignore[attr-defined]
    words = "\n\n".join(item.text for item in asked if item not in blurred)
    return {
        "left_out": len(blurred),
        "people": _people_to_ask(),
        "text": typed.get("text", experts.suggested_text(row, words)),
        "answer_day": typed.get("answer_day") or answer_by.date().isoformat(),
        "answer_time": typed.get("answer_time") or f"{answer_by:%H:%M}",
    }


def _answer_by(row: Conversation, now: datetime) -> datetime:
    """An hour before our own deadline, if there is so much time; else in a few hours."""
    if row.due_at and row.due_at - ROOM > now:
        return row.due_at - ROOM
    return (now + SOON).replace(minute=0, second=0, microsecond=0)


def _people_to_ask() -> list[User]:
    """Colleagues that can be mailed, by name. One query."""
    people = User.objects.filter(is_active=True, memberships__role__in=ALLOWED[Permission.READ]).exclude(email="")
    return sorted(people.distinct(), key=lambda person: str(person).casefold())


def _edited(
    request: HttpRequest, row: Conversation, form: dict[str, Any], places: list[Place]
) -> dict[str, Any] | None:
    """The reply of ours that is being mended, if one is and can be."""
    asked = str(form.get("editing") or request.GET.get("redigera", ""))
    if not (asked.isascii() and asked.isdigit() and len(asked) < 18):
        return None
    shown = (place.item for place in places if place.item.pk == int(asked) and place.item.from_us)
    item = next(shown, None) or around.ours(row, int(asked))
    if item is None or Capability.EDIT not in abilities.of(item, row):
        return None
    return {"item": item, "text": form.get("typed", {}).get("text", item.text)}


def mark(places: Collection[Place], row: Conversation) -> None:
    """Say of each item of the thread what can be done with it, and whether a rule blurs it."""
    protection.mark((place.item for place in places), row)
    for place in places:
        place.item.able = abilities.of(place.item, row)  # type: ignore[attr-defined]
