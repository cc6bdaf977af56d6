"""How tweets and users look on the wire: default fields, what was asked for, expansions, both vocabularies."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.control import world
from sandbox.entries import Account, Entry, parse_iso
from sandbox.twitter.problems import invalid


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TWEET_FIELDS = _words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang media_metadata "
    "note_tweet possibly_sensitive public_metrics referenced_tweets reply_settings scopes source text withheld"
)
EXPANSIONS = _words(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id author_screen_name edit_history_tweet_ids entities.mentions.username "
    "entities.note.mentions.username geo.place_id in_reply_to_user_id referenced_tweets.id "
    "referenced_tweets.id.author_id"
)
USER_FIELDS = _words(
    "affiliation connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type "
    "withheld"
)
MEDIA_FIELDS = _words(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics "
    "public_metrics type url variants width"
)
POST_WORDS = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweets": "posts",
    "retweeted": "reposted",
}
LONGEST = 280  # beyond it, `text` is cut and the whole stands in `note_tweet`
MENTION = re.compile(r"(?<![\w@])@(\w{1,50})", re.ASCII)
HASHTAG = re.compile(r"(?<![\w&])#(\w*[^\W\d]\w*)")
LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,!?)\"']")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asked to have in each tweet, user and medium."""

    tweet: frozenset[str]
    expansions: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    in_post_words: bool


def wanted(args: Mapping[str, str], *, vocabulary: str = "tweet") -> Wanted:
    """Read fields and expansions off a query; raise `Refused` for words that X does not know."""
    old = {new: old for old, new in POST_WORDS.items()}
    asked = _listed(args, "tweet.fields") | {old.get(name, name) for name in _listed(args, "post.fields")}
    expanded = {
        {"referenced_posts": "referenced_tweets.id", "edit_history_post_ids": "edit_history_tweet_ids"}.get(name, name)
        for name in _listed(args, "expansions")
    }
    return Wanted(
        tweet=_checked("tweet.fields", asked, TWEET_FIELDS),
        expansions=_checked("expansions", expanded, EXPANSIONS),
        user=_checked("user.fields", _listed(args, "user.fields"), USER_FIELDS),
        media=_checked("media.fields", _listed(args, "media.fields"), MEDIA_FIELDS),
        in_post_words="post.fields" in args or vocabulary == "post",
    )


def _listed(args: Mapping[str, str], name: str) -> set[str]:
    return {part for part in args.get(name, "").split(",") if part}


def _checked(parameter: str, names: set[str], allowed: frozenset[str]) -> frozenset[str]:
    for name in sorted(names - allowed):
        raise invalid(f"The `{parameter}` query parameter value [{name}] is not one of [{','.join(sorted(allowed))}]",
                      **{parameter: name})  # fmt: skip
    return frozenset(names)


def answer(entries: Sequence[Entry], want: Wanted, *, versions: Sequence[str] = ()) -> dict[str, Any]:
    """Make `data` and `includes` for a list of tweets. `versions`: the ids asked for, where they may be older ones."""
    asked = versions or [entry.id for entry in entries]
    tweets = [tweet(entry, want, version=id) for entry, id in zip(entries, asked, strict=True)]
    body: dict[str, Any] = {"data": tweets} if tweets else {}
    included = _includes(entries, want)
    if included:
        body["includes"] = included
    return _in_post_words(body) if want.in_post_words else body


def tweet(entry: Entry, want: Wanted, *, version: str | None = None) -> dict[str, Any]:
    """Make one tweet, in an older version if its id is given."""
    id, text, at = entry.id, entry.text, entry.updated_at
    for older in entry.earlier:
        if older["id"] == version:
            id, text, at = older["id"], older["text"], parse_iso(older["at"]) or at
    made = {"id": id, "text": wire_text(text), "edit_history_tweet_ids": history(entry)}
    for name in sorted(want.tweet | _implied(want)):
        value = _field(entry, name, text=text, at=at, id=id)
        if value is not None:
            made[name] = value
    made.update(entry.extra.get("wire", {}))
    return {name: value for name, value in made.items() if name not in entry.extra.get("drop", ())}


def _implied(want: Wanted) -> set[str]:
    """An expansion brings the field that it expands, as on X."""
    implied = {"author_id": "author_id", "referenced_tweets.id": "referenced_tweets",
               "in_reply_to_user_id": "in_reply_to_user_id", "attachments.media_keys": "attachments",
               "entities.mentions.username": "entities"}  # fmt: skip
    return {field for name, field in implied.items() if name in want.expansions}


def _field(entry: Entry, name: str, *, text: str, at: datetime, id: str) -> Any:
    match name:
        case "author_id":
            return entry.author
        case "conversation_id":
            return entry.thread
        case "created_at":
            return wire_time(at)
        case "entities":
            return entities(wire_text(text)) or None
        case "in_reply_to_user_id":
            return _author_of(entry.parent)
        case "lang":
            return entry.extra.get("lang", "sv")
        case "note_tweet":
            return {"text": _shortened(text)} if len(text) > LONGEST else None
        case "referenced_tweets":
            return references(entry) or None
        case "public_metrics":
            return _metrics(entry)
        case "attachments":
            keys = [media["media_key"] for media in entry.extra.get("media", ())]
            return {"media_keys": keys} if keys else None
        case "edit_controls":
            left = 5 - len(entry.earlier)
            return {"edits_remaining": left, "is_edit_eligible": True, "editable_until": wire_time(entry.created_at)}
        case "reply_settings":
            return "everyone"
        case "possibly_sensitive":
            return False
    return None


