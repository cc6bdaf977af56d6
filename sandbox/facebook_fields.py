"""Graph's `fields` language: `id,from{id},comments.limit(50).filter(stream).summary(true){id,message}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class BadFields(ValueError):
    """The text is not in Graph's language; says where."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field or edge with its arguments and what is asked of it. `fields` is empty where nothing is said."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    alias: str = ""
    source: str = ""  # the text inside the braces, for the address of the next page


def parse(text: str) -> tuple[Field, ...]:
    """Read a list of fields. Raises BadFields."""
    parser = _Parser("".join(text.split()))
    found = parser.fields()
    if parser.at != len(parser.text):
        raise BadFields(parser.rest)
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def rest(self) -> str:
        return self.text[self.at : self.at + 20]

    def fields(self) -> tuple[Field, ...]:
        found = []
        while True:
            if self._name_ahead():
                found.append(self._field())
            if not self._skip(","):
                return tuple(found)

    def _field(self) -> Field:
        name, args, alias = self._name(), {}, ""
        while self._skip("."):
            modifier = self._name()
            value = self._until(")") if self._skip("(") else ""
            if modifier == "as":
                alias = value
            else:
                args[modifier] = value
        inner: tuple[Field, ...] = ()
        begin = self.at
        if self._skip("{"):
            inner = self.fields()
            if not self._skip("}"):
                raise BadFields(self.rest)
        return Field(name, args, inner, alias, self.text[begin + 1 : self.at - 1] if self.at > begin else "")

    def _name_ahead(self) -> bool:
        here = self.text[self.at : self.at + 1]
        return here.isalnum() or here == "_"

    def _name(self) -> str:
        begin = self.at
        while self._name_ahead():
            self.at += 1
        if self.at == begin:
            raise BadFields(self.rest)
        return self.text[begin : self.at]

    def _until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise BadFields(self.rest)
        value, self.at = self.text[self.at : stop], stop + 1
        return value

    def _skip(self, mark: str) -> bool:
        if self.text[self.at : self.at + 1] != mark:
            return False
        self.at += 1
        return True
