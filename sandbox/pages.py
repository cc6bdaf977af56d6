"""The pages for people: the pretend platforms as citizens see them, with forms that need no JavaScript."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox import feed
from sandbox.citizens.stage import SHARES
from sandbox.control import break_storm, faults, world
from sandbox.entries import PLATFORMS, Account, Entry
from sandbox.faults import SPOKEN, WIRE
from sandbox.world import UnknownEntry

blueprint = Blueprint("pages", __name__)

ANY = f"<any({', '.join(PLATFORMS)}):platform>"
NAMES = {
    "twitter": "X (Twitter)",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
}
WORDS = {
    "twitter": {"post": "tweet", "write": "Skriv en tweet till kommunen", "answer": "Svara"},
    "facebook": {"post": "inlägg", "write": "Skriv på kommunens sida", "answer": "Kommentera"},
    "instagram": {"post": "bild", "write": "", "answer": "Kommentera"},
    "linkedin": {"post": "inlägg", "write": "", "answer": "Kommentera"},
    "youtube": {"post": "film", "write": "", "answer": "Kommentera"},
}
FAULTS = {
    "drop_before": "Anslutningen bryts innan något har hänt",
    "drop_after": "Det utförs, men anslutningen bryts före svaret",
    "hold_before": "Begäran hålls kvar innan något har hänt",
    "hold_after": "Det utförs, men svaret hålls kvar",
    "html_502": "502 med HTML, inget har hänt",
    "html_502_after": "502 med HTML, men det är utfört",
    "empty_200": "200 med HTML, inget har hänt",
    "empty_200_after": "200 med HTML, men det är utfört",
    "rate_limit": "För många anrop",
    "quota": "Dygnets kvot är slut",
    "credits": "Krediterna är slut",
    "usage_cap": "Månadens tak är nått",
    "token_expired": "Nyckeln har gått ut",
    "token_revoked": "Nyckeln är återkallad",
    "repeat_page": "Samma sida kommer om och om igen",
    "empty_page": "En sida är tom fast mer finns",
    "missing_next": "Adressen till nästa sida saknas",
    "server_error": "Plattformens eget fel",
}
ONLY_ON = {"credits": ("twitter",), "usage_cap": ("twitter",), "quota": ("linkedin", "youtube")}
SOMEBODY = "Kim Bergdahl"
HANDLE = re.compile(r"(?<!\w)@(\w{1,15})", re.ASCII)
LONGEST_NAME, LONGEST_TITLE, LONGEST_TEXT = 80, 90, 10_000


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    return {"names": NAMES, "words": WORDS, "local": feed.local, "platforms": _shown(), "who": _who()}


@blueprint.after_request
def _own_sources_only(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'; form-action 'self'"
    return response


@blueprint.errorhandler(UnknownEntry)
def _gone(error: UnknownEntry) -> tuple[str, int]:
    return render_template("sandbox/missing.html"), 404


@blueprint.get("/")
def index() -> str:
    """Show the pretend platforms and what is wrong with them at the moment."""
    counts = {name: world().count(name) for name in _shown()}
    ours = {name: world().accounts(name, ours=True) for name in _shown()}
    return render_template("sandbox/index.html", counts=counts, ours=ours, faults=_fault_rows(), held=faults().held())


@blueprint.get(f"/{ANY}/")
def platform(platform: str) -> str:
    """Show one platform: the latest active posts first."""
    wall = request.args.get("konto")
    ours = world().accounts(platform, ours=True)
    return render_template(
        "sandbox/platform.html",
        platform=platform,
        ours=ours,
        wall=wall,
        stories=feed.latest_stories(world(), platform, wall=wall),
        faults=[row for row in _fault_rows() if row["platform"] == platform],
        held=[one for one in faults().held() if one["platform"] == platform],
        kinds=_kinds(platform),
        is_stormy=platform in SHARES,
    )


@blueprint.get(f"/{ANY}/tråd/<path:id>")
def thread(platform: str, id: str) -> str:
    """Show one post with everything under it."""
    entry = _entry(platform, id)
    top = _entry(platform, entry.root) if entry.root else entry
    return render_template("sandbox/thread.html", platform=platform, story=feed.story(world(), top))


@blueprint.get(f"/{ANY}/svara/<path:id>")
def entry(platform: str, id: str) -> str:
    """Show one entry with the forms to answer, edit and delete it."""
    found = _entry(platform, id)
    author = world().account(found.author, platform) or Account(found.author, platform, "Borttaget konto")
    return render_template(
        "sandbox/entry.html",
        platform=platform,
        node=feed.Node(found, author),
        ours=world().accounts(platform, ours=True),
        chosen=_account_concerned(found),
    )


@blueprint.post(f"/{ANY}/namn")
def choose_name(platform: str) -> AnyResponse:
    """Remember as whom the next things are written."""
    answer = make_response(redirect(url_for("pages.platform", platform=platform), 303))
    name = request.form.get("namn", "").strip()[:LONGEST_NAME]
    answer.set_cookie("namn", quote(name or SOMEBODY), samesite="Lax", httponly=True)
    return answer


@blueprint.post(f"/{ANY}/skriv")
def write(platform: str) -> AnyResponse:
    """Write as a citizen, or as the municipality from the platform's own app (`konto`)."""
    text = _text()
    parent, root, wall = (request.form.get(name) or None for name in ("parent", "root", "wall"))
    for id in filter(None, (parent, root)):
        _entry(platform, id)
    account = request.form.get("konto")
    author = _ours(platform, account).id if account else _citizen(platform, _who())
    is_top = parent is None and root is None
    if is_top and platform in ("instagram", "linkedin", "youtube") and not account:
        abort(400)  # nobody but its owner publishes there
    extra: dict[str, Any] = {"native": True} if account else {}
    if is_top and platform == "youtube":
        extra["title"] = text[:LONGEST_TITLE]
    written = world().write(
        platform,
        _kind(platform, is_top=is_top),
        author,
        _addressed(platform, text, parent or root, author),
        parent=parent or (root if platform == "twitter" else None),
        root=root,
        wall=_ours(platform, account or wall or "").id if is_top and platform != "twitter" else None,
        extra=extra,
    )
    return _to(written)


