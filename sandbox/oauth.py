"""Where a person lets an application in to one of the pretend platforms' accounts: the page that asks, and the codes.

Each platform at its own address: X and Google with their authorise pages, Facebook's dialog, LinkedIn's authorization.
A code lives 30 seconds and works once. The platforms know one application, `APP_ID` with `APP_SECRET`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox import facebook, instagram, linkedin, youtube
from sandbox.control import world
from sandbox.entries import Account, Token
from sandbox.twitter import issue_oauth2
from sandbox.twitter.keys import ACCESS_LIFETIME as X_LIFETIME
from sandbox.twitter.keys import SCOPES as X_SCOPES

blueprint = Blueprint("oauth", __name__)

APP_ID, APP_SECRET = "7331050010", "the-sandbox-own-app"  # nothing that they open is outside this machine
CODE_LIFETIME = timedelta(seconds=30)
USER_LIFETIME = {"short": timedelta(hours=2), "long": timedelta(days=60)}
NAMES = {"twitter": "X (Twitter)", "facebook": "Facebook", "youtube": "YouTube", "linkedin": "LinkedIn"}
SOMEBODY = "100000731050010"  # the person who logs in to Facebook; pages are the person's, not the person

DIALOGS = {
    "/i/oauth2/authorize": "twitter",
    "/v<int:major>.<int:minor>/dialog/oauth": "facebook",
    "/o/oauth2/v2/auth": "youtube",
    "/oauth/v2/authorization": "linkedin",
}


def apps() -> dict[str, dict[str, str]]:
    """Give the application that each platform knows, as the register's pages need it."""
    return {name: {"id": APP_ID, "secret": APP_SECRET} for name in (*NAMES, "instagram")}


def _dialog(platform: str) -> Callable[..., AnyResponse | tuple[str, int] | str]:
    def asked(**_version: int) -> AnyResponse | tuple[str, int] | str:
        problem = _problem(platform)
        if problem:
            return render_template("sandbox/oauth_problem.html", name=NAMES[platform], problem=problem), 400
        return _answered(platform) if request.method == "POST" else _ask(platform)

    return asked


for _address, _platform in DIALOGS.items():
    blueprint.add_url_rule(_address, f"dialog_{_platform}", _dialog(_platform), methods=["GET", "POST"])


@blueprint.after_request
def _lead_back(response: Response) -> Response:
    """The form's answer leads to the application, which the browser allows only if the page said so."""
    if response.mimetype == "text/html" or 300 <= response.status_code < 400:
        to = urlsplit(request.args.get("redirect_uri", ""))
        back = f" {to.scheme}://{to.netloc}" if to.scheme in ("http", "https") and to.netloc else ""
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; frame-ancestors 'none'; form-action 'self'{back}"
        )
    return response


def _problem(platform: str) -> str:
    """Say what is wrong with the way the application asks, as the platform would before asking anybody."""
    args = request.args
    if args.get("client_id") != APP_ID:
        return "Appen är okänd."
    if args.get("response_type", "code") != "code" or urlsplit(args.get("redirect_uri", "")).scheme not in (
        "http",
        "https",
    ):
        return "Adressen att komma tillbaka till saknas eller duger inte."
    if platform == "twitter" and (args.get("code_challenge_method") != "S256" or not args.get("code_challenge")):
        return "X kräver PKCE."
    return "" if args.get("state") else "Parametern state saknas."


def _ask(platform: str) -> str:
    """Ask the person. On Facebook the person comes with all pages; elsewhere an account is chosen."""
    ours = [] if platform == "facebook" else world().accounts(platform, ours=True)
    scopes = request.args.get("scope", "").replace(",", " ").split()
    return render_template("sandbox/oauth.html", name=NAMES[platform], accounts=ours, scopes=scopes)


def _answered(platform: str) -> AnyResponse:
    state = {"state": request.args["state"]}
    if request.form.get("svar") != "ja":
        return _back(error="access_denied", **state)
    account = SOMEBODY if platform == "facebook" else request.form.get("konto", "")
    if platform == "facebook" and world().account(SOMEBODY, platform) is None:
        world().add_account(platform, "Den som sköter sidorna", id=SOMEBODY)
    if platform != "facebook" and not _is_ours(platform, account):
        return _back(error="access_denied", **state)
    args = request.args
    asked = {name: args.get(name, "") for name in ("redirect_uri", "scope", "code_challenge")}
    code = world().issue_token(platform, account, "code", expires_at=world().now() + CODE_LIFETIME, extra=asked)
    return _back(code=code.token, **state)


