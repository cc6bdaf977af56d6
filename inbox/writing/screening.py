"""What stands between a composer and the outbox: our own public text is looked through before it is queued.

The guard is for people who write in the pages. A script's `reply` promises that its text goes out byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from inbox import actions
from inbox.lanes import legal
from inbox.models import REPLIES, Conversation, Item, Note, Outgoing, PendingReply, RedirectTarget, ReplyTemplate
from inbox.selectors import is_id
from inbox.writing import approvals, bank, drafts, replying, secrecy, wordings
from inbox.writing.secrecy import Kind
from inbox.writing.signing import still_signed, unsigned
from sla import policies

NEWEST = 20  # of the citizen's items that a reply may repeat something of

WHY: dict[Kind, Promise] = {
    Kind.PHONE: gettext_lazy("ett telefonnummer som inte är kommunens"),
    Kind.DIARY: gettext_lazy("ett diarienummer"),
    Kind.CASE: gettext_lazy("”ditt ärende”: då berättar vi att personen har ett ärende hos oss"),
    Kind.OFFICER: gettext_lazy("”din handläggare”: då berättar vi att personen har en kontakt hos oss"),
    Kind.KNOWN_HERE: gettext_lazy("”vi ser att du …”: då berättar vi vad som står i våra system"),
    Kind.QUOTED: gettext_lazy("något känsligt som personen skrivit: sekretess gäller även för det hen berättat"),
}


# Acknowledged beside the kinds of the secrecy guard: the same words again, and that they are for several (together.py).
REPEATED, TOGETHER = "repeated", "together"
MOST_ALIKE = 2  # replies of one wording in one thread; the third is asked about
NEWEST_REPLIES = 200  # of a thread that are compared
_GREETING = re.compile(r"^(?:hej|hejsan|hallå|tjena)\b[^!.,?\n]{0,60}[!.,?]?\s*", re.IGNORECASE)


class Warned(actions.Refused):
    """The text may go out if the person says so; `kinds` is what he or she has been warned of."""

    def __init__(self, message: str, kinds: Collection[str], code: str = "secrecy_warning") -> None:
        super().__init__(message, code)
        self.kinds = kinds


@transaction.atomic
def reply(
    conversation: Conversation,
    *,
    acknowledged: Collection[str],
    why: str | None = None,
    template: str = "",
    redirect: str = "",
    **wanted: Any,
) -> Outgoing | PendingReply:
    """Queue a reply as `actions.reply` does, or let it wait for approval, if it passes `screen`. Raises Refused.

    `template`: id of the answer of the bank that it was made of, which is counted once for each reply. `redirect`: id
    of the ordinary channel that it points to. `why`: the reason for sending in spite of a warning, where it is asked.
    """
    is_repeated = Outgoing.objects.filter(key=wanted["key"]).exists()
    if wanted["kind"] == Outgoing.Kind.REDIRECT:
        legal.check(conversation)
    screen(conversation, wanted["text"], acknowledged=acknowledged, why=why, by=wanted["by"], now=wanted["now"])
    if not is_repeated and REPEATED not in acknowledged:
        ask_about_repeating(conversation, wanted["text"], by=wanted["by"], acknowledged=acknowledged)
    target = RedirectTarget.objects.filter(pk=redirect).first() if is_id(redirect) else None
    if not is_repeated and replying.waits(wanted["by"], conversation, wanted["now"]):
        wanted.pop("delay", None)  # nothing leaves yet, so there is nothing to take back in time
        outgoing: Outgoing | PendingReply = approvals.submit(conversation.pk, redirect=target, **wanted)
    else:
        outgoing = actions.reply(conversation.pk, redirect=target, **wanted)
    drafts.sent(conversation.pk, by=wanted["by"])
    if is_id(template) and not is_repeated:
        bank.used(int(template))
        _notice_edit(conversation, int(template), wanted)
    return outgoing


@transaction.atomic
def edit_reply(
    conversation: Conversation, item: Item, *, text: str, acknowledged: Collection[str], why: str, **wanted: Any
) -> Outgoing:
    """Queue a new wording of a reply of ours as `actions.edit_reply` does, if it passes `screen`. Raises Refused."""
    screen(conversation, text, acknowledged=acknowledged, why=why, by=wanted["by"], now=wanted["now"])
    signed = still_signed(text, item.text) if text.strip() else text
    return actions.edit_reply(conversation.pk, to=item.external_id, text=signed, **wanted)


@transaction.atomic
def approve(pending: PendingReply, *, text: str, acknowledged: Collection[str], why: str, **wanted: Any) -> Outgoing:
    """Send a reply that waits as `approvals.approve` does, if what the approver has changed passes `screen`.

    What its author has been warned of and has sent all the same is not asked about again. Raises Refused.
    """
    if text != pending.text:
        known = {finding.kind for finding in secrecy.outbound(pending.text, cited=_told(pending.conversation))}
        known_too = [*acknowledged, *sorted(known - {Kind.IDENTITY})]
        reason = why if acknowledged else None
        screen(pending.conversation, text, acknowledged=known_too, why=reason, by=wanted["by"], now=wanted["now"])
        text = still_signed(text, pending.text) if text.strip() else text
    return approvals.approve(pending.pk, text=text, **wanted)


def _notice_edit(conversation: Conversation, template_id: int, wanted: dict[str, Any]) -> None:
    """Let the owner of a template see how it was changed before it was sent."""
    template = ReplyTemplate.objects.filter(pk=template_id).first()
    if template is None:
        return
    now = wanted["now"]
    links = bank.Texts(redirects=list(RedirectTarget.objects.filter(is_active=True))).links
    policy = policies.in_force().policy(conversation.channel_id)
    filled = bank.filled(template, conversation, policy, now, links, wanted.get("promised_at"))
    wordings.notice_edit(filled, wanted["text"], by=wanted["by"], now=now)


def ask_about_repeating(conversation: Conversation, text: str, *, by: User, acknowledged: Collection[str]) -> None:
    """Ask before the same words stand in a thread a third time: whoever reads along hears a machine.

    One query, and one for each of the authors who have a title.
    """
    sent = Outgoing.objects.filter(conversation__thread=conversation.thread_id, kind__in=REPLIES)
    gone = (Outgoing.Status.CANCELLED, Outgoing.Status.FAILED)
    earlier = sent.exclude(status__in=gone).select_related("by").order_by("-pk")[:NEWEST_REPLIES]
    people: dict[int, User] = {by.pk: by}  # whose unit is asked for once
    wanted = _bare(text, by, conversation)
    alike = sum(_bare(e.text, people.setdefault(e.by_id, e.by), conversation) == wanted for e in earlier)
    if wanted and alike >= MOST_ALIKE:
        why = _("Samma svar står redan %(n)s gånger i tråden. Variera inledningen, eller svara alla samlat.")
        raise Warned(why % {"n": alike}, [*acknowledged, REPEATED], REPEATED)


def _bare(text: str, by: User, conversation: Conversation) -> str:
    """What a reply says but for whom it greets and who has signed it."""
    return " ".join(_GREETING.sub("", unsigned(text, by, conversation.channel)).casefold().split())


def screen(
    conversation: Conversation,
    text: str,
    *,
    acknowledged: Collection[str],
    by: User,
    now: datetime,
    why: str | None = None,
) -> None:
    """Let a text pass, or say why not. Raises Refused for an identity number, Warned for what was not acknowledged.

    A warning that was overridden is remembered in the audit trail, without the text, and the reason as a note. Two
    queries.
    """
    if left := bank.unfilled(text):
        raise actions.Refused(_("Fyll i %s innan du skickar.") % ", ".join(left), "unfilled")
    findings = secrecy.outbound(text, ours=_our_texts(), cited=_told(conversation))
    kinds = {finding.kind for finding in findings}
    if Kind.IDENTITY in kinds:
        raise actions.Refused(_identity_words(text, findings), "secrecy_stop")
    if not kinds:
        return
    known = [each for each in acknowledged if each in (REPEATED, TOGETHER)]
    if kinds - {Kind(each) for each in acknowledged if each in list(Kind)}:
        found = "; ".join(str(words) for kind, words in WHY.items() if kind in kinds)
        raise Warned(_("Läs igenom en gång till. Texten innehåller %s.") % found, [*sorted(kinds), *known])
    if why is not None:
        if not why.strip():
            raise Warned(_("Skriv varför svaret ska skickas ändå."), [*sorted(kinds), *known])
        note = _("Skickat trots varning: %s") % why.strip()[:200].replace("\0", "")
        Note.objects.create(conversation=conversation, by=by, at=now, text=note)
    audit.record("reply.sent_after_warning", f"conversation:{conversation.pk}", by=by, now=now, kinds=sorted(kinds))


def _identity_words(text: str, findings: tuple[secrecy.Finding, ...]) -> str:
    found = next(each for each in findings if each.kind == Kind.IDENTITY)
    end = text[found.start : found.end][-4:]
    return _(
        "Texten innehåller ett personnummer (det som slutar på %s) och kan inte skickas. "
        "Ta bort det. Är det ett telefonnummer? Skriv det med mellanslag: 070-123 45 67."
    ) % (f"••{end[-2:]}")


def _our_texts() -> list[str]:
    targets = RedirectTarget.objects.order_by()
    texts = targets.values_list("text").union(targets.values_list("phone"))
    return [text for (text,) in texts.union(ReplyTemplate.objects.filter(is_active=True).values_list("text"))]


def _told(conversation: Conversation) -> list[str]:
    items = Item.objects.filter(conversation=conversation, from_us=False).order_by("-posted_at", "-pk")
    return list(items.values_list("text", flat=True)[:NEWEST])
