"""The world: the one store of everything that anybody wrote on the pretend platforms.

SQLite in one file, one connection, one lock: what a call has written is there for every thread and after any kill.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from sandbox.entries import PLATFORMS, Account, Entry, Token, from_micros, iso, parse_iso, to_micros
from sandbox.ids import conversation_id, new_id, tweet_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    platform TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, handle TEXT NOT NULL, ours INTEGER NOT NULL,
    extra TEXT NOT NULL, PRIMARY KEY (platform, id));
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, platform TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, expires_at INTEGER,
    revoked INTEGER NOT NULL DEFAULT 0, extra TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, platform TEXT NOT NULL, kind TEXT NOT NULL, wall TEXT,
    author TEXT NOT NULL, parent TEXT, thread TEXT, root TEXT, text TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, deleted_at INTEGER, hidden INTEGER NOT NULL DEFAULT 0, earlier TEXT NOT NULL,
    extra TEXT NOT NULL, truth TEXT, visible_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS earlier_ids (id TEXT PRIMARY KEY, n INTEGER NOT NULL REFERENCES entries);
CREATE INDEX IF NOT EXISTS by_time ON entries (platform, created_at, n);
CREATE INDEX IF NOT EXISTS by_wall ON entries (wall, created_at, n);
CREATE INDEX IF NOT EXISTS by_root ON entries (root, created_at, n);
CREATE INDEX IF NOT EXISTS by_thread ON entries (thread, created_at, n);
CREATE INDEX IF NOT EXISTS by_parent ON entries (parent, created_at, n);
CREATE INDEX IF NOT EXISTS by_author ON entries (author, created_at, n);
"""

COLUMNS = (
    "id, platform, kind, wall, author, parent, thread, root, text, created_at, updated_at, deleted_at, hidden, "
    "earlier, extra, truth, visible_at"
)


class Filters(TypedDict, total=False):
    """Which entries. `parent=None` asks for the top level, leaving it out for all; `until` is exclusive."""

    kind: str | Sequence[str] | None
    wall: str | None
    root: str | None
    thread: str | None
    parent: str | None
    author: str | None
    since: datetime | None
    until: datetime | None
    include_deleted: bool


class UnknownEntry(LookupError):
    """No such entry was ever written."""