def _is_ours(platform: str, id: str) -> bool:
    account = world().account(id, platform)
    return account is not None and account.ours


def _back(**more: str) -> AnyResponse:
    to = urlsplit(request.args["redirect_uri"])
    query = urlencode([*parse_qsl(to.query), *more.items()])
    return redirect(urlunsplit(to._replace(query=query)), 303)


# Codes for tokens


@blueprint.before_app_request
def code_for_tokens() -> Response | None:
    """Answer a platform's token address where a code is brought; refreshing is the platform's own."""
    exchange = EXCHANGES.get(request.path)
    if exchange is None or request.method != "POST" or request.form.get("grant_type") != "authorization_code":
        return None
    return exchange()


def _used(platform: str, secret: str | None) -> Token | None:
    """Take a code: once, in time, by the application it was given to, from where it was sent."""
    with world().together():
        code = world().token(request.form.get("code", ""))
        if code is None or code.platform != platform or code.kind != "code" or not code.is_valid(world().now()):
            return None
        world().revoke(code.token)
    is_same_place = code.extra.get("redirect_uri") == request.form.get("redirect_uri")
    return code if is_same_place and secret is not None and secret.encode() == APP_SECRET.encode() else None


def _twitter() -> Response:
    code = _used("twitter", _basic())
    verifier = request.form.get("code_verifier", "")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if code is None or not hmac.compare_digest(challenge, str(code.extra.get("code_challenge"))):
        return _refused("invalid_request", "Value passed for the authorization code was invalid.")
    issued = issue_oauth2(world(), code.account, client={"client_id": APP_ID, "client_secret": APP_SECRET})
    scope = str(code.extra.get("scope") or X_SCOPES)
    offline = {"refresh_token": issued["refresh_token"]} if "offline.access" in scope else {}
    return jsonify(
        token_type="bearer",
        expires_in=int(X_LIFETIME.total_seconds()),
        access_token=issued["access_token"],
        scope=scope,
        **offline,
    )


def _google() -> Response:
    code = _used("youtube", request.form.get("client_secret"))
    if code is None:
        return _refused("invalid_grant", "Bad Request")
    scope = str(code.extra.get("scope") or youtube.keys.FORCE_SSL)
    issued = youtube.issue_tokens(world(), code.account, scope=scope, client_id=APP_ID, client_secret=APP_SECRET)
    return jsonify(
        access_token=issued["access_token"],
        expires_in=int(youtube.keys.LIFETIME.total_seconds()),
        refresh_token=issued["refresh_token"],
        scope=scope,
        token_type="Bearer",
    )


def _linkedin() -> Response:
    code = _used("linkedin", request.form.get("client_secret"))
    if code is None:
        return _refused("invalid_request", "Unable to retrieve access token: authorization code not found")
    scope = str(code.extra.get("scope") or linkedin.keys.SCOPES)
    issued = linkedin.issue_tokens(world(), code.account, scope=scope, client_id=APP_ID, client_secret=APP_SECRET)
    return jsonify(
        access_token=issued["access_token"],
        expires_in=int(linkedin.keys.ACCESS_LIFETIME.total_seconds()),
        refresh_token=issued["refresh_token"],
        refresh_token_expires_in=int(linkedin.keys.REFRESH_LIFETIME.total_seconds()),
        scope=scope,
    )


EXCHANGES: Mapping[str, Callable[[], Response]] = {
    "/2/oauth2/token": _twitter,
    "/token": _google,
    "/oauth/v2/accessToken": _linkedin,
}


def _basic() -> str | None:
    """Give the secret that a confidential client of X shows, if it is shown for the right client."""
    login = request.authorization
    return login.password if login and login.type == "basic" and login.username == APP_ID else None


def _refused(error: str, description: str, status: int = 400) -> Response:
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return response


# Facebook's person and pages


@blueprint.route("/v<int:major>.<int:minor>/oauth/access_token", methods=["GET", "POST"])
def facebook_token(major: int, minor: int) -> Response:
    """Give the person's token for a code, or a long-lived one for that."""
    given = request.values
    if given.get("client_id") != APP_ID or given.get("client_secret") != APP_SECRET:
        return _graph_error("Error validating client secret.", 1)
    if given.get("grant_type") == "fb_exchange_token":
        short = world().token(given.get("fb_exchange_token", ""))
        person = short if short and short.kind == "user" and short.is_valid(world().now()) else None
        kind = "long"
    else:
        person, kind = _used("facebook", given.get("client_secret")), "short"
    if person is None:
        return _graph_error("This authorization code has been used.", 100)
    app = {"app_id": APP_ID, "app_secret": APP_SECRET, "scopes": person.extra.get("scope", "")}
    end = world().now() + USER_LIFETIME[kind]
    token = world().issue_token("facebook", person.account, "user", expires_at=end, extra=app)
    return jsonify(access_token=token.token, token_type="bearer", expires_in=int(USER_LIFETIME[kind].total_seconds()))


