"""The four steps to somebody in need: acknowledge, explain secrecy, the right place, follow up (R-038). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.lanes.texts import Number, Texts


def text(
    texts: Texts,
    *,
    acknowledge: str,
    secrecy: str,
    numbers: Sequence[str],
    elsewhere: str,
    follow_up: str,
    name: str,
) -> str:
    """Put an answer together; "" as long as a step is missing. Each choice is the place of a sentence in its list."""
    chosen = [number for place, number in enumerate(texts.numbers) if str(place) in numbers]
    where = " ".join([*map(_call, chosen), *([elsewhere.strip()] if elsewhere.strip() else [])])
    steps = [_of(texts.sentences("acknowledge"), acknowledge), _of(texts.sentences("secrecy"), secrecy), where]
    if not all(steps):
        return ""
    return called(" ".join(filter(None, [*steps, _of(texts.sentences("follow_up"), follow_up)])), name)


def called(text: str, name: str) -> str:
    """Call the citizen by the first name, or by none where none is known."""
    return text.replace("{namn}", name) if name else text.replace(" {namn}", "").replace("{namn}", "")


def _of(sentences: Sequence[str], place: str) -> str:
    return sentences[int(place)] if place.isascii() and place.isdigit() and int(place) < len(sentences) else ""


def _call(number: Number) -> str:
    if number.name == number.number:
        return f"Ring {number.number}. {number.what}"
    return f"{number.name}: ring {number.number}. {number.what}"