def history(entry: Entry) -> list[str]:
    """List a tweet's ids, the newest last."""
    return [*(older["id"] for older in entry.earlier), entry.id]


def references(entry: Entry) -> list[dict[str, str]]:
    """List what a tweet answers, quotes or repeats."""
    named = {"retweeted": entry.extra.get("retweets"), "quoted": entry.extra.get("quotes"), "replied_to": entry.parent}
    return [{"type": kind, "id": id} for kind, id in named.items() if id]


def wire_time(moment: datetime) -> str:
    """Write a time as X does, with milliseconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def wire_text(text: str) -> str:
    """Write a text as X sends it: links shortened, long ones cut, and three characters escaped."""
    short = _shortened(text)
    if len(text) > LONGEST:
        short = html.unescape(short)
        return html.escape(short[: LONGEST - 1].rstrip() + "…", quote=False)
    return short


def _shortened(text: str) -> str:
    return html.escape(LINK.sub(lambda found: short_link(found.group()), text), quote=False)


def short_link(url: str) -> str:
    """Give the t.co link of an address; one that is short already stays."""
    if url.startswith("https://t.co/"):
        return url
    return f"https://t.co/{hashlib.sha256(url.encode()).hexdigest()[:10]}"


def named_accounts(text: str) -> list[Account]:
    """List the accounts that a text names; X links only handles that exist."""
    found = (world().account_by_handle("twitter", match.group(1)) for match in MENTION.finditer(text))
    return [account for account in found if account]


def names(text: str, handle: str) -> bool:
    """Tell whether a text names a handle, in any case."""
    return handle.casefold() in {found.casefold() for found in MENTION.findall(text)}


def entities(text: str) -> dict[str, Any]:
    """Find mentions, hashtags and links in a text as it is sent, with their places."""
    mentions = [
        {"start": match.start(), "end": match.end(), "username": account.handle, "id": account.id}
        for match in MENTION.finditer(text)
        if (account := world().account_by_handle("twitter", match.group(1)))
    ]
    hashtags = [{"start": m.start(), "end": m.end(), "tag": m.group(1)} for m in HASHTAG.finditer(text)]
    urls = [{"start": m.start(), "end": m.end(), "url": m.group()} for m in LINK.finditer(text)]
    return {name: found for name, found in (("mentions", mentions), ("hashtags", hashtags), ("urls", urls)) if found}


def user(account: Account, want: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Make one user."""
    made: dict[str, Any] = {"id": account.id, "name": account.name, "username": account.handle}
    if "created_at" in want:
        made["created_at"] = "2015-03-01T08:00:00.000Z"
    if "protected" in want:
        made["protected"] = bool(account.extra.get("protected"))
    if "verified" in want:
        made["verified"] = account.ours
    return made


def _author_of(id: str | None) -> str | None:
    entry = world().entry(id) if id else None
    return entry.author if entry else None


def _metrics(entry: Entry) -> dict[str, int]:
    counts = {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0, "bookmark_count": 0}
    counts["reply_count"] = sum(world().count("twitter", parent=id) for id in history(entry))
    counts["like_count"] = int(entry.extra.get("likes", 0))
    return {**counts, "impression_count": 0}


def _includes(entries: Sequence[Entry], want: Wanted) -> dict[str, Any]:
    referenced: list[Entry] = []
    people: list[str | None] = []
    if "referenced_tweets.id" in want.expansions or "referenced_tweets.id.author_id" in want.expansions:
        ids = dict.fromkeys(each["id"] for entry in entries for each in references(entry))
        referenced = [found for id in ids if (found := world().entry(id)) and not found.is_deleted]
    if "author_id" in want.expansions:
        people += [entry.author for entry in entries]
        people += [entry.author for entry in referenced]
    if "in_reply_to_user_id" in want.expansions:
        people += [_author_of(entry.parent) for entry in entries]
    if "entities.mentions.username" in want.expansions:
        people += [account.id for entry in entries for account in named_accounts(entry.text)]
    made: dict[str, Any] = {}
    users = [found for id in dict.fromkeys(people) if id and (found := world().account(id, "twitter"))]
    if users:
        made["users"] = [user(account, want.user) for account in users]
    tweets = [tweet(entry, want) for entry in referenced]
    if "edit_history_tweet_ids" in want.expansions:
        tweets += [tweet(entry, want, version=older["id"]) for entry in entries for older in entry.earlier]
    if tweets:
        made["tweets"] = tweets
    media = _media(entries) if "attachments.media_keys" in want.expansions else []
    if media:
        made["media"] = [{k: v for k, v in each.items() if k in want.media | {"media_key", "type"}} for each in media]
    return made


def _media(entries: Iterable[Entry]) -> list[Mapping[str, Any]]:
    return [media for entry in entries for media in entry.extra.get("media", ())]


def _in_post_words(value: Any) -> Any:
    """Say it in the words of API 2.167."""
    if isinstance(value, dict):
        return {POST_WORDS.get(name, name): _in_post_words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_post_words(inner) for inner in value]
    return "reposted" if value == "retweeted" else value
