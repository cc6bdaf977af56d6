"""Puts on the platforms what the town and the municipality write: who, where, under what, and what becomes of it."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox import municipality
from sandbox.citizens import mix
from sandbox.citizens.compose import Draft, Occasion, compose
from sandbox.citizens.grammar import Topic, generic, scene, sentence, topics, topics_of
from sandbox.citizens.people import Person, Town
from sandbox.citizens.rhythm import STOCKHOLM
from sandbox.entries import Entry
from sandbox.municipality import Channel
from sandbox.world import World

SHARES = {"facebook": 0.60, "twitter": 0.17, "youtube": 0.13, "instagram": 0.10}
SHARES |= {"linkedin": 0.06} if municipality.WITH_LINKEDIN else {}
FRESH = timedelta(hours=48)
FRESH_SHARE = 0.8
FADES_IN = 14  # hours after which a post draws a third of what it drew at first
OURS = {
    "facebook": ("post", "posts_facebook"),
    "instagram": ("post", "posts_instagram"),
    "linkedin": ("post", "posts_linkedin"),
    "twitter": ("tweet", "posts_twitter"),
    "youtube": ("video", "videos"),
}
DEEPEST = {"twitter": 12, "facebook": 2, "instagram": 1, "linkedin": 1, "youtube": 1}
X_ALONE = 0.45  # of tweets: to us, but under nothing of ours
X_HASHTAG = 0.12  # of those: only with the hashtag, not to us
FILTERED = {"A11": "likelySpam", "A12": "heldForReview", "A13": "heldForReview"}  # by YouTube, until we decide
FILTERED_SHARE = 0.4
IN_THREAD = 0.10  # of comments that are no answers to citizens, below another's comment all the same
MAIN_PULL = 1.6  # how much more a main account draws than a topic account


class Stage:
    """The town over a world. `rng` is the one source of chance, so that a seed tells everything."""

    def __init__(self, world: World, seed: int, at: datetime) -> None:
        self.world = world
        self.rng = random.Random(f"stage/{seed}")
        self.town = Town(seed, at.astimezone(STOCKHOLM).month)

    def publish(self, channel: Channel, at: datetime, topic: Topic | None = None) -> Entry:
        """Let the municipality write something of its own on one of its accounts."""
        kind, listed = OURS[channel.platform]
        topic = topic or self._topic_for(channel, listed, at)
        told = scene(self.rng, topic)
        text = told.pick(topic.list(listed))
        title, _, body = text.partition(" | ")
        told.say("{gata} {ort}")
        return self.world.write(
            channel.platform,
            kind,
            channel.external_id,
            body if kind == "video" else sentence(text),
            wall=None if channel.platform == "twitter" else channel.external_id,
            at=at,
            extra=self._shown_with(channel.platform, title),
            truth={"topic": topic.key, "places": told.filled},
        )

    def _shown_with(self, platform: str, title: str) -> dict[str, Any]:
        if platform == "youtube":
            return {"title": sentence(title)}
        if platform == "instagram":  # takes nothing without a picture
            return {"media": [f"https://bilder.example/{self.rng.randrange(16**10):010x}.jpg"]}
        return {}

    def comment(self, at: datetime, *, echo_of: Entry | None = None, platform: str | None = None) -> Entry | None:
        """Let a citizen write something, where and what chance decides; None as long as nobody can write anything."""
        platform = echo_of.platform if echo_of else platform or mix.draw(self.rng, SHARES)
        post = self._post_of(echo_of) if echo_of else None
        alone = post is None if echo_of else self.rng.random() < X_ALONE
        if platform == "twitter" and alone:
            return self._tweet_alone(at)
        post = post or self._some_post(platform, at)
        if post is None:
            return None
        return self.comment_on(post, at, echo_of=echo_of)

    def comment_on(self, post: Entry, at: datetime, *, code: str | None = None, echo_of: Entry | None = None) -> Entry:
        """Let a citizen write something under a post of ours."""
        council = post.platform == "youtube" and (post.truth or {}).get("topic") == "council"
        jobs = mix.JOB_QUESTIONS.get(post.platform, 0) if code is None else 0
        about_jobs = jobs > 0 and self.rng.random() < jobs
        code = "A1" if about_jobs else code
        code = code or mix.draw(self.rng, mix.category_weights(post.platform, council=council))
        above = self._answered(post, code, at, echo_of)
        if code == "A8" and above is None:
            code = "A7"
        occasion = self.occasion(post, at)
        if about_jobs:
            occasion = replace(occasion, topic=next(topic for topic in topics() if topic.key == "jobs"))
        if above:
            occasion = replace(occasion, answered=self.name_of(above).split()[0])
        return self.put(compose(self.rng, self.town, code, occasion), post, at, above=above)

    def put(self, draft: Draft, post: Entry, at: datetime, *, above: Entry | None = None) -> Entry:
        """Write a draft under a post, in answer to `above` if there is one."""
        person, text = draft.author, draft.text
        if post.platform == "twitter":
            names = dict.fromkeys(f"@{self.handle_of(entry)}" for entry in (above, post) if entry)
            text = f"{' '.join(names)} {text}"
        return self.world.write(
            post.platform,
            "tweet" if post.platform == "twitter" else "comment",
            person.join(self.world, post.platform),
            text,
            parent=above.id if above else (post.id if post.platform == "twitter" else None),
            root=post.id,
            at=at,
            extra=self._extra(draft, post.platform),
            truth=self._truth(draft, person),
        )

    def again(self, entry: Entry, at: datetime) -> Entry:
        """Let the same author ask once more, having got no answer."""
        text = entry.text if self.rng.random() < 0.3 else f"{self.rng.choice(generic('repeat'))}{entry.text}"
        truth = {**(entry.truth or {}), "duplicate_of": entry.id}
        return self._beside(entry, entry.author, text, at, truth)

    def elsewhere(self, entry: Entry, at: datetime) -> Entry | None:
        """Let the same person write the same on another platform."""
        platform = self.rng.choice([name for name in SHARES if name != entry.platform])
        person = next((p for p in self.town.people if p.account_id(entry.platform) == entry.author), None)
        post = self._some_post(platform, at)
        if person is None or post is None:
            return None
        text = re.sub(r"^(@\w+ )+", "", entry.text) if entry.platform == "twitter" else entry.text
        draft = Draft(text[:250], {**(entry.truth or {}), "duplicate_of": entry.id}, person)
        return self.put(draft, post, at)

    def follow_up(self, entry: Entry, at: datetime, signer: str) -> Entry:
        """Let a citizen react to our answer: mostly with thanks, sometimes with the next question."""
        asks = self.rng.random() < 0.3
        told = scene(self.rng, self.topic_of(entry), fornamn=signer)
        text = told.pick(generic("follow_up" if asks else "answer_thanks")) + ("?" if asks else "")
        known = {name: (entry.truth or {}).get(name) for name in ("topic", "department", "resident", "author_kind")}
        truth = mix.truth("A1" if asks else "A5", owes_answer=asks, **known)
        return self._beside(entry, entry.author, text, at, truth)

    def _beside(self, entry: Entry, author: str, text: str, at: datetime, truth: dict[str, Any]) -> Entry:
        """Write in the same thread; on YouTube and Facebook under its top comment."""
        parent = entry.id if entry.platform == "twitter" else entry.thread
        if entry.platform == "twitter" and not text.startswith("@"):
            text = f"@{self.our_handle(entry)} {text}"
        return self.world.write(entry.platform, entry.kind, author, text, parent=parent, at=at, truth=truth)

    def _tweet_alone(self, at: datetime) -> Entry:
        """Let a citizen write to us, or about us, under nothing of ours."""
        channel = self.rng.choices([municipality.X_MAIN, municipality.X_TRAFFIC], [3, 2])[0]
        topic = self._topic_for(channel, "simple", at)
        weights = mix.category_weights("twitter")
        said = {code: weight for code, weight in weights.items() if code not in ("A6", "A7", "A8")}
        occasion = Occasion("twitter", topic, channel.handle, {})
        draft = compose(self.rng, self.town, mix.draw(self.rng, said), occasion)
        if self.rng.random() < X_HASHTAG:
            text = f"{draft.text} #{channel.hashtags[0]}"
        else:
            text = f"@{channel.handle} {draft.text}" if self.rng.random() < 0.7 else f"{draft.text} @{channel.handle}"
        person = draft.author
        return self.world.write(
            "twitter",
            "tweet",
            person.join(self.world, "twitter"),
            text,
            at=at,
            extra=self._extra(draft, "twitter"),
            truth=self._truth(draft, person),
        )

    def _answered(self, post: Entry, code: str, at: datetime, echo_of: Entry | None) -> Entry | None:
        """Choose the comment that is answered, if one is."""
        if code != "A8" and self.rng.random() >= IN_THREAD:
            return None
        if echo_of and echo_of.root == post.id and self._is_citizens(echo_of):
            return self._deep_enough(echo_of)
        earlier = self.world.entries(post.platform, root=post.id, until=at, limit=12)
        earlier = [entry for entry in earlier if self._is_citizens(entry) and entry.id != post.id and entry.text]
        return self._deep_enough(self.rng.choice(earlier)) if earlier else None

    def _deep_enough(self, entry: Entry) -> Entry:
        """Stay within the depth that the platform's threads reach."""
        depth = DEEPEST[entry.platform]
        chain = [entry]
        while chain[-1].parent and (above := self.world.entry(chain[-1].parent)) and self._is_citizens(above):
            chain.append(above)
        return chain[max(0, len(chain) - depth)]

    def _some_post(self, platform: str, at: datetime) -> Entry | None:
        """Choose a post of ours to write under: mostly a fresh one that draws."""
        kind, _ = OURS[platform]
        posts = [
            post
            for channel in municipality.CHANNELS
            if channel.platform == platform
            for post in self.world.entries(platform, kind=kind, author=channel.external_id, parent=None, until=at)
        ]
        fresh = [post for post in posts if at - post.created_at <= FRESH]
        old = [post for post in posts if at - post.created_at > FRESH]
        pool = fresh if fresh and (self.rng.random() < FRESH_SHARE or not old) else old
        weights = [self._pull(post, at) for post in pool]
        return self.rng.choices(pool, weights)[0] if pool else None

    def _pull(self, post: Entry, at: datetime) -> float:
        """Tell how much a post draws: some a lot, most little, all less as they grow old."""
        hours = (at - post.created_at).total_seconds() / 3600
        popularity = random.Random(f"pull/{post.id}").lognormvariate(0, 0.9)
        main = post.author in (municipality.FACEBOOK_MAIN.external_id, municipality.X_MAIN.external_id)
        faded = math.exp(-min(hours, 400) / FADES_IN) + 1e-9
        return popularity * (MAIN_PULL if main else 1) * faded

    def _topic_for(self, channel: Channel, listed: str, at: datetime) -> Topic:
        """Choose what an account writes of, by the season and the account's own field."""
        home = {"exempelbykulturfritid": "culture", "trafikexempelby": "traffic"}.get(channel.handle, "main")
        season = [topic for topic in topics_of(at.astimezone(STOCKHOLM).month) if topic.list(listed)]
        whole = channel.platform in ("instagram", "linkedin", "youtube")  # one account for everything
        own = [topic for topic in season if whole or getattr(topic, channel.platform) == home]
        return self.rng.choices(own or season, [topic.weight for topic in own or season])[0]

    def occasion(self, post: Entry, at: datetime) -> Occasion:
        """Tell what somebody who writes under a post writes about."""
        known = post.truth or {}
        handle = self.world.account(post.author, post.platform)
        name = "" if handle is None else handle.name if post.platform == "facebook" else handle.handle.lstrip("@")
        is_old = post.platform == "youtube" and at - post.created_at > timedelta(days=20)
        return Occasion(post.platform, self.topic_of(post), name, known.get("places", {}), is_old=is_old)

    def topic_of(self, entry: Entry) -> Topic:
        """Tell what an entry is about; anything at all if nobody knows."""
        key = (entry.truth or {}).get("topic")
        return next((topic for topic in topics() if topic.key == key), topics()[-1])

    def name_of(self, entry: Entry) -> str:
        """Give its author's name."""
        account = self.world.account(entry.author, entry.platform)
        return account.name if account else "Okänd"

    def handle_of(self, entry: Entry) -> str:
        """Give its author's handle."""
        account = self.world.account(entry.author, entry.platform)
        return account.handle if account else ""

    def our_handle(self, entry: Entry) -> str:
        """Give the handle of our account that a conversation on X is with."""
        return self.channel_of(entry).handle

    def channel_of(self, entry: Entry) -> Channel:
        """Tell which of our accounts a citizen's entry concerns."""
        ours: Sequence[Channel] = [channel for channel in municipality.ACCOUNTS if channel.platform == entry.platform]
        root = self.world.entry(entry.root) if entry.root else None
        for channel in ours:
            if channel.external_id in (entry.wall, root.author if root else None):
                return channel
        named = [channel for channel in ours if f"@{channel.handle}" in entry.text]
        return named[0] if named else ours[0]

    def _post_of(self, entry: Entry) -> Entry | None:
        root = self.world.entry(entry.root) if entry.root else None
        return root if root and not self._is_citizens(root) else None

    def _is_citizens(self, entry: Entry) -> bool:
        return all(channel.external_id != entry.author for channel in municipality.ACCOUNTS)

    def _extra(self, draft: Draft, platform: str) -> dict[str, Any]:
        """Say on each platform's own terms what comes with a text."""
        extra = {name: value for name, value in draft.extra.items() if platform == "facebook"}
        filtered = FILTERED.get(draft.truth["category"]) if platform == "youtube" else None
        if filtered and self.rng.random() < FILTERED_SHARE:
            extra["moderation"] = filtered
        if platform == "twitter":
            language = draft.truth["language"]
            extra["lang"] = "fa" if language == "ti" else language
            if "image" in draft.extra:
                key = f"3_{self.rng.randrange(10**18, 2 * 10**18)}"
                extra["media"] = [{"media_key": key, "type": "photo", "url": draft.extra["image"]}]
        return extra

    def _truth(self, draft: Draft, person: Person) -> dict[str, Any]:
        return {**draft.truth, "resident": person.resident, "author_kind": person.kind}
