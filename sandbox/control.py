"""The control API under /_sandbox/: how tests, the demo and people's tools write, look and switch faults."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.citizens.stage import SHARES
from sandbox.citizens.storm import rage, write_at_once
from sandbox.entries import Account, Entry, Token, iso, parse_iso
from sandbox.faults import Faults
from sandbox.world import UnknownEntry, World

blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

WRITABLE = ("wall", "parent", "root", "id", "extra", "truth")


def world() -> World:
    """Give the world of the application that answers."""
    found: World = current_app.config["WORLD"]
    return found


def faults() -> Faults:
    """Give the faults of the application that answers."""
    found: Faults = current_app.config["FAULTS"]
    return found


@blueprint.errorhandler(UnknownEntry)
def _unknown(error: UnknownEntry) -> tuple[Response, int]:
    return jsonify(error=f"no such entry: {error}"), 404


@blueprint.errorhandler(KeyError)
@blueprint.errorhandler(ValueError)
@blueprint.errorhandler(TypeError)
def _unusable(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


@blueprint.post("/write")
def write() -> Response:
    """Write an entry: `platform`, `kind`, `author`, `text` and what `World.write` takes besides."""
    given = _given()
    more = {name: given[name] for name in WRITABLE if name in given}
    entry = world().write(
        given["platform"], given["kind"], given["author"], given["text"], at=parse_iso(given.get("at")), **more
    )
    return jsonify(entry_json(entry))


@blueprint.post("/edit")
def edit() -> Response:
    """Change the text of an entry: `id`, `text`, perhaps `at`."""
    given = _given()
    return jsonify(entry_json(world().edit(given["id"], given["text"], parse_iso(given.get("at")))))


@blueprint.post("/delete")
def delete() -> Response:
    """Delete an entry: `id`, perhaps `at`."""
    given = _given()
    return jsonify(entry_json(world().delete(given["id"], parse_iso(given.get("at")))))


@blueprint.post("/hide")
def hide() -> Response:
    """Hide an entry, or show it again: `id`, perhaps `hidden`."""
    given = _given()
    return jsonify(entry_json(world().hide(given["id"], bool(given.get("hidden", True)))))


@blueprint.get("/entries")
def entries() -> Response:
    """List entries, newest first: `platform`, `author`, `wall`, `root`, `thread`, `kind`, `deleted=1`, `limit`."""
    args = request.args
    found = world().entries(
        args.get("platform"),
        kind=args.get("kind"),
        wall=args.get("wall"),
        root=args.get("root"),
        thread=args.get("thread"),
        author=args.get("author"),
        since=parse_iso(args.get("since")),
        include_deleted=args.get("deleted") == "1",
        order=args.get("order", "new"),
        limit=args.get("limit", type=int),
    )
    return jsonify([entry_json(entry) for entry in found])


@blueprint.get("/entries/<path:id>")
def entry(id: str) -> Response:
    """Give one entry, deleted or not."""
    found = world().entry(id)
    if found is None:
        raise UnknownEntry(id)
    return jsonify(entry_json(found))


@blueprint.get("/accounts")
def accounts() -> Response:
    """List accounts: `platform`, `ours=1`."""
    ours = {"1": True, "0": False}.get(request.args.get("ours", ""))
    return jsonify([account_json(account) for account in world().accounts(request.args.get("platform"), ours)])


@blueprint.post("/accounts")
def add_account() -> Response:
    """Add an account: `platform`, `id`, `name`, perhaps `handle`, `ours`, `extra`."""
    given = _given()
    return jsonify(
        account_json(
            world().add_account(
                given["platform"],
                given["name"],
                id=given["id"],
                handle=given.get("handle", ""),
                ours=bool(given.get("ours")),
                extra=given.get("extra"),
            )
        )
    )


@blueprint.get("/tokens")
def tokens() -> Response:
    """List tokens: `platform`, `account`."""
    return jsonify([token_json(t) for t in world().tokens(request.args.get("platform"), request.args.get("account"))])


@blueprint.post("/tokens")
def issue() -> Response:
    """Issue a token: `platform`, `account`, perhaps `kind`, `token`, `expires_at`, `extra`."""
    given = _given()
    return jsonify(
        token_json(
            world().issue_token(
                given["platform"],
                given["account"],
                given.get("kind", "access"),
                token=given.get("token"),
                expires_at=parse_iso(given.get("expires_at")),
                extra=given.get("extra"),
            )
        )
    )


@blueprint.post("/revoke")
def revoke() -> Response:
    """Revoke one `token`, or every token of a `platform` (and `account`)."""
    given = _given()
    doomed = [given["token"]] if "token" in given else []
    if not doomed:
        doomed = [t.token for t in world().tokens(given["platform"], given.get("account"))]
    return jsonify(revoked=sum(world().revoke(token) for token in doomed))


@blueprint.post("/reset")
def reset() -> Response:
    """Forget everything: entries, accounts, tokens, faults, the log; let go what is held."""
    world().reset()
    faults().remove()
    faults().release()
    current_app.config["REQUESTS"].clear()
    return jsonify(ok=True)


@blueprint.get("/faults")
def list_faults() -> Response:
    """List the faults that are on."""
    return jsonify(faults().listed())


@blueprint.post("/faults")
def add_fault() -> Response:
    """Switch a fault on: `platform`, `kind`, perhaps `method`, `path` (a regular expression), `times`."""
    given = _given()
    id = faults().add(
        given["platform"],
        given["kind"],
        method=given.get("method"),
        path=given.get("path"),
        times=given.get("times"),
    )
    return jsonify(id=id)


@blueprint.delete("/faults", defaults={"id": None})
@blueprint.delete("/faults/<int:id>")
def remove_fault(id: int | None) -> Response:
    """Switch one fault off, or all."""
    faults().remove(id)
    return jsonify(ok=True)


@blueprint.get("/held")
def held() -> Response:
    """List the requests that wait to be let go."""
    return jsonify(faults().held())


@blueprint.post("/release")
def release() -> Response:
    """Let one held request go (`id`), or all."""
    return jsonify(released=faults().release(_given().get("id")))


@blueprint.post("/storm")
def storm() -> Response:
    """Let a storm break: `platform`, perhaps `count` (2,000), `minutes` (60), `at_once` (it is just over)."""
    given = _given()
    post = break_storm(
        given["platform"],
        count=int(given.get("count", 2000)),
        minutes=float(given.get("minutes", 60)),
        at_once=bool(given.get("at_once")),
    )
    return jsonify(entry_json(post))


def break_storm(platform: str, *, count: int, minutes: float, at_once: bool) -> Entry:
    """Write a storm, now or over the coming minutes; give the post that it comes under."""
    if platform not in SHARES or count < 1 or minutes <= 0:
        raise ValueError("a known platform, a count and minutes above zero are needed")
    lasts = timedelta(minutes=minutes)
    if at_once:
        return write_at_once(world(), platform, count, lasts, seed=world().count())
    post, thread = rage(world(), platform, count, lasts, current_app.config["ENDED"])
    current_app.config["STORMS"].append(thread)
    return post


@blueprint.post("/webhooks")
def webhooks() -> Response:
    """Push what happens to an address: `url`, to which each platform's name and a slash are added. Empty ends it."""
    current_app.config["PUSHER"].point_at(str(_given().get("url", "")))
    return jsonify(ok=True)