@blueprint.get("/v<int:major>.<int:minor>/me/accounts")
def facebook_pages(major: int, minor: int) -> Response:
    """List the pages of the person whose token came, each with its own token and its Instagram account."""
    token = world().token(request.args.get("access_token", ""))
    if token is None or token.kind != "user" or not token.is_valid(world().now()):
        return facebook.call(major, minor, "me/accounts")  # who a page's token is, or what is wrong with any
    proof = hmac.new(APP_SECRET.encode(), token.token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof, request.args.get("appsecret_proof", "")):
        return _graph_error("Invalid appsecret_proof provided in the API argument", 100)
    wants_instagram = "instagram_business_account" in request.args.get("fields", "")
    pages = world().accounts("facebook", ours=True)
    return jsonify(
        data=[_page(page, wants_instagram) for page in pages], paging={"cursors": {"before": "", "after": ""}}
    )


@blueprint.post("/v<int:major>.<int:minor>/<page>/subscribed_apps")
def facebook_subscribe(major: int, minor: int, page: str) -> Response:
    """Promise to push what happens on a page; remembered in its extras."""
    token, account = world().token(request.values.get("access_token", "")), world().account(page, "facebook")
    if token is None or token.kind != "page" or not token.is_valid(world().now()) or account is None:
        return _graph_error("Invalid OAuth access token - Cannot parse access token", 190)
    extra = {**account.extra, "subscribed": request.values.get("subscribed_fields", "")}
    world().add_account("facebook", account.name, id=page, handle=account.handle, ours=account.ours, extra=extra)
    return jsonify(success=True)


def _page(page: Account, wants_instagram: bool) -> dict[str, Any]:
    shown = {"id": page.id, "name": page.name, "username": page.handle}
    account = world().account(_instagram_of(page), instagram.PLATFORM) if wants_instagram else None
    if account is not None:
        shown["access_token"] = _page_token(instagram.PLATFORM, account.id)
        inside = {"id": account.id, "username": account.handle, "name": account.name}
        return {**shown, "instagram_business_account": inside}
    return {**shown, "access_token": _page_token("facebook", page.id)}


def _instagram_of(page: Account) -> str:
    """Give the Instagram account that goes with a page: the one named in its extras, for the first page else any."""
    if page.extra.get("instagram"):
        return str(page.extra["instagram"])
    first = world().accounts("facebook", ours=True)[0]
    free = world().accounts(instagram.PLATFORM, ours=True)
    return free[0].id if free and page.id == first.id else ""


def _page_token(platform: str, account: str) -> str:
    scopes = instagram.SCOPES if platform == instagram.PLATFORM else facebook.SCOPES
    app = {"app_id": APP_ID, "app_secret": APP_SECRET, "scopes": scopes}
    token = world().issue_token(platform, account, "page", token=f"EAA{secrets.token_hex(24)}", extra=app)
    return token.token


def _graph_error(message: str, code: int) -> Response:
    response = jsonify(error={"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AsAndLada"})
    response.status_code = 400
    return response


# Tokens given back, and the pages that a member of LinkedIn administers


@blueprint.post("/2/oauth2/revoke")
def twitter_revoke() -> Response:
    """Take a token of X back; one that is unknown is as good as taken back."""
    if _basic() != APP_SECRET:
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    return jsonify(revoked=world().revoke(request.form.get("token", "")) or True)


@blueprint.post("/revoke")
def google_revoke() -> Response:
    """Take a token of Google's back, and all that came of the same consent."""
    token = world().token(request.form.get("token", ""))
    if token is None or token.platform != "youtube" or token.revoked:
        return _refused("invalid_token", "Token expired or revoked")
    for one in world().tokens("youtube", token.account):
        world().revoke(one.token)
    return jsonify({})


@blueprint.get("/rest/organizationAcls")
def linkedin_pages() -> Response:
    """List the organisations that the token's member administers: here all that the municipality has."""
    linkedin.keys.caller()
    ours = world().accounts("linkedin", ours=True)
    rows = [{"role": "ADMINISTRATOR", "organization": page.id, "state": "APPROVED"} for page in ours]
    return jsonify(elements=rows, paging={"start": 0, "count": len(rows), "links": []})
