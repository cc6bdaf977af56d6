"""A small stand-in for ingest: remembers what polls brought, so that a test can say what was new, changed or gone."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.base import (
    Connector,
    Cursor,
    Item,
    ItemKind,
    Known,
    KnownMessage,
    KnownThread,
    Page,
    Post,
    Unreadable,
)


@dataclass
class Round:
    """What one round over the surfaces brought that was not there before."""

    new: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0

    @property
    def texts(self) -> list[str]:
        return sorted(item.text for item in self.new)

    @property
    def is_quiet(self) -> bool:
        return not (self.new or self.changed or self.deleted)


class Reader:
    """Polls like the worker: a cursor is kept only after a complete poll, absence counts after two full readings."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.posts: dict[str, Post] = {}
        self.cursors: dict[str, Cursor] = {}
        self.unreadable: list[Unreadable] = []
        self.deleted: set[str] = set()
        self._ids: dict[str, str] = {}  # every id an item ever had → the id it was first seen under
        self._absent: set[str] = set()

    def poll(
        self,
        connector: Connector,
        *surfaces: str,
        now: datetime | None = None,
        full: bool = False,
    ) -> Round:
        """Poll the named surfaces once each, all of them if none is named."""
        done, calls = Round(), connector.calls
        absent: set[str] = set()
        for surface in surfaces or connector.surfaces():
            absent |= self._poll_surface(connector, surface, now or datetime.now(UTC), full, done)
        if full:
            for gone in absent & self._absent:
                self._delete(gone, done)
            self._absent = absent
        done.calls = connector.calls - calls
        return done

    def _poll_surface(self, connector: Connector, surface: str, now: datetime, full: bool, done: Round) -> set[str]:
        page = Page()
        missing: set[str] = set()
        for page in connector.poll(surface, self.cursors.get(surface, {}), known=self.known(), now=now, full=full):
            done.pages.append(page)
            done.notes += page.notes
            self.take(page, done)
            missing |= set(page.missing)
        if not page.complete:
            done.incomplete.append(surface)
            return set()
        self.cursors[surface] = json.loads(json.dumps(page.cursor))
        return missing

    def take(self, page: Page, done: Round | None = None) -> None:
        """Store one page."""
        done = done or Round()
        self.unreadable += page.unreadable
        self.posts.update({post.external_id: post for post in page.posts})
        for item in page.items:
            self._store(item, done)
        for gone in page.deletions:
            self._delete(gone, done)

    def _store(self, item: Item, done: Round) -> None:
        ids = (*item.earlier_ids, item.external_id)
        key = next((self._ids[id] for id in ids if id in self._ids), ids[0])
        self._ids.update(dict.fromkeys(ids, key))
        before = self.items.get(key)
        self.items[key] = item
        if before is None:
            done.new.append(item)
        elif (before.text, before.external_id) != (item.text, item.external_id):
            done.changed.append(item)

    def _delete(self, id: str, done: Round) -> None:
        key = self._ids.get(id)
        if key is not None and key not in self.deleted:
            self.deleted.add(key)
            done.deleted.append(id)

    @property
    def texts(self) -> set[str]:
        return {item.text for item in self.items.values()}

    def find(self, text: str) -> Item:
        """Give the one item with that text."""
        (item,) = [item for item in self.items.values() if item.text == text]
        return item

    def known(self) -> Known:
        """Say what is stored, as the worker would."""
        return Known(
            item_ids=self._stored,
            threads=self._threads,
            live_ids=lambda: [item.external_id for item in self._live() if item.kind is not ItemKind.MESSAGE],
            messages=self._messages,
            posts=lambda: [id for id, post in self.posts.items() if not post.is_ad],
            ads=lambda: [id for id, post in self.posts.items() if post.is_ad],
        )

    def _stored(self, ids: Collection[str]) -> set[str]:
        return set(ids) & self._ids.keys()

    def _live(self) -> list[Item]:
        return [item for key, item in self.items.items() if key not in self.deleted]

    def _messages(self) -> list[KnownMessage]:
        private = [item for item in self._live() if item.kind is ItemKind.MESSAGE]
        return [KnownMessage(item.external_id, item.thread, item.posted_at) for item in private]

    def _threads(self) -> list[KnownThread]:
        inside: dict[str, list[Item]] = {}
        for item in self.items.values():
            inside.setdefault(item.thread, []).append(item)
        found = [_thread(id, items) for id, items in inside.items()]
        return sorted(found, key=lambda thread: thread.last_activity, reverse=True)


def _thread(id: str, inside: list[Item]) -> KnownThread:
    return KnownThread(
        external_id=id,
        post=next((item.post for item in inside if item.post), None),
        last_activity=max(item.posted_at for item in inside),
        item_count=len(inside),
        we_wrote=any(item.from_us for item in inside),
        is_private=inside[0].kind is ItemKind.MESSAGE,
    )
