"""A second Graph server with Instagram on it, written apart from the sandbox: does only what it is told to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Context
from connectors.instagram.connector import Instagram
from tests.connectors.facebook.odd import Answer, OddGraph, at, error

ACCOUNT = "17840000000009000"


@dataclass
class OddInstagram(OddGraph):
    """More switches. `refused`: fields that fail the call without being named, ids under which nothing may be read."""

    answers_inside: bool = True  # answers inside comments
    flat: bool = False  # answers beside the comments that they answer
    newest_first: bool = True
    counted: bool = True
    refused: tuple[str, ...] = ()
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def instagram(self, **changes: Any) -> Instagram:
        given = {"external_id": ACCOUNT, "handle": "oss", "token": {"access_token": "EAAodd"}, "base_url": self.url}
        return Instagram(Context(**{**given, **changes}))

    def picture(self, number: int, minutes: float = 0) -> str:
        id = f"1790000000000{number:04}"
        self.rows[id] = {"id": id, "caption": f"Bild {number}", "timestamp": at(minutes), "username": "oss"}
        return id

    def said(self, media: str, number: int, minutes: float, parent: str | None = None, **more: Any) -> str:
        id = f"178000000{number:08}"
        who = {"username": "asa", "from": {"id": "77", "username": "asa"}}
        row = {"id": id, "text": f"Kommentar {number}", "timestamp": at(minutes), **who, **more}
        self.rows[id] = {**row, "media": media, **({"parent_id": parent} if parent else {})}
        return id

    def respond(self, path: str, args: dict[str, str]) -> Answer:
        fields = args.get("fields", "")
        for name in self.unknown:
            if re.search(rf"\b{name}\b", fields):
                return error(f"(#100) Tried accessing nonexistent field ({name}) on node type (IGComment)", 100)
        owner, _, edge = path.partition("/")
        if any(re.search(rf"\b{name}\b", fields) for name in self.refused) or owner in self.refused:
            return error("(#10) Application does not have permission for this action", 10)
        if not path:
            return self.by_ids(args["ids"].split(","), args)
        if edge in ("media", "comments", "replies"):
            return 200, {}, self.page(path, self.listed_under(owner, edge, fields), args)
        if owner == ACCOUNT:
            return 200, {}, {"id": ACCOUNT, "username": "oss", "name": "Exempelby kommun"}
        return (200, {}, self.seen(self.rows[owner], fields)) if owner in self.rows else self.gone(owner)

    def node(self, id: str) -> Any:
        return self.rows.get(id)

    def by_ids(self, ids: list[str], args: dict[str, str]) -> Answer:
        missing = [id for id in ids if id not in self.rows]
        if missing:
            return self.gone(missing[0])
        if set(ids) & set(self.refused):
            return error("(#10) Application does not have permission for this action", 10)
        return 200, {}, {id: self.seen(self.rows[id], args.get("fields", "")) for id in ids}

    def listed_under(self, owner: str, edge: str, fields: str) -> list[dict[str, Any]]:
        if edge == "media":
            rows = [row for row in self.rows.values() if "media" not in row]
        elif edge == "comments":
            rows = [row for row in self.rows.values() if row.get("media") == owner]
            rows = rows if self.flat else [row for row in rows if "parent_id" not in row]
        else:
            rows = [row for row in self.rows.values() if row.get("parent_id") == owner]
        rows = sorted(rows, key=lambda row: row["timestamp"], reverse=self.newest_first or edge == "media")
        return [self.seen(row, fields) for row in rows]

    def seen(self, row: dict[str, Any], fields: str) -> dict[str, Any]:
        shown = {name: value for name, value in row.items() if name not in (*self.without, "media")}
        below = [one for one in self.rows.values() if one.get("parent_id") == row["id"]]
        if "media" in row:
            if "media{" in fields:
                shown["media"] = {"id": row["media"]}
            inside = re.search(r"replies\.limit\((\d+)\)", fields)
            if inside and self.answers_inside and below and not self.flat:
                shown["replies"] = self.inner(row["id"], "replies", int(inside[1]))
            return shown
        if self.counted:
            shown["comments_count"] = sum(1 for one in self.rows.values() if one.get("media") == row["id"])
        inside = re.search(r"comments\.limit\((\d+)\)", fields)
        if inside and self.expands:
            shown["comments"] = self.inner(row["id"], "comments", int(inside[1]))
        return shown

    def inner(self, owner: str, edge: str, limit: int) -> dict[str, Any]:
        fields = "replies.limit(5)" if edge == "comments" else ""
        rows = self.listed_under(owner, edge, fields)
        return self.page(f"{owner}/{edge}", rows, {"limit": str(limit), "fields": fields})