@blueprint.get("/webhooks")
def pushed() -> Response:
    """List how the deliveries were answered, oldest first: platform and status, 0 without an answer."""
    return jsonify(current_app.config["PUSHER"].answers)


@blueprint.get("/requests")
def requests() -> Response:
    """List what the platforms were asked, oldest first: `platform`."""
    platform = request.args.get("platform")
    return jsonify([line for line in current_app.config["REQUESTS"] if platform in (None, line["platform"])])


@blueprint.delete("/requests")
def forget_requests() -> Response:
    """Empty the log of requests."""
    current_app.config["REQUESTS"].clear()
    return jsonify(ok=True)


def entry_json(entry: Entry) -> dict[str, Any]:
    """Write an entry as JSON, times as ISO."""
    return {
        "id": entry.id,
        "platform": entry.platform,
        "kind": entry.kind,
        "wall": entry.wall,
        "author": entry.author,
        "parent": entry.parent,
        "thread": entry.thread,
        "root": entry.root,
        "text": entry.text,
        "created_at": iso(entry.created_at),
        "updated_at": iso(entry.updated_at),
        "deleted_at": iso(entry.deleted_at),
        "visible_at": iso(entry.visible_at),
        "hidden": entry.hidden,
        "earlier": list(entry.earlier),
        "extra": entry.extra,
        "truth": entry.truth,
    }


def account_json(account: Account) -> dict[str, Any]:
    """Write an account as JSON."""
    return {
        "id": account.id,
        "platform": account.platform,
        "name": account.name,
        "handle": account.handle,
        "ours": account.ours,
        "extra": account.extra,
    }


def token_json(token: Token) -> dict[str, Any]:
    """Write a token as JSON."""
    return {
        "token": token.token,
        "platform": token.platform,
        "account": token.account,
        "kind": token.kind,
        "expires_at": iso(token.expires_at),
        "revoked": token.revoked,
        "extra": token.extra,
    }


def _given() -> dict[str, Any]:
    given = request.get_json(silent=True)
    if given is None and not request.data:
        return {}
    if not isinstance(given, dict):
        raise ValueError("a JSON object is expected")
    return given
