"""The search language: words, phrases and operators, AND by standing side by side, OR, brackets and minus."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.control import world
from sandbox.entries import Entry
from sandbox.twitter.objects import HASHTAG, LINK, named_accounts, names
from sandbox.twitter.problems import Refused, invalid

LONGEST = 512  # characters in a query, self-serve
TOKEN = re.compile(r'\(|\)|-?"[^"]*"|-?[^\s()"]+|-(?=\()')
Test = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood. `conversations`: the only ones that can hold a hit, None if any can."""

    fits: Test
    conversations: frozenset[str] | None


def parse(text: str) -> Query:
    """Read a query; raise `Refused` with X's complaint for one that it would not take."""
    if not text.strip():
        raise _refused("The query is empty.", text)
    if len(text) > LONGEST:
        raise _refused(f"Rules must be at most {LONGEST} characters long.", text)
    tokens = TOKEN.findall(text)
    query, rest = _either(tokens, text)
    if rest:
        raise _refused(f"no viable alternative at input '{rest[0]}'", text)
    return query


def _either(tokens: list[str], text: str) -> tuple[Query, list[str]]:
    first, tokens = _together(tokens, text)
    branches = [first]
    while tokens and tokens[0] == "OR":
        branch, tokens = _together(tokens[1:], text)
        branches.append(branch)
    if len(branches) == 1:
        return first, tokens
    tests = [branch.fits for branch in branches]
    limits = [branch.conversations for branch in branches]
    inside = None if None in limits else frozenset[str]().union(*(limit for limit in limits if limit))
    return Query(lambda entry: any(test(entry) for test in tests), inside), tokens


def _together(tokens: list[str], text: str) -> tuple[Query, list[str]]:
    parts: list[Query] = []
    while tokens and tokens[0] not in ("OR", ")"):
        part, tokens = _term(tokens, text)
        parts.append(part)
    if not parts:
        raise _refused("missing EOF at 'OR'", text)
    tests = [part.fits for part in parts]
    limits = [part.conversations for part in parts if part.conversations is not None]
    inside = frozenset.intersection(*limits) if limits else None
    return Query(lambda entry: all(test(entry) for test in tests), inside), tokens


def _term(tokens: list[str], text: str) -> tuple[Query, list[str]]:
    token, rest = tokens[0], tokens[1:]
    if token == "-" and rest and rest[0] == "(":
        inner, rest = _term(rest, text)
        return Query(lambda entry: not inner.fits(entry), None), rest
    if token == "(":
        inner, rest = _either(rest, text)
        if not rest or rest[0] != ")":
            raise _refused("missing ')'", text)
        return inner, rest[1:]
    if token.startswith("-"):
        test = _operator(token[1:], text)
        return Query(lambda entry: not test(entry), None), rest
    name, _, value = token.partition(":")
    return Query(_operator(token, text), frozenset({value}) if name == "conversation_id" else None), rest


def _operator(token: str, text: str) -> Test:
    if token.startswith("#") and len(token) > 1:
        tag = token[1:].casefold()
        return lambda entry: tag in {found.casefold() for found in HASHTAG.findall(entry.text)}
    if token.startswith("@") and len(token) > 1:
        return lambda entry: names(entry.text, token[1:])
    name, colon, value = token.partition(":")
    if colon and name in OPERATORS and value:
        return OPERATORS[name](value.strip('"'), text)
    if colon and re.fullmatch(r"[a-z_]+", name) and not value.startswith("//"):
        raise _refused(f"Reference to invalid operator '{name}'.", text)
    words = token.strip('"').casefold()
    if not words:
        raise _refused("The query holds an empty phrase.", text)
    return lambda entry: re.search(rf"(?<!\w){re.escape(words)}(?!\w)", entry.text.casefold()) is not None


def _by(who: str) -> Callable[[str | None], bool]:
    """Compare an account id with a handle or an id."""
    account = world().account_by_handle("twitter", who)
    ids = {who, account.id if account else who}
    return lambda id: id in ids


def _from(value: str, text: str) -> Test:
    is_it = _by(value)
    return lambda entry: is_it(entry.author)


def _to(value: str, text: str) -> Test:
    is_it = _by(value)

    def test(entry: Entry) -> bool:
        parent = world().entry(entry.parent) if entry.parent else None
        return parent is not None and is_it(parent.author)

    return test


def _is(value: str, text: str) -> Test:
    tests: dict[str, Test] = {
        "retweet": lambda entry: bool(entry.extra.get("retweets")),
        "quote": lambda entry: bool(entry.extra.get("quotes")),
        "reply": lambda entry: entry.parent is not None,
    }
    if value not in tests:
        raise _refused(f"Invalid value '{value}' for operator 'is'.", text)
    return tests[value]


def _has(value: str, text: str) -> Test:
    tests: dict[str, Test] = {
        "links": lambda entry: LINK.search(entry.text) is not None,
        "hashtags": lambda entry: HASHTAG.search(entry.text) is not None,
        "mentions": lambda entry: bool(named_accounts(entry.text)),
        "media": lambda entry: bool(entry.extra.get("media")),
    }
    if value not in tests:
        raise _refused(f"Invalid value '{value}' for operator 'has'.", text)
    return tests[value]


OPERATORS: dict[str, Callable[[str, str], Test]] = {
    "conversation_id": lambda value, text: lambda entry: entry.thread == value,
    "from": _from,
    "to": _to,
    "is": _is,
    "has": _has,
    "lang": lambda value, text: lambda entry: entry.extra.get("lang", "sv") == value,
    "url": lambda value, text: lambda entry: any(value in found for found in LINK.findall(entry.text)),
    "quotes_of_tweet_id": lambda value, text: lambda entry: entry.extra.get("quotes") == value,
    "retweets_of_tweet_id": lambda value, text: lambda entry: entry.extra.get("retweets") == value,
    "in_reply_to_tweet_id": lambda value, text: lambda entry: entry.parent == value,
}


def _refused(message: str, text: str) -> Refused:
    return invalid(f"There were errors processing your request: {message}", query=text)
