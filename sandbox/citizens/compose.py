"""Makes one text of a kind, with its ground truth: a core from the topic, and what people put around it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.citizens import mix, overlays
from sandbox.citizens.grammar import Scene, Topic, generic, scene, sentence, texts
from sandbox.citizens.people import Person, Town

FOREIGN = 0.15  # of questions, complaints and praise; 9 % of all that has a language
TALKING = {
    "A1": "simple",
    "A2": "expert",
    "A3": "fault",
    "A4": "complaint",
    "A5": "praise",
    "A9": "politics",
    "A18": "rumour",
}
SPOKEN_ABROAD = {"A1": "simple", "A2": "simple", "A4": "complaint", "A5": "praise"}
URGENT = 0.05  # of fault reports: somebody may be hurt
SPREAD = 0.65  # of the length's logarithm
RANT = 0.01
RANT_WORDS = 150
X_LENGTH = 250  # an X post holds 280, in which emoji and names before a reply count
PLACES = ("ort", "gata", "spot", "skola")
EMOJI = "😀😂🤣😍🥰👏👍🙏❤️💪🎉☀️❄️⛄🔥😅🤔😡😢🙈👌💚⭐🐶🚲🚌🏊⚽🎄🌲🤩😴🥳🫶🧤🛷"
FACES = tuple(mark for mark in EMOJI if mark != "\ufe0f")


@dataclass
class Draft:
    """A text on its way to a platform: what is known of it, and who writes it."""

    text: str
    truth: dict[str, Any]
    author: Person
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Occasion:
    """Where somebody writes: the platform, what is talked of there, and whom he answers."""

    platform: str
    topic: Topic
    handle: str  # ours, as it is mentioned there
    places: Mapping[str, str]
    answered: str = ""  # name of the citizen answered
    is_old: bool = False


def compose(rng: random.Random, town: Town, code: str, occasion: Occasion) -> Draft:
    """Compose a text of a kind. Its truth lacks only what is known later: the author's, duplicates."""
    filled = {name: place for name, place in occasion.places.items() if name in PLACES and rng.random() < 0.6}
    lank = f"https://{rng.choice(['vinst-nu', 'snabbklick', 'kreditdirekt'])}.example/{rng.randrange(16**5):05x}"
    author = town.special(rng, code) or town.somebody(rng)
    told = scene(rng, occasion.topic, lank=lank, jag=author.first_name, **filled)
    truth = mix.truth(
        code,
        owes_answer=mix.owes_answer(rng, code),
        topic=occasion.topic.key,
        department=occasion.topic.department,
    )
    draft = Draft("", truth, author)
    KINDS.get(code, _plain)(told, town, occasion, draft)
    if code in TALKATIVE:
        _overlay(told, occasion, draft)
    truth["legal_ground"] = mix.ground_of(code, draft.text)
    draft.text = _fit(draft.text, occasion.platform)
    return draft


def _talking(told: Scene, town: Town, occasion: Occasion, draft: Draft) -> None:
    """Compose a question, a fault report, a complaint, praise, politics, a rumour."""
    code = draft.truth["category"]
    if code in SPOKEN_ABROAD and told.rng.random() < FOREIGN:
        _abroad(told, draft)
        return
    if code in ("A1", "A4", "A9") and told.rng.random() < overlays.SARCASM:
        draft.truth["sarcasm"] = True
        draft.text = told.pick(generic("sarcasm"))
    target = _target_length(told.rng, occasion.platform)
    if target > RANT_WORDS and code in ("A4", "A9", "A2"):
        draft.text = _rant(told, occasion.topic, code, target)
        return
    core = _core(told, occasion, draft, target)
    draft.text = f"{draft.text} {core}".strip()
    _lengthen(told, occasion.topic, draft, target)


def _core(told: Scene, occasion: Occasion, draft: Draft, target: int) -> str:
    """Say the thing itself, rather short if little is to be written."""
    code = draft.truth["category"]
    if code == "A3":
        draft.truth["redirect_target"] = _responsible(told, occasion.topic)
        if told.rng.random() < URGENT:
            draft.truth["lane"] = "urgent"
            return told.pick(generic("urgent"))
    if occasion.is_old and code in ("A1", "A10") and told.rng.random() < 0.4:
        return sentence(told.pick(generic("late_video")), _end(told.rng, code))
    name, patterns = _patterns(told.rng, occasion.topic, code)
    two = told.rng.sample(range(len(patterns)), min(2, len(patterns)))
    chosen = min(two, key=lambda index: abs(_words(patterns[index]) - target))
    draft.truth["cluster_id"] = f"{occasion.topic.key}/{name}/{chosen}"
    core = told.say(patterns[chosen])
    if code in ("A1", "A2") and told.rng.random() < overlays.SECOND_QUESTION:
        core = f"{core} och {told.pick(occasion.topic.list('simple') or generic('simple'))}"
    if code == "A4" and told.rng.random() < 0.3:
        return f"{sentence(core, '.')} {sentence(told.pick(generic('rhetorical')), '?')}"
    return sentence(core, _end(told.rng, code))


