"""The comments of a thread, ready to be shown: as with the rows of the list, the template only puts words in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from config.templatetags.gensvar import late_fetch
from connectors.base import Capability, Held
from inbox.incoming import language
from inbox.models import Conversation, Item
from inbox.showing import chips, protection
from inbox.showing.around import Place
from inbox.templatetags.answering import helps, spoken
from inbox.views.rows import Badge
from inbox.writing import secrecy


def shown(places: Iterable[Place], row: Conversation, viewer: User, now: datetime) -> list[dict[str, Any]]:
    """What the conversation's page shows of its thread; the items come marked from `panels.mark`."""
    return [_shown(place, row, viewer, now) for place in places]


def _shown(place: Place, row: Conversation, viewer: User, now: datetime) -> dict[str, Any]:
    item, side = place.item, _side(place.item, row)
    is_blurred = not item.from_us and protection.blurs(viewer, item.text, by_rule=item.by_rule)  # type: ignore[attr-defined]
    return {
        "item": item,
        "pk": str(item.pk),
        "kind": f"item depth-{place.depth} {side}".rstrip(),
        "author": _author(item, row),
        "at": timezone.localtime(item.posted_at).isoformat(),
        "moment": chips.said(item.posted_at, now),
        "signs": list(_signs(item, row, now)),
        "gone": _gone(item) if item.deleted_at else "",
        "code": spoken(item),
        "is_blurred": is_blurred,
        "is_guarded": not item.from_us and any(part.kind for part in secrecy.parts(item.text)),
        "versions": place.versions,
        "helps": helps(item, row),
        "acts": _has_acts(item, row),
    }


def _side(item: Item, row: Conversation) -> str:
    """Say, as a class of the style sheet, whether we wrote it or the citizen did."""
    return "ours" if item.from_us else "theirs" if item.conversation_id == row.pk else ""


def _author(item: Item, row: Conversation) -> str:
    if item.from_us:
        return item.author_name or row.channel.name
    return str(item.contact) if item.contact else _("Okänt namn")


def _gone(item: Item) -> str:
    if item.from_us:
        return _("Svaret finns inte längre på plattformen.")
    return _("Borttagen av oss.") if item.taken_away else _("Borttagen av avsändaren.")  # type: ignore[attr-defined]


def _has_acts(item: Item, row: Conversation) -> bool:
    """Whether there is anything that moderators can do with it here, beside the composer's own form for that."""
    able = item.able  # type: ignore[attr-defined]
    if item.from_us:
        return bool(able & {Capability.EDIT, Capability.DELETE})
    return item.hidden and item.conversation_id == row.pk and Capability.UNHIDE in able


def _signs(item: Item, row: Conversation, now: datetime) -> Iterator[SafeString]:
    """What stands beside the author and the time: how it came to be as it is, and who has seen it."""
    if item.from_us and item.native:
        yield _said(_("skrivet i plattformens egen app"))
    if item.edited_at:
        yield _said(f"{_('ändrad')} {chips.said(item.edited_at, now)}")
    if not item.from_us and (code := spoken(item)):
        yield Badge(language.NAMES[code], "language").drawn
    if item.held == Held.SPAM:
        yield Badge(_("hålls tillbaka: kan vara skräppost"), "eye-slash", "soon").drawn
    elif item.held:
        yield Badge(_("hålls tillbaka för granskning"), "eye-slash", "soon").drawn
    elif item.hidden:
        yield Badge(_("dold på plattformen"), "eye-slash").drawn
    if age := late_fetch(item, row.channel):
        yield Badge(_("hämtad %(age)s efter publicering") % {"age": age}, tone="soon").drawn
    if item.first_seen_at and item.conversation_id == row.pk:
        words = {"when": chips.said(item.first_seen_at, now)}
        if item.first_seen_by:
            words["who"] = item.first_seen_by.get_short_name()
            yield _said(_("först sedd %(when)s av %(who)s") % words)
        else:
            yield _said(_("först sedd %(when)s") % words)


def _said(words: str) -> SafeString:
    return format_html("<span>{}</span>", words)
