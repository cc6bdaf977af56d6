"""A second Graph server, written apart from the sandbox: does only what it is told to, and much of it differently."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from connectors.base import Context
from connectors.facebook.connector import Facebook

PAGE = "9000"
Answer = tuple[int, dict[str, str], Any]
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S+0000")


@dataclass
class OddGraph:
    """Switches say what it can do. `answer`, if set, answers instead of it: (path, args) → answer or None."""

    expands: bool = True  # edges inside nodes
    reads_lists: bool = True  # ?ids=
    orders: bool = True  # order=reverse_chronological
    streams: bool = True  # filter=stream
    counts: bool = True  # summary
    most: int = 100  # rows on a page
    bytes_at_once: int = 10**9  # beyond: "reduce the amount of data"
    next_host: str = ""
    unknown: tuple[str, ...] = ()  # fields that it refuses
    without: tuple[str, ...] = ()  # fields that it leaves out
    answer: Callable[[str, dict[str, str]], Answer | None] | None = None
    posts: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        graph = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes; the second would wait 40 ms

            def do_GET(self) -> None:
                graph.serve(self)

            do_POST = do_DELETE = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def connector(self, **token: str) -> Facebook:
        given = {"access_token": "EAAodd", **token}
        return Facebook(Context(external_id=PAGE, handle="", token=given, base_url=self.url))

    # What is there

    def post(self, number: int, minutes: float = 0, **more: Any) -> str:
        id = f"{PAGE}_{number}"
        self.posts.append(
            {"id": id, "message": f"Inlägg {number}", "created_time": at(minutes), "from": {"id": PAGE}, **more}
        )
        return id

    def comment(self, post: str, number: int, minutes: float, parent: str | None = None, **more: Any) -> str:
        id = f"{post.split('_')[1]}_{number}"
        row = {
            "id": id,
            "message": f"Kommentar {number}",
            "created_time": at(minutes),
            "from": {"id": "77", "name": "Åsa"},
        }
        above = {"parent": {"id": parent}} if parent else {}
        self.comments[id] = {**row, **above, **more, "post": post}
        return id

    def under(self, owner: str) -> list[dict[str, Any]]:
        if owner in self.comments:
            return [one for one in self.comments.values() if one.get("parent", {}).get("id") == owner]
        rows = [one for one in self.comments.values() if one["post"] == owner]
        return rows if self.streams else [one for one in rows if "parent" not in one]

    # How it answers

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(handler.rfile.read(length).decode())) if length else {}
        self.log.append(f"{handler.command} {handler.path}")
        parts = urlsplit(handler.path)
        args = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()} | form
        path = parts.path.split("/", 2)[2]
        told = self.answer(path, args) if self.answer else None
        status, headers, body = told or self.respond(path, args)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if len(content) > self.bytes_at_once:
            words = "Please reduce the amount of data you're asking for, then retry your request"
            status, content = 500, json.dumps({"error": {"code": 1, "message": words}}).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(content))}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def respond(self, path: str, args: dict[str, str]) -> Answer:
        refused = [name for name in self.unknown if re.search(rf"\b{name}\b", args.get("fields", ""))]
        if refused:
            return error(f"(#100) Tried accessing nonexistent field ({refused[0]}) on node type (Comment)", 100)
        if not path:
            return self.by_ids(args["ids"].split(","), args)
        owner, _, edge = path.partition("/")
        if edge in ("feed", "visitor_posts"):
            newest = sorted(self.posts, key=lambda post: post["created_time"], reverse=True)
            rows = newest if edge == "feed" else [post for post in newest if post["from"]["id"] != PAGE]
            return 200, {}, self.page(path, [self.shown(post, args) for post in rows], args)
        if edge == "comments":
            return 200, {}, self.listed(owner, args)
        found = self.node(owner)
        return (200, {}, self.shown(found, args)) if found else self.gone(owner)

    def by_ids(self, ids: list[str], args: dict[str, str]) -> Answer:
        if not self.reads_lists:
            return error("(#100) The parameter ids is not supported", 100)
        missing = [id for id in ids if not self.node(id)]
        return self.gone(missing[0]) if missing else (200, {}, {id: self.shown(self.node(id), args) for id in ids})

    def gone(self, id: str) -> Answer:
        return error(f"Unsupported get request. Object with ID '{id}' does not exist", 100, 33)

    def node(self, id: str) -> Any:
        return self.comments.get(id) or next((post for post in self.posts if post["id"] == id), None)

    def shown(self, row: dict[str, Any], args: dict[str, str]) -> dict[str, Any]:
        shown = {name: value for name, value in row.items() if name != "post" and name not in self.without}
        if "post" in row:
            answers = sum(1 for one in self.comments.values() if one.get("parent", {}).get("id") == row["id"])
            return shown | ({"comment_count": answers} if "comment_count" not in self.without else {})
        inside = re.search(r"comments\.limit\((\d+)\)", args.get("fields", ""))
        if self.expands and inside:
            inner = {**args, "limit": inside[1], "summary": "true", "order": "reverse_chronological", "fields": "id"}
            shown["comments"] = self.listed(row["id"], inner)
        return shown

    def listed(self, owner: str, args: dict[str, str]) -> dict[str, Any]:
        down = self.orders and args.get("order") == "reverse_chronological"
        rows = sorted(self.under(owner), key=lambda one: one["created_time"], reverse=down)
        page = self.page(f"{owner}/comments", [self.shown(row, {}) for row in rows], args)
        if self.counts and args.get("summary"):
            page["summary"] = {"total_count": len(rows)}
        return page

    def page(self, path: str, rows: list[Any], args: dict[str, str]) -> dict[str, Any]:
        limit, start = min(int(args.get("limit", 25)), self.most), int(args.get("__paging_token", 0))
        page: dict[str, Any] = {"data": rows[start : start + limit]}
        if start + limit < len(rows):
            kept = {name: value for name, value in args.items() if name not in ("ids", "since", "__paging_token")}
            query = urlencode({**kept, "__paging_token": start + limit})
            page["paging"] = {"next": f"{self.next_host or self.url}/v26.0/{path}?{query}&since"}
        return page


def error(message: str, code: int, subcode: int | None = None, status: int = 400) -> Answer:
    return status, {}, {"error": {"message": message, "code": code, **({"error_subcode": subcode} if subcode else {})}}