def _patterns(rng: random.Random, topic: Topic, code: str) -> tuple[str, Sequence[str]]:
    name = TALKING[code]
    own = topic.list(name)
    if name in ("expert", "fault") and own:
        return name, own
    use_own = bool(own) and rng.random() < {"praise": 0.5, "simple": 0.9}.get(name, 0.75)
    return (name, own) if use_own else (f"generic-{name}", generic("simple" if name in ("expert", "fault") else name))


def _lengthen(told: Scene, topic: Topic, draft: Draft, target: int) -> None:
    """Put a greeting before and sentences after, until it is about as long as wanted."""
    rng, code = told.rng, draft.truth["category"]
    if code in ("A1", "A2", "A3") and _words(draft.text) < target and rng.random() < 0.55:
        hello = told.pick(generic("hello"))
        named = draft.text[:1].lower() + draft.text[1:] if hello.endswith(",") else draft.text
        draft.text = f"{hello} {named}".strip()
    more = _more(rng, topic, code)
    while more and _words(draft.text) < target - 3:
        draft.text = f"{draft.text} {sentence(told.say(more.pop(0)), '.')}"
    if code in ("A1", "A2", "A3") and rng.random() < 0.3:
        draft.text = f"{draft.text} {told.pick(generic('thanks'))}"


def _more(rng: random.Random, topic: Topic, code: str) -> list[str]:
    """Choose what may be added: two or three sentences, those of the topic first."""
    if code == "A5":
        return rng.sample([*generic("praise"), *topic.list("praise")], 2)
    own, filler = topic.list("context"), generic("filler")
    return [*rng.sample(own, min(2, len(own))), rng.choice(filler)] if rng.random() < 0.8 else rng.sample(filler, 2)


def _rant(told: Scene, topic: Topic, code: str, target: int) -> str:
    """Write at length, as one of a hundred does."""
    said = [sentence(told.say(_patterns(told.rng, topic, code)[1][0]), ".")]
    pool = [*generic("rant"), *topic.list("context"), *generic("filler"), *topic.list("complaint")]
    told.rng.shuffle(pool)
    while pool and _words(" ".join(said)) <= max(target, RANT_WORDS):
        said.append(sentence(told.say(pool.pop()), "."))
    return " ".join(said)


def _abroad(told: Scene, draft: Draft) -> None:
    foreign = {name: weight for name, weight in mix.LANGUAGES.items() if name != "sv"}
    language = mix.draw(told.rng, foreign)
    draft.truth["language"] = language
    draft.text = told.pick(texts("languages")[language][SPOKEN_ABROAD[draft.truth["category"]]])


def _emoji(told: Scene, town: Town, occasion: Occasion, draft: Draft) -> None:
    draft.truth |= {"language": "und", "topic": None}
    if occasion.platform == "facebook" and told.rng.random() < 0.06:
        draft.extra["sticker"] = True
        return
    many = min(12, 1 + int(told.rng.expovariate(1 / 3)))
    kinds = told.rng.sample(FACES, min(many, told.rng.choice([1, 2, 3, 4])))
    draft.text = "".join(kinds + [told.rng.choice(kinds) for _ in range(many - len(kinds))])


def _friend(told: Scene, town: Town, occasion: Occasion, draft: Draft) -> None:
    rng = told.rng
    names = [town.somebody(rng).name for _ in range(rng.choices([1, 2, 3], [75, 18, 7])[0])]
    if occasion.platform != "facebook":
        names = [f"@{name.replace(' ', '').lower()}" for name in names]
    tagged = " ".join(names)
    friendly = told.pick(occasion.topic.list("friend") or ["ska vi"])
    said = rng.choices(["", friendly, told.say("{smil}")], [35, 50, 15])[0]
    if said and said[0].isalpha() and rng.random() < 0.6:
        said += rng.choice(["?", "!", " 😂", "…", " 👀"])
    draft.truth |= {"language": "sv" if said[:1].isalpha() else "und"}
    draft.text = f"{tagged} {said}".strip()


def _among_citizens(told: Scene, town: Town, occasion: Occasion, draft: Draft) -> None:
    """Answer another citizen: agree, argue, help (rightly or wrongly), ask."""
    kinds = {"reply_right": 33, "reply_wrong": 20, "reply_agree": 20, "reply_argue": 20, "reply_ask": 7}
    kind = mix.draw(told.rng, kinds)
    draft.truth["cluster_id"] = f"among/{kind}"
    said = told.pick(generic(kind))
    end = "?" if kind == "reply_ask" else told.rng.choice(["", ".", "!", " 🙂", " 😂"])
    name = f"{occasion.answered} " if occasion.answered and occasion.platform != "twitter" else ""
    draft.text = name + (said if name else sentence(said)) + end
    if told.rng.random() < 0.55:
        more = sentence(told.pick([*occasion.topic.list("context"), *generic("filler")]), ".")
        draft.text += f" {more}" if end else f". {more}"


