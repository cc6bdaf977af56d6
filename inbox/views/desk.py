"""What lies beside the composer: the drafts of a conversation, the bank of answers, hints on the language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Hashtag
from inbox.deciding import notes
from inbox.models import Draft, Phrase
from inbox.selectors import is_id
from inbox.writing import drafts, plain
from inbox.writing.bank import Filled
from inbox.writing.plain import Hint, Rule


@dataclass(frozen=True)
class Desk:
    """`asked`: somebody's shared draft that is to be taken over; `template`: the answer to begin with."""

    own: list[Draft]
    others: list[Draft]
    asked: Draft | None
    templates: list[Filled] = field(default_factory=list)
    template: Filled | None = None
    phrase: Phrase | None = None

    @property
    def opened(self) -> Draft | None:
        """The draft that the composer opens with, where nobody asks for another form."""
        return next((each for each in self.own if each.slot != notes.SLOT), None)

    def draft(self, slot: str) -> Draft | None:
        return next((each for each in self.own if each.slot == slot), None)

    def text(self, slot: str) -> str | None:
        """What a form holds: what was asked for, else what was typed; None if neither."""
        if self.template:
            return self.template.text
        if self.phrase:
            return self.phrase.text
        draft = self.asked or self.draft(slot)
        return draft.text if draft else None

    def promised(self, slot: str, now: datetime) -> datetime | None:
        draft = self.asked or self.draft(slot)
        return draft.promised_at if draft and draft.promised_at and draft.promised_at > now else None


def of(request: HttpRequest, found: list[Draft]) -> Desk:
    """Gather what has been typed in a conversation."""
    own, others = drafts.seen_by(request.user, found)  # type: ignore[arg-type]
    asked = request.GET.get("utkast", "")
    return Desk(own, others, next((each for each in others if is_id(asked) and each.pk == int(asked)), None))


def with_bank(desk: Desk, request: HttpRequest, templates: list[Filled], phrases: list[Phrase]) -> Desk:
    """Lay the answers of the bank beside it, and begin with the one that is asked for."""
    asked = request.GET.get("mall", "")
    chosen = next((each for each in templates if is_id(asked) and each.template.pk == int(asked)), None)
    spoken = request.GET.get("fras", "")
    phrase = next((each for each in phrases if is_id(spoken) and each.pk == int(spoken)), None)
    return replace(desk, templates=templates, template=chosen, phrase=phrase)


_WORDS: dict[Rule, Promise] = {
    Rule.SENTENCE: gettext_lazy("”%(found)s …” är %(number)s ord lång. Dela meningen."),
    Rule.YOU: gettext_lazy("”%(found)s”: skriv till läsaren, ”du”."),
    Rule.MATTER: gettext_lazy("”%(found)s” låter som myndighetsutövning. Skriv ”%(better)s”."),
    Rule.LINK: gettext_lazy("”%(found)s”: låt länken säga vart den leder."),
    Rule.PASSIVE: gettext_lazy("”%(found)s”: säg vem som gör det."),
    Rule.EMOJI: gettext_lazy("%(number)s emojier. Två räcker, skärmläsare läser upp varje."),
    Rule.LIX: gettext_lazy("Svårläst (LIX %(number)s). Kortare meningar och ord hjälper."),
    Rule.HASHTAG: gettext_lazy("%(found)s: börja varje ord med stor bokstav, så läses det rätt."),
}


def words_of(hint: Hint) -> str:
    """Say a hint in one sentence."""
    if hint.rule == Rule.HASHTAG and hint.better:
        pattern = _("”%(found)s” → ”%(better)s”")
    elif hint.rule == Rule.WORD:
        pattern = _("Stryk ”%(found)s”.") if hint.better.startswith("(") else _("”%(found)s” → ”%(better)s”")
    elif hint.rule == Rule.ABBREVIATION:
        pattern = _("”%(found)s” → ”%(better)s”") if hint.better else _("”%(found)s”: förklara förkortningen.")
    else:
        pattern = str(_WORDS[hint.rule])
    return pattern % {"found": hint.found, "better": hint.better, "number": hint.number}


def hints(text: str) -> list[str]:
    tags = Hashtag.objects.values_list("tag", flat=True) if "#" in text else ()
    return [words_of(hint) for hint in plain.hints(text, tags)]
