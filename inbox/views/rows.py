"""The rows of a list, ready to be shown.

All that is said in a row is put into words here, so that its template has nothing left to ask: forty rows of tags that
each look something up took longer than all the rest of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from config.templatetags.icons import heroicon_micro, platform_mark
from inbox.deciding import suggestions
from inbox.deciding.suggestions import Suggestion
from inbox.incoming import language
from inbox.models import Conversation
from inbox.promise import promises
from inbox.showing import chips, presence, protection
from inbox.showing.search import Hit
from inbox.views import above
from inbox.writing import secrecy
from sla.policies import InForce

POST_SHOWN = 60  # characters of our post: enough to know it by
PRESENT_SHOWN = 2  # colleagues in one row


@dataclass(frozen=True)
class Badge:
    """A small sign beneath a row's words. `icon`: a heroicon; `tone`: a class of the style sheet."""

    text: str | Promise
    icon: str = ""
    tone: str = ""

    @property
    def drawn(self) -> SafeString:
        icon = heroicon_micro(self.icon) if self.icon else ""
        return format_html('<span class="{}">{}{}</span>', f"badge {self.tone}".rstrip(), icon, self.text)


class Addresses:
    """Where the rows of a list lead. Each kind of address is looked up once for the list, not once for a row."""

    def __init__(self, query: str) -> None:
        self._query = f"?{query}" if query else ""
        self._conversation, self._deadline = _parted("inbox:conversation"), _parted("inbox:deadline")

    def conversation(self, pk: int) -> str:
        return f"{pk}".join(self._conversation) + self._query

    def deadline(self, pk: int) -> str:
        return f"{pk}".join(self._deadline)


def _parted(name: str) -> tuple[str, str]:
    """Give what stands before the id in an address, and what after it."""
    before, _zero, after = reverse(name, args=[0]).rpartition("0")
    return before, after


def row_context(row: Conversation, rules: InForce, now: datetime) -> dict[str, Any]:
    """What any page says of a conversation in one line of several; `row` comes from `selectors.as_shown`."""
    return {
        "row": row,
        "chip": chips.of(row, rules.policy(row.channel_id), now),
        "suggestion": suggestion(row),
    }


def listed(
    rows: Iterable[Conversation], rules: InForce, now: datetime, viewer: User, query: str
) -> list[dict[str, Any]]:
    """The rows of the list, which come from `selectors.as_shown`. `query`: of the view that they are opened in."""
    addresses = Addresses(query)
    return [_listed(row, rules, now, viewer, addresses) for row in rows]


def found(hits: Iterable[Hit], rules: InForce, now: datetime, viewer: User, query: str) -> list[dict[str, Any]]:
    """The rows of what was searched for: each is one comment and the conversation that it stands in."""
    addresses = Addresses(query)
    return [_found(hit, rules, now, viewer, addresses) for hit in hits]


def _listed(row: Conversation, rules: InForce, now: datetime, viewer: User, addresses: Addresses) -> dict[str, Any]:
    shown = row_context(row, rules, now)
    is_hidden = bool(row.preview) and protection.blurs(viewer, row.preview, by_rule=row.blurred)
    return shown | _opened(row, addresses) | {
        "deadline": addresses.deadline(row.pk) if row.due_at else "",
        "is_hidden": is_hidden,
        "words": "" if is_hidden else secrecy.preview(row.preview) or _without_words(row),
        "badges": [badge.drawn for badge in _badges(row, shown["suggestion"], now, viewer)],
        "age": _age(row.last_item_at, now, row.pk),
        "place": _place(row),
        "alike": row.alike_count if (row.alike_count or 0) > 1 else 0,  # type: ignore[attr-defined]
    }  # fmt: skip


def _found(hit: Hit, rules: InForce, now: datetime, viewer: User, addresses: Addresses) -> dict[str, Any]:
    item, row = hit.item, hit.row
    author = str(item.contact or _("Okänt namn"))
    return row_context(row, rules, now) | _opened(row, addresses) | {
        "hit": hit,
        "author": _("Vi till %(name)s") % {"name": who(row)} if item.from_us else author,
        # What we have written is never hateful.
        "is_hidden": not item.from_us and protection.blurs(viewer, item.text, by_rule=row.blurred),
        "age": _age(item.posted_at, now),
        "place": _place(row),
    }  # fmt: skip


def _opened(row: Conversation, addresses: Addresses) -> dict[str, Any]:
    """Whose row it is, how it is marked and where it leads."""
    name = who(row)
    return {
        "pk": str(row.pk),  # as text, which is written without being formatted as a number
        "who": name,
        "mark": platform_mark(row.channel.platform, row.channel.get_platform_display()),
        "pick": _("Markera %(name)s") % {"name": name},
        "address": addresses.conversation(row.pk),
    }