class World:
    """Everything anybody wrote. Safe to use from any thread."""

    def __init__(self, path: Path | str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = Path(path)
        self.now = now
        self.watchers: list[Callable[[str, Entry], None]] = []  # told of each write, edit and delete once it stands
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # survives a kill of the process; a power cut may cost the sandbox
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; the world cannot be used afterwards."""
        with self._lock:
            self._db.close()

    def reset(self) -> None:
        """Forget everything: entries, accounts and tokens."""
        with self.together() as db:
            for table in ("earlier_ids", "entries", "tokens", "accounts"):
                db.execute(f"DELETE FROM {table}")

    @contextmanager
    def together(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock and write everything inside as one transaction; may be nested."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._db
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    # Accounts and tokens

    def add_account(
        self,
        platform: str,
        name: str,
        *,
        id: str,
        handle: str = "",
        ours: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Account:
        """Add an account, or change the name, handle and extras of one that is there."""
        account = Account(id, platform, name, handle, ours, dict(extra or {}))
        with self.together() as db:
            db.execute(
                "INSERT INTO accounts (platform, id, name, handle, ours, extra) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET name = excluded.name, handle = excluded.handle, ours = excluded.ours, "
                "extra = excluded.extra",
                (platform, id, name, handle, ours, json.dumps(account.extra)),
            )
        return account

    def account(self, id: str, platform: str) -> Account | None:
        """Give one account."""
        rows = self._rows("SELECT * FROM accounts WHERE platform = ? AND id = ?", (platform, id))
        return _account(rows[0]) if rows else None

    def account_by_handle(self, platform: str, handle: str) -> Account | None:
        """Give the account with that handle, whatever its case and with or without @."""
        rows = self._rows(
            "SELECT * FROM accounts WHERE platform = ? AND handle = ? COLLATE NOCASE", (platform, handle.lstrip("@"))
        )
        return _account(rows[0]) if rows else None

    def accounts(self, platform: str | None = None, ours: bool | None = None) -> list[Account]:
        """List accounts in the order they were added."""
        where, values = _where({"platform": platform, "ours": ours})
        return [_account(row) for row in self._rows(f"SELECT * FROM accounts{where} ORDER BY rowid", values)]

    def issue_token(
        self,
        platform: str,
        account: str,
        kind: str = "access",
        *,
        token: str | None = None,
        expires_at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Token:
        """Make a credential for one of our accounts; its secret companions go into `extra`."""
        issued = Token(
            token or secrets.token_urlsafe(32), platform, account, kind, expires_at, False, dict(extra or {})
        )
        with self.together() as db:
            db.execute(
                "INSERT OR REPLACE INTO tokens (token, platform, account, kind, expires_at, revoked, extra) "
                "VALUES (?, ?, ?, ?, ?, 0, ?)",
                (issued.token, platform, account, kind, to_micros(expires_at), json.dumps(issued.extra)),
            )
        return issued

    def token(self, token: str) -> Token | None:
        """Give a credential, valid or not."""
        rows = self._rows("SELECT * FROM tokens WHERE token = ?", (token,))
        return _token(rows[0]) if rows else None

    def tokens(self, platform: str | None = None, account: str | None = None, kind: str | None = None) -> list[Token]:
        """List credentials in the order they were issued."""
        where, values = _where({"platform": platform, "account": account, "kind": kind})
        return [_token(row) for row in self._rows(f"SELECT * FROM tokens{where} ORDER BY rowid", values)]

    def revoke(self, token: str) -> bool:
        """Make a credential worthless; tell whether it was there."""
        with self.together() as db:
            return db.execute("UPDATE tokens SET revoked = 1 WHERE token = ?", (token,)).rowcount == 1

    # Writing

    def write(
        self,
        platform: str,
        kind: str,
        author: str,
        text: str,
        *,
        wall: str | None = None,
        parent: str | None = None,
        root: str | None = None,
        at: datetime | None = None,
        id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        truth: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Write something, as a citizen or as one of ours.

        What is not said follows from the parent, then from the root. `at` may lie in the past; `extra["visible_at"]`
        (ISO, later than `at`) keeps it from the lists until then. Raises UnknownEntry for a parent that never was.
        """
        at = at or self.now()
        if platform not in PLATFORMS:
            raise ValueError(f"Unknown platform: {platform}")
        if kind == "comment" and not parent and not root:
            raise ValueError("A comment stands under something: parent or root is missing.")
        with self.together() as db:
            above = self._row_of(parent) if parent else None
            if above and above.kind in ("post", "video"):
                root, parent, above = above.id, None, None
            if above and platform in ("youtube", "instagram", "linkedin"):
                parent = above.thread  # they know one level: whoever answers an answer answers the thread
            root = root or (above.root if above else None)
            under = self._row_of(root) if root and kind != "message" else None
            wall = wall or (above.wall if above else None) or (under.wall if under else None)
            thread = above.thread if above else None
            if kind == "message":  # stands by itself in the conversation that its writer has with our page
                thread = thread or conversation_id(wall or "", author)
                root, parent = thread, None
            if id is None:
                id = new_id(platform, kind, at, wall=wall, root=root, thread=thread, taken=self._is_taken)
            if kind in ("comment", "tweet"):
                thread = thread or id
            if kind == "tweet":
                root = root or id
            visible_at = parse_iso((extra or {}).get("visible_at")) or at
            db.execute(
                f"INSERT INTO entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, '[]', ?, ?, ?)",
                (
                    id, platform, kind, wall, author, parent, thread, root, text, to_micros(at), to_micros(at),
                    json.dumps(dict(extra or {})), None if truth is None else json.dumps(dict(truth)),
                    to_micros(visible_at),
                ),
            )  # fmt: skip
            written = self._row_of(id)
        self._tell("write", written)
        return written

    def edit(self, id: str, text: str, at: datetime | None = None) -> Entry:
        """Change a text and keep the older version. On X the edited tweet gets a new id; the old one still finds it."""
        at = at or self.now()
        with self.together() as db:
            old = self._row_of(id)
            earlier = [*old.earlier, {"id": old.id, "text": old.text, "at": iso(old.updated_at)}]
            new = old.id
            if old.platform == "twitter":
                micros = to_micros(at)
                assert micros is not None
                new = tweet_id(micros, self._is_taken)
                db.execute("INSERT INTO earlier_ids (id, n) SELECT id, n FROM entries WHERE id = ?", (old.id,))
            db.execute(
                "UPDATE entries SET id = ?, text = ?, updated_at = ?, earlier = ? WHERE id = ?",
                (new, text, to_micros(at), json.dumps(earlier), old.id),
            )
            edited = self._row_of(new)
        self._tell("edit", edited)
        return edited

    def delete(self, id: str, at: datetime | None = None) -> Entry:
        """Take an entry off the platform; what hangs under it stays. A second time changes nothing."""
        at = at or self.now()
        with self.together() as db:
            current = self._row_of(id).id
            db.execute(
                "UPDATE entries SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", (to_micros(at), current)
            )
            deleted = self._row_of(current)
        self._tell("delete", deleted)
        return deleted

    def _tell(self, what: str, entry: Entry) -> None:
        for watcher in self.watchers:
            watcher(what, entry)

    def hide(self, id: str, hidden: bool = True) -> Entry:
        """Hide an entry from the public, or show it again."""
        with self.together() as db:
            current = self._row_of(id).id
            db.execute("UPDATE entries SET hidden = ? WHERE id = ?", (hidden, current))
            return self._row_of(current)

    def annotate(self, id: str, **extra: Any) -> Entry:
        """Set platform-only fields of an entry (held for review, likes …); None removes one."""
        with self.together() as db:
            entry = self._row_of(id)
            merged = {key: value for key, value in {**entry.extra, **extra}.items() if value is not None}
            db.execute("UPDATE entries SET extra = ? WHERE id = ?", (json.dumps(merged), entry.id))
            return self._row_of(entry.id)

    # Reading

    def entry(self, id: str) -> Entry | None:
        """Give one entry, deleted or not, by its present id or an earlier one."""
        try:
            return self._row_of(id)
        except UnknownEntry:
            return None

    def entries(
        self,
        platform: str | None = None,
        *,
        order: str = "new",
        limit: int | None = None,
        offset: int = 0,
        **filters: Unpack[Filters],
    ) -> list[Entry]:
        """List what the platform shows now, by time of writing, `order` new or old first.

        Hidden entries are in the list: the API shows them to their owner.
        """
        where, values = _matching(platform, self.now(), filters)
        direction = "DESC" if order == "new" else "ASC"
        rows = self._rows(
            f"SELECT {COLUMNS} FROM entries{where} ORDER BY created_at {direction}, n {direction} LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        )
        return [_entry(row) for row in rows]

    def count(self, platform: str | None = None, **filters: Unpack[Filters]) -> int:
        """Count what `entries` would list."""
        where, values = _matching(platform, self.now(), filters)
        return int(self._rows(f"SELECT count(*) FROM entries{where}", values)[0][0])

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def _row_of(self, id: str) -> Entry:
        rows = self._rows(f"SELECT {COLUMNS} FROM entries WHERE id = ?", (id,)) or self._rows(
            f"SELECT {COLUMNS} FROM entries WHERE n = (SELECT n FROM earlier_ids WHERE id = ?)", (id,)
        )
        if not rows:
            raise UnknownEntry(id)
        return _entry(rows[0])

    def _is_taken(self, id: str) -> bool:
        return bool(
            self._rows("SELECT 1 FROM entries WHERE id = ? UNION SELECT 1 FROM earlier_ids WHERE id = ?", (id, id))
        )


def _matching(platform: str | None, now: datetime, filters: Filters) -> tuple[str, list[Any]]:
    equal = {name: filters.get(name) for name in ("wall", "root", "thread", "author")}
    where, values = _where({"platform": platform, **equal})
    tests = [where.removeprefix(" WHERE ")] if where else []
    tests.append("visible_at <= ?")
    values.append(to_micros(now))
    kind = filters.get("kind")
    if kind is not None:
        kinds = [kind] if isinstance(kind, str) else list(kind)
        tests.append(f"kind IN ({', '.join('?' * len(kinds))})")
        values += kinds
    if "parent" in filters:
        tests.append("parent IS ?")
        values.append(filters["parent"])
    if not filters.get("include_deleted"):
        tests.append("deleted_at IS NULL")
    for moment, test in ((filters.get("since"), "created_at >= ?"), (filters.get("until"), "created_at < ?")):
        if moment is not None:
            tests.append(test)
            values.append(to_micros(moment))
    return " WHERE " + " AND ".join(tests), values


def _where(equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    given = {name: value for name, value in equal.items() if value is not None}
    tests = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {tests}" if tests else ""), list(given.values())


def _account(row: Sequence[Any]) -> Account:
    platform, id, name, handle, ours, extra = row
    return Account(id, platform, name, handle, bool(ours), json.loads(extra))


def _token(row: Sequence[Any]) -> Token:
    token, platform, account, kind, expires_at, revoked, extra = row
    return Token(token, platform, account, kind, from_micros(expires_at), bool(revoked), json.loads(extra))


def _entry(row: Sequence[Any]) -> Entry:
    id, platform, kind, wall, author, parent, thread, root, text, created_at, updated_at, *rest = row
    deleted_at, hidden, earlier, extra, truth, visible_at = rest
    return Entry(
        id=id,
        platform=platform,
        kind=kind,
        wall=wall,
        author=author,
        parent=parent,
        thread=thread,
        root=root,
        text=text,
        created_at=_moment(created_at),
        updated_at=_moment(updated_at),
        deleted_at=from_micros(deleted_at),
        hidden=bool(hidden),
        earlier=tuple(json.loads(earlier)),
        extra=json.loads(extra),
        truth=None if truth is None else json.loads(truth),
        visible_at=_moment(visible_at),
    )


def _moment(micros: int) -> datetime:
    moment = from_micros(micros)
    assert moment is not None
    return moment
