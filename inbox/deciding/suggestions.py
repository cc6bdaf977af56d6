"""What a comment seems to need, from its words alone: a suggestion to a person, never a decision (R-019, R-089)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_WORDS = 6  # whoever writes more than that says more than thanks
_NAME = re.compile(r"@[\w.\-]+")
_WORD = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THANKS = _words("tack tackar tacksam thanks thank thx kiitos")
# Words that stand around a thank, or around praise, without asking or telling anything.
_POLITE = _words(
    "så jätte stort mycket för svar svaret snabbt snabba bra fint fina toppen super hjälpen infon info informationen "
    "det där då er ni du dig hej ok okej perfekt kanon you so much jättemycket tusen"
)
_AROUND = _words("så vad ni är det var jobb gjort ok okej")
_PRAISE = _words(
    "bra toppen fint fina underbart härligt super kanon perfekt jättebra jättefint vackert snyggt heja grattis bravo "
    "kul roligt mysigt jobbat great nice love"
)


@dataclass(frozen=True)
class Suggestion:
    """`verdict`: a key of `verdicts.VERDICTS`; `reason` one of its reasons or ""; `why` in words."""

    verdict: str
    why: str | Promise
    reason: str = ""


LIKE_EMOJI = Suggestion("like", _("Endast emoji"))
LIKE_THANKS = Suggestion("like", _("Ett tack"))
LIKE_PRAISE = Suggestion("like", _("Beröm"))
TAGS_FRIEND = Suggestion("no_reply", _("Taggar bara någon"), "tagged_friend")


def of(text: str) -> Suggestion | None:
    """Suggest a verdict for one text, None where it may ask or tell something. A question mark always asks."""
    if not text.strip() or "?" in text or "؟" in text:
        return None
    rest = _NAME.sub(" ", text)
    if not rest.strip():
        return TAGS_FRIEND
    words = [unicodedata.normalize("NFC", word).lower() for word in _WORD.findall(rest)]
    if not words:
        return LIKE_EMOJI if _is_kind(rest) else None
    if len(words) > MOST_WORDS or any(character.isdigit() for character in rest):
        return None
    if _THANKS & set(words) and set(words) <= _THANKS | _POLITE:
        return LIKE_THANKS
    if _PRAISE & set(words) and set(words) <= _PRAISE | _AROUND:
        return LIKE_PRAISE
    return None


def of_all(texts: Collection[str]) -> Suggestion | None:
    """Suggest a verdict for all that waits: only where each of it needs the same, and nothing more."""
    found = [of(text) for text in texts]
    first = next(iter(found), None)
    return first if first and all(each and each.verdict == first.verdict for each in found) else None


_THREATENING = frozenset("🔪🗡🔫💣⚰🪓☠💀🪦⚔🩸")  # may be meant as a threat: a person looks at those
_UNKIND = frozenset("🖕👎😡🤬😠🤮💩🤡🐒🐵🐷🐍")


def _is_kind(text: str) -> bool:
    """Nothing but emoji, and none that a person should look at."""
    if (_THREATENING | _UNKIND) & set(text):
        return False
    kinds = {unicodedata.category(character) for character in text}
    return "So" in kinds and kinds <= {"So", "Sk", "Mn", "Cf", "Zs", "Po", "Cc"}
