"""What a platform brings to the contract suite: one of our accounts, a citizen, something of ours to write under."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from connectors.base import Author, Connector, Context, ItemKind, Target
from connectors.registry import connector_class
from sandbox.entries import Entry
from tests.sandbox_server import RunningSandbox


class Stage(ABC):
    """One platform of the sandbox, made ready. A platform's tests subclass it and fill in what differs."""

    platform: ClassVar[str]
    surface: ClassVar[str]  # where what the citizen writes to us shows up first
    page_size: ClassVar[int]  # how many items a page of that surface holds at most
    too_long: ClassVar[str] = "å" * 10_000

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Make our account with its token, the citizen, and a post, video or tweet of ours."""

    @abstractmethod
    def context(self, **changes: Any) -> Context:
        """Give the Context for our account; `changes` replace its fields (base_url, token …)."""

    @abstractmethod
    def citizen_writes(self, text: str, *, at: datetime | None = None, visible_at: datetime | None = None) -> Entry:
        """Let the citizen write to us at top level; `visible_at` keeps it from the API until then.

        Where writing to us takes a name (X), it is put before the text.
        """

    def citizen_answers_our_post(self, text: str) -> Entry:
        """Let the citizen write under our post: what we may hide."""
        return self.citizen_writes(text)

    @abstractmethod
    def answer(self, entry: Entry, text: str, *, by_us: bool = False) -> Entry:
        """Let another citizen answer what was written, or us, natively in the platform's app."""

    @abstractmethod
    def spoil(self, entry: Entry) -> None:
        """Make one record one that nobody can read (no usable id or time, say)."""

    def our_entries(self, text: str) -> list[Entry]:
        """List what stands on the platform in our name with that text."""
        ours = self.world.entries(self.platform, author=self.our_id, order="old")
        return [entry for entry in ours if entry.text == text]

    def show(self, entry: Entry) -> None:
        """Let the world's clock run on until the platform shows an entry that was kept back."""
        self.world.now = lambda: entry.visible_at

    @property
    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never show in a message."""

    @property
    @abstractmethod
    def our_id(self) -> str: ...

    def connector(self, **changes: Any) -> Connector:
        return connector_class(self.platform)(self.context(**changes))

    def revoke(self) -> None:
        """Let a person at the platform withdraw every token of ours."""
        for token in self.world.tokens(self.platform):
            self.world.revoke(token.token)

    def target(self, entry: Entry) -> Target:
        account = self.world.account(entry.author, self.platform)
        author = Author(account.id, account.name, account.handle) if account else None
        from_us = entry.author == self.our_id
        return Target(
            entry.id, entry.thread or entry.id, post=entry.root, author=author, kind=ItemKind.COMMENT, from_us=from_us
        )

    # Faults and the wire

    def fault(self, kind: str, *, method: str | None = None, path: str | None = None, times: int | None = None) -> None:
        """Switch a fault on; `path` is a regular expression."""
        self.sandbox.faults.add(self.platform, kind, method=method, path=path, times=times)

    def mend(self) -> None:
        """Switch all faults off and let go what is held."""
        self.sandbox.faults.remove()
        self.sandbox.faults.release()

    def wire(self) -> list[dict[str, Any]]:
        """List the requests the platform saw since `forget_wire`."""
        return [dict(line) for line in self.sandbox.requests if line["platform"] == self.platform]

    def writes(self) -> list[dict[str, Any]]:
        """List those of them that write, token refreshes left out."""
        return [line for line in self.wire() if line["method"] != "GET" and not line["path"].endswith("token")]

    def forget_wire(self) -> None:
        self.sandbox.app.config["REQUESTS"].clear()
