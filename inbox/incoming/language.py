"""Which language a short text is in: by its script, else by its commonest words. Pure, local, some microseconds.

Twelve languages are told apart (R-032), those that are written to Swedish municipalities; of anything else, and of what
is too short to tell, nothing is said. In doubt a text is Swedish: a wrong badge is worse than none.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "sv": _("Svenska"), "en": _("Engelska"), "ar": _("Arabiska"), "fi": _("Finska"), "de": _("Tyska"),
    "da": _("Danska"), "no": _("Norska"), "uk": _("Ukrainska"), "so": _("Somaliska"), "fa": _("Persiska"),
    "pl": _("Polska"), "ti": _("Tigrinja"),
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "fa"})

# The words that make up most of any text, and some that one writes to a municipality with.
_COMMON = {
    "sv": "och att det i på är som för en av inte med jag har till om vi ni den när man vad var hur kan så han "
    "hon de men från eller ska vill blir finns där här också bara nu mycket varför vilken vilket ett tack "
    "hej er min mitt mina",
    "en": "the and of to is in that it for you on with this are be have not at we my your can what when where "
    "how why do does was will there please thank thanks hello from an they would should could has our",
    "fi": "ja on ei se että en olen hän mutta kun mitä missä milloin miten voi voiko onko minä te kiitos hei "
    "tämä mikä ole myös kaikki sitten niin joka ovat saa saako meidän minun auki",
    "de": "und der die das ist nicht ich zu ein eine mit es auf für den wie wann wo was haben habe sie wir ihr "
    "von dem des sich auch noch bitte danke hallo kann kein warum sind wird einen öffnet",
    "da": "og at det er en til på ikke jeg der som af med for har de vi hvad hvornår hvor hvordan hvorfor kan "
    "skal også meget noget mig jer tak hej bliver fra eller når nu blev åbner",
    "no": "og at det er en til på ikke jeg som av med for har de vi hva når hvor hvordan hvorfor kan skal også "
    "mye noe meg dere takk hei blir fra eller nå ble åpner ei et",
    "so": "waa iyo in ka ku u oo aan ah soo la uu ay ma maxaa goorma xaggee sidee mahadsanid waxaa waan baan "
    "ayaa maya haa dugsiga fadlan leh marka kale waxa mid ayuu",
    "pl": "i w nie na się z że to jest do jak co kiedy gdzie czy dla dziękuję proszę cześć mam jestem są był od "
    "po za ale tak już przez lub może dlaczego mnie",
}  # fmt: skip
_BY_WORD: dict[str, list[str]] = {}
for _code, _words in _COMMON.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_code)
_TELLING = {"æ": ("da", "no"), "ø": ("da", "no"), "ß": ("de",), "ü": ("de",), "ł": ("pl",), "ż": ("pl",), "ę": ("pl",)}
_WORD = re.compile(r"[^\W\d_]+")
_NOISE = re.compile(r"https?://\S+|[@#]\w+")
_SCRIPTS = {
    "arabic": re.compile(r"[\u0620-\u06ff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "ethiopic": re.compile(r"[\u1200-\u137f]"),
}
_PERSIAN = re.compile(r"[پچژگکی]")
_OTHER_ARABIC = re.compile(r"[ےٹڈڑھہۆێڕڵ]")  # Urdu, Kurdish
_UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
_AMHARIC = re.compile(r"ነው|እና|ላይ|ናቸው|አይደለም")
LEAST = 2  # common words that a text must hold of a language that is not Swedish
MOST_READ = 200  # characters: enough to tell


def of(text: str) -> str:
    """Give the code of a text's language, "" for one that is not known or cannot be told."""
    text = _NOISE.sub(" ", text[:MOST_READ])
    if not text.isascii() and (code := _by_script(text)) is not None:
        return code
    text = text.casefold()
    hits = dict.fromkeys(_COMMON, 0)
    for word in _WORD.findall(text):
        for code in _BY_WORD.get(word, ()):
            hits[code] += 1
    for letter, codes in _TELLING.items() if not text.isascii() else ():
        for code in codes if letter in text else ():
            hits[code] += 1
    *_rest, next_most, most = sorted(hits.values())
    if not most:
        return ""
    if hits["sv"] == most:
        return "sv"
    return next(code for code in hits if hits[code] == most) if most >= LEAST and most > next_most else ""


def _by_script(text: str) -> str | None:
    """Give the language of a text in another script, "" for one that is not told apart; None for Latin letters."""
    letters = sum(map(str.isalpha, text))
    script = next((name for name, pattern in _SCRIPTS.items() if len(pattern.findall(text)) * 2 > letters > 0), None)
    if script is None:
        return None
    if script == "arabic":
        return "" if _OTHER_ARABIC.search(text) else "fa" if _PERSIAN.search(text) else "ar"
    if script == "cyrillic":
        return "uk" if _UKRAINIAN.search(text) else ""
    return "" if _AMHARIC.search(text) else "ti"