def who(row: Conversation) -> str:
    """Name the citizen."""
    return str(row.contact) if row.contact else _("Okänt namn")


def _age(at: datetime, now: datetime, pk: int | None = None) -> SafeString:
    """Say how old something is, and to the minute when it was. `pk`: whose row it is, where news keep it up to date."""
    named = format_html(' id="age-{}"', str(pk)) if pk else ""
    return format_html(
        '<time class="age"{} datetime="{}" title="{}">{}</time>', named, at.isoformat(), chips.said(at, now),
        chips.ago(at, now),
    )  # fmt: skip


def _without_words(row: Conversation) -> str:
    return _("(texten är gallrad)") if row.channel.platform == "linkedin" else _("(bild utan text)")


def _place(row: Conversation) -> str:
    """Name the account, and begin to quote the post of ours that it stands under."""
    post = row.thread.post
    return f"{row.channel.name}: {Truncator(post.text).chars(POST_SHOWN)}" if post and post.text else row.channel.name


def suggestion(row: Conversation) -> Suggestion | None:
    """What the newest item seems to need, where it alone waits; its first words are all that a row knows."""
    is_alone = row.waits_since is not None and row.waits_since == row.last_item_at  # type: ignore[attr-defined]
    is_political = row.topic is not None and row.topic.is_political
    return suggestions.of(row.preview) if is_alone and not is_political else None


def foreign(row: Conversation) -> Promise | str:
    """Name the language of a citizen's newest words where it is not Swedish."""
    code = language.of(row.preview)
    return "" if code in ("", "sv") else language.NAMES[code]


def _badges(row: Conversation, suggested: Suggestion | None, now: datetime, viewer: User) -> Iterator[Badge]:
    """Say what else decides, in the order of the row: what is urgent, who is there, how it stands, what it is."""
    yield from _lane_badges(row, now)
    for each in presence.busy(row, viewer, now)[:PRESENT_SHOWN]:
        yield _present(each)
    newest: dict[str, Any] | None = row.newest_reply  # type: ignore[attr-defined]
    if newest and (reply := chips.of_reply(newest["status"], held=newest["held"], kind=newest["kind"])):
        yield Badge(reply.text, reply.icon, reply.tone)
    if row.reply_pending:  # type: ignore[attr-defined]
        yield Badge(_("Ska godkännas"), "pencil-square", "soon")
    if row.expert and row.status != Conversation.Status.CLOSED:  # type: ignore[attr-defined]
        yield Badge(_("Väntar på %(name)s") % {"name": row.expert}, "academic-cap")  # type: ignore[attr-defined]
    if spoken := foreign(row):
        yield Badge(spoken, "language")
    if suggested:
        yield Badge(_("Gilla räcker?") if suggested.verdict == "like" else _("Inget svar behövs?"))
    if row.assignee:
        told = format_html('<span class="visually-hidden">{} </span>{}', _("Ansvarig:"), row.assignee.get_short_name())
        yield Badge(told, "user")
    if row.has_media and row.preview:  # type: ignore[attr-defined]
        yield Badge(_("Bild"), "photo")
    if row.item_count > 1:
        yield Badge(_("%(n)s kommentarer") % {"n": row.item_count})
    if row.status == Conversation.Status.OPEN and row.promised_at:
        yield Badge(_("Besked givet, har skrivit igen"))
    if again := promises.words(row.holdings):  # type: ignore[attr-defined]
        yield Badge(again, "clock", "soon")
    if row.personal:
        yield Badge(_("Personuppgift"), "eye-slash", "soon")


def _lane_badges(row: Conversation, now: datetime) -> Iterator[Badge]:
    if lane := above.mark(row, now):
        reason = format_html('<span class="reason">: {}</span>', lane.reason) if lane.reason else ""
        doubt = "" if lane.certain else f" ({_('låg säkerhet')})"
        yield Badge(format_html("<span>{}{}{}</span>", lane.name, reason, doubt), lane.icon, f"lane {lane.tone}")
        if lane.seen:
            yield Badge(lane.seen, "eye", "late")
    if row.flag:
        yield Badge(row.flag, "flag", "soon")
    if row.topic:
        yield Badge(row.topic.name, "tag")


def _present(each: presence.Somebody) -> Badge:
    name = {"name": each.name}
    if each.state == presence.State.WRITES:
        return Badge(_("%(name)s skriver") % name, "pencil-square", each.state)
    return Badge(_("%(name)s tittar") % name, "eye", each.state)
