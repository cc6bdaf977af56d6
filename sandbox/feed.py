"""What a pretend platform's page shows: posts with what hangs under them, the latest activity first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.entries import Account, Entry
from sandbox.world import World

STOCKHOLM = ZoneInfo("Europe/Stockholm")
POSTS_SHOWN = 12
THREADS_SHOWN = 6
LOOKED_THROUGH = 4000  # latest entries among which the latest active posts are found
LATEST_ENTRIES = 120  # of one post, on a page that shows several
DEEPEST = 3  # levels that are indented; the rest stand below each other
MONTHS = ("jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec")


@dataclass
class Node:
    """An entry with its author and the answers to it, oldest first."""

    entry: Entry
    author: Account
    depth: int = 0
    answers: list[Node] = field(default_factory=list)
    answers_to: str = ""  # whom, where the indentation can't tell

    @property
    def latest(self) -> datetime:
        """When something was last written here."""
        return max([self.entry.created_at, *(answer.latest for answer in self.answers)])

    @property
    def is_worth_showing(self) -> bool:
        """Whether there is something to see: itself, or an answer to what is gone."""
        return not self.entry.is_deleted or any(answer.is_worth_showing for answer in self.answers)


@dataclass
class Story:
    """A post, video or first tweet, and the threads under it, the latest active first."""

    top: Node
    threads: Sequence[Node]
    count: int
    left_out: int = 0

    @property
    def is_ours(self) -> bool:
        return self.top.author.ours


def latest_stories(world: World, platform: str, *, wall: str | None = None) -> list[Story]:
    """Give the posts with the latest activity; `wall` narrows it to one of our accounts."""
    found = world.entries(platform, limit=LOOKED_THROUGH)
    accounts = {account.id: account for account in world.accounts(platform)}
    tops = dict.fromkeys(entry.root or entry.id for entry in found)
    stories = []
    for top in tops:
        entry = world.entry(top)
        if entry is None or (wall and not _concerns(world, entry, wall, accounts)):
            continue
        stories.append(story(world, entry, accounts, shown=THREADS_SHOWN))
        if len(stories) == POSTS_SHOWN:
            break
    return [one for one in stories if one.top.is_worth_showing or one.threads]


def story(
    world: World, top: Entry, accounts: Mapping[str, Account] | None = None, *, shown: int | None = None
) -> Story:
    """Give one post with what hangs under it: all, or the latest threads."""
    known = accounts if accounts is not None else {account.id: account for account in world.accounts(top.platform)}
    entries = _under(world, top, limit=None if shown is None else LATEST_ENTRIES)
    first = Node(top, _author(top, known))
    threads = [node for node in _threads(first, entries, known) if node.is_worth_showing]
    threads.sort(key=lambda node: node.latest, reverse=True)
    count = world.count(top.platform, root=top.id) - (top.root == top.id and not top.is_deleted)
    left_out = 0 if shown is None else max(0, len(threads) - shown)
    return Story(first, threads[:shown], count, left_out)


def local(moment: datetime) -> str:
    """Write a time as Swedes read it, in Stockholm."""
    at = moment.astimezone(STOCKHOLM)
    return f"{at.day} {MONTHS[at.month - 1]} {at:%H.%M}"


def _under(world: World, top: Entry, *, limit: int | None) -> list[Entry]:
    """Give what hangs under a post, oldest first: all, or the latest with what they answer."""
    latest = world.entries(top.platform, root=top.root or top.id, include_deleted=True, limit=limit)
    entries = {entry.id: entry for entry in latest if entry.id != top.id}
    known = {id for entry in (top, *entries.values()) for id in _ids(entry)}
    above = [entry.parent for entry in entries.values()] if limit else []
    while above:
        parent = above.pop()
        if parent and parent not in known and (entry := world.entry(parent)):
            entries[entry.id] = entry
            known.update(_ids(entry))
            above.append(entry.parent)
    return sorted(entries.values(), key=lambda entry: entry.created_at)


def _threads(first: Node, entries: Sequence[Entry], known: Mapping[str, Account]) -> list[Node]:
    """Hang each entry under the one it answers; give what stands directly under the post."""
    tops = set(_ids(first.entry))
    nodes = [Node(entry, _author(entry, known)) for entry in entries]
    by_id = {id: node for node in nodes for id in _ids(node.entry)}
    threads = []
    for node in nodes:
        parent = node.entry.parent
        if parent is None or parent in tops or parent not in by_id:
            threads.append(node)
        else:
            by_id[parent].answers.append(node)
    for node in threads:
        _indent(node, 1)
    return threads


def _ids(entry: Entry) -> list[str]:
    """Give all ids that an entry had: answers to an edited tweet name the old one."""
    return [entry.id, *(str(version["id"]) for version in entry.earlier)]


def _indent(node: Node, depth: int) -> None:
    node.depth = min(depth, DEEPEST)
    for answer in node.answers:
        answer.answers_to = node.author.name if depth >= DEEPEST else ""
        _indent(answer, depth + 1)


def _concerns(world: World, top: Entry, wall: str, accounts: Mapping[str, Account]) -> bool:
    handle = accounts[wall].handle if wall in accounts else ""
    mentions = bool(handle) and f"@{handle}".lower() in top.text.lower()
    return wall in (top.wall, top.author) or (top.platform == "twitter" and mentions)


def _author(entry: Entry, known: Mapping[str, Account]) -> Account:
    return known.get(entry.author) or Account(entry.author, entry.platform, "Borttaget konto")
