"""Notes: for us only, never sent anywhere. Whom a note names is told that it does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import selectors
from inbox.deciding.acting import check_text, locked, record
from inbox.models import Draft, HeadsUp, Note
from inbox.telling import headsup

SLOT = "note"  # of the draft: a text of its own, apart from every reply's


@transaction.atomic
def add_note(conversation_id: int, *, text: str, by: User, now: datetime, naming: Collection[int] = ()) -> Note:
    """Write something for us only. `naming`: ids of colleagues who were ticked; the note names them at its end.

    Raises Refused. One query more where nobody can be meant.
    """
    require(by, Permission.ANSWER)
    check_text(text, _("Skriv något i anteckningen."))
    conversation = locked(conversation_id)
    named: list[User] = []
    if naming or "@" in text:
        people = headsup.people()
        named = headsup.mentioned(text, people)
        ticked = [person for person in people if person.pk in naming and person not in named]
        if ticked:
            text = f"{text.rstrip()}\n{' '.join(f'@{person}' for person in ticked)}"
        named += ticked
    note = Note.objects.create(conversation=conversation, by=by, at=now, text=text)
    # Whoever may not see the conversation could not open what the message leads to.
    seeing = [person for person in named if selectors.visible_to(person).filter(pk=conversation.pk).exists()]
    told = headsup.ask(seeing, conversation, HeadsUp.Kind.MENTION, by=by, now=now, note=note)
    Draft.objects.filter(conversation=conversation, user=by, slot=SLOT).delete()
    named_ids = {"named": [person.pk for person in told]} if told else {}
    record("note.added", conversation, by=by, now=now, note=note.pk, **named_ids)
    return note