@blueprint.post(f"/{ANY}/ändra/<path:id>")
def edit(platform: str, id: str) -> AnyResponse:
    """Change an entry, as its author would."""
    return _to(world().edit(_entry(platform, id).id, _text()))


@blueprint.post(f"/{ANY}/radera/<path:id>")
def delete(platform: str, id: str) -> AnyResponse:
    """Delete an entry, as its author would."""
    gone = world().delete(_entry(platform, id).id)
    if gone.root in (None, gone.id):
        return redirect(url_for("pages.platform", platform=platform), 303)
    return _to(gone)


@blueprint.post(f"/{ANY}/störning")
def add_fault(platform: str) -> AnyResponse:
    """Switch a fault on."""
    kind, times = request.form.get("kind", ""), request.form.get("times", "")
    if kind not in _kinds(platform) or (times and not times.isdecimal()) or times == "0":
        abort(400)
    faults().add(platform, kind, method=request.form.get("method") or None, times=int(times) if times else None)
    return redirect(url_for("pages.platform", platform=platform, _anchor="störningar"), 303)


@blueprint.post("/störning/av")
def remove_fault() -> AnyResponse:
    """Switch one fault off, or all."""
    id = request.form.get("id", type=int)
    faults().remove(id)
    return _back()


@blueprint.post("/störning/släpp")
def release() -> AnyResponse:
    """Let everything go that is held."""
    faults().release(request.form.get("id", type=int))
    return _back()


@blueprint.post(f"/{ANY}/storm")
def storm(platform: str) -> AnyResponse:
    """Let a storm break over one platform."""
    count = request.form.get("count", default=2000, type=int)
    at_once = request.form.get("när") == "nyss"
    if not 1 <= count <= 10_000 or platform not in SHARES:
        abort(400)
    break_storm(platform, count=count, minutes=60, at_once=at_once)
    return redirect(url_for("pages.platform", platform=platform), 303)


def _shown() -> list[str]:
    """List the platforms on which we have an account; all as long as we have none."""
    return [name for name in NAMES if world().accounts(name, ours=True)] or list(NAMES)


def _entry(platform: str, id: str) -> Entry:
    found = world().entry(id)
    if found is None or found.platform != platform:
        raise UnknownEntry(id)
    return found


def _text() -> str:
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST_TEXT:
        abort(400)
    return text


def _who() -> str:
    return unquote(request.cookies.get("namn", "")) or SOMEBODY


def _citizen(platform: str, name: str) -> str:
    """Give the account of that name, a new one if nobody has it."""
    for account in world().accounts(platform, ours=False):
        if account.name == name:
            return account.id
    digest = hashlib.sha256(f"{platform}/{name}".encode()).hexdigest()
    number = str(int(digest[:14], 16))
    id = {"youtube": f"UC{digest[:22]}", "linkedin": f"urn:li:person:{digest[:10]}"}.get(platform, number.zfill(16))
    handle = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:11] + number[:4]
    world().add_account(platform, name, id=id, handle="" if platform in ("facebook", "linkedin") else handle)
    return id


def _ours(platform: str, id: str) -> Account:
    account = world().account(id, platform)
    if account is None or not account.ours:
        abort(400)
    return account


def _kind(platform: str, *, is_top: bool) -> str:
    if platform == "twitter":
        return "tweet"
    return ("video" if platform == "youtube" else "post") if is_top else "comment"


def _addressed(platform: str, text: str, above: str | None, author: str) -> str:
    """Put before a tweet the names of whom it answers, as X does: who wrote, then whom that tweet names."""
    if platform != "twitter" or above is None:
        return text
    answered = _entry(platform, above)
    wrote, writes = world().account(answered.author, platform), world().account(author, platform)
    names = [wrote.handle if wrote else "", *HANDLE.findall(answered.text)]
    there = {name.lower() for name in HANDLE.findall(text)} | {writes.handle.lower() if writes else "", ""}
    return " ".join([*(f"@{name}" for name in dict.fromkeys(names) if name.lower() not in there), text])


def _account_concerned(entry: Entry) -> str | None:
    """Guess as which of our accounts one would answer."""
    ours = {account.id: account for account in world().accounts(entry.platform, ours=True)}
    top = world().entry(entry.root) if entry.root else None
    for id in (entry.wall, entry.author, top.author if top else None):
        if id in ours:
            return id
    return next((id for id, account in ours.items() if f"@{account.handle}" in entry.text), None)


def _kinds(platform: str) -> Mapping[str, str]:
    known = (*WIRE, *SPOKEN)
    return {kind: FAULTS[kind] for kind in known if platform in ONLY_ON.get(kind, (platform,))}


def _fault_rows() -> list[dict[str, Any]]:
    return [{**fault, "label": FAULTS[fault["kind"]]} for fault in faults().listed()]


def _to(entry: Entry) -> AnyResponse:
    where = url_for("pages.thread", platform=entry.platform, id=entry.root or entry.id)
    return redirect(f"{where}#e-{entry.id}", 303)


def _back() -> AnyResponse:
    platform = request.form.get("platform", "")
    if platform in NAMES:
        return redirect(url_for("pages.platform", platform=platform, _anchor="störningar"), 303)
    return redirect(url_for("pages.index"), 303)