def _plain(told: Scene, town: Town, occasion: Occasion, draft: Draft) -> None:
    """Compose what needs nothing from the topic: spam, insults, threats, what is urgent, legal, the press."""
    code = draft.truth["category"]
    name = PLAIN[code]
    pattern = told.rng.choice(generic(name))
    draft.truth["cluster_id"] = f"generic-{name}/{generic(name).index(pattern)}"
    if code == "A3":
        draft.truth["redirect_target"] = occasion.topic.redirect
    draft.text = sentence(told.say(pattern), "" if "{lank}" in pattern else told.rng.choice(["", ".", "!"]))
    if code == "A14":
        draft.truth["pii"] = [kind for kind, signs in SENSITIVE.items() if any(sign in pattern for sign in signs)]
    if code == "A10" and told.rng.random() < 0.5:
        draft.text += " " + sentence(told.pick(generic("filler")), ".")


def _overlay(told: Scene, occasion: Occasion, draft: Draft) -> None:
    """Do to a text what people do to theirs."""
    rng, truth = told.rng, draft.truth
    if truth["category"] in ("A1", "A2", "A4", "A9", "A18") and rng.random() < overlays.LINK * 2:
        link = f"https://exempelbladet.example/nyheter/{rng.randrange(10**6, 10**7)}"
        draft.text += " " + scene(rng, occasion.topic, lank=link).pick(generic("quote"))
    if truth["language"] == "sv":
        draft.text = overlays.disfigure(rng, draft.text)
    if occasion.platform != "twitter" and rng.random() < overlays.MENTION / 2:
        draft.text = f"@{occasion.handle} {draft.text}" if rng.random() < 0.5 else f"{draft.text} @{occasion.handle}"
    for kind, chance, made in PRIVATE:
        if rng.random() < chance * (20 if truth["category"] == "A14" and kind == "personnummer" else 1):
            draft.text += " " + made(told)
            truth["pii"] = [*truth["pii"], kind]
    if rng.random() < (overlays.PICTURED_FAULT if truth["category"] == "A3" else overlays.IMAGE):
        draft.extra["image"] = f"https://bilder.example/{rng.randrange(16**10):010x}.jpg"


def _responsible(told: Scene, topic: Topic) -> str:
    if topic.key in ("roads", "snow", "lights", "parking") and told.rng.random() < 0.25:
        return told.rng.choice(["Trafikverket", "vägföreningen", "fastighetsägaren"])
    return topic.redirect


def _end(rng: random.Random, code: str) -> str:
    if code in ("A1", "A2"):
        return "?" if rng.random() < 0.65 else rng.choice(["", "."])
    return rng.choice({"A5": ["!", "!", "", " ❤️", " 👏"], "A18": ["?", "?", ""]}.get(code, [".", "", "!", "."]))


def _target_length(rng: random.Random, platform: str) -> int:
    if rng.random() < RANT * 3 and platform == "facebook":  # a third of them are kinds that rant
        return rng.randint(RANT_WORDS + 1, 230)
    return max(1, min(140, round(rng.lognormvariate(math.log(mix.MEDIAN_WORDS[platform]), SPREAD))))


def _words(text: str) -> int:
    return len(text.split())


def _fit(text: str, platform: str) -> str:
    """Cut what X would not take, between words."""
    if platform != "twitter" or len(text) <= X_LENGTH:
        return text
    return text[:X_LENGTH].rsplit(" ", 1)[0]


Kind = Callable[[Scene, Town, Occasion, Draft], None]
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("A1", "A2", "A3", "A4", "A5", "A9", "A18"), _talking),
    "A6": _emoji,
    "A7": _friend,
    "A8": _among_citizens,
}
PLAIN = {
    "A10": "talk",
    "A11": "spam",
    "A12": "abuse",
    "A13": "threat",
    "A14": "personal",
    "A15": "danger",
    "A16": "legal",
    "A17": "press",
}
SENSITIVE = {
    "address": ("{gata}",),
    "name": ("{efternamn}",),
    "health": ("adhd", "demens", "depression", "assistans"),
}
TALKATIVE = frozenset({"A1", "A2", "A3", "A4", "A5", "A8", "A9", "A10", "A12", "A14", "A15", "A16", "A18"})
PRIVATE: tuple[tuple[str, float, Callable[[Scene], str]], ...] = (
    ("personnummer", overlays.PERSONAL_NUMBER, lambda told: f"Mitt pnr är {overlays.personal_number(told.rng)}."),
    ("phone", overlays.PHONE, lambda told: f"Ring mig på {overlays.phone(told.rng)}"),
    ("address", overlays.ADDRESS, lambda told: told.say("Jag bor på {gata4} {n:2-88}.")),
)
