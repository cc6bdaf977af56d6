"""On which of a page's surfaces a post is read, and on which what we have of it belongs.

A page's own posts have ids `{page}_{post}`, a visitor's post on the page too; one that only tags the page begins with
its author's id. Advertisements are posts of ours that no feed shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.base import Known, KnownThread
from connectors.facebook import mapping

COMMENTS, VISITORS, ADS, TAGGED, MESSAGES = "comments", "visitor_posts", "ads", "tagged", "messages"
SURFACES = (COMMENTS, VISITORS, ADS, TAGGED, MESSAGES)


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the posts of a surface are listed."""

    name: str
    args: Mapping[str, str]


# https://developers.facebook.com/docs/graph-api/reference/page/{feed,visitor_posts,ads_posts,tagged}, read 2026-11-24.
# `include_inline_create`: advertisements that were written in Ads Manager, and never published on the page.
EDGES = {
    COMMENTS: Edge("feed", {}),
    VISITORS: Edge("visitor_posts", {}),
    ADS: Edge("ads_posts", {"include_inline_create": "true"}),
    TAGGED: Edge("tagged", {}),
}


class Belonging:
    """What we have of a page, told apart by surface. Each question to `known` is asked once."""

    def __init__(self, surface: str, page_id: str, known: Known) -> None:
        self.surface, self.page_id, self.known = surface, page_id, known

    @cached_property
    def threads(self) -> Sequence[KnownThread]:
        return [thread for thread in self.known.threads() if not thread.is_private]

    @cached_property
    def posts(self) -> Sequence[str]:
        """Give the posts of this surface that we have."""
        if self.surface == COMMENTS:
            return self.known.posts()
        if self.surface == ADS:
            return self.known.ads()
        return sorted((one for one in self._strays if self._surface_of(one) == self.surface), reverse=True)

    @cached_property
    def own_posts(self) -> frozenset[str]:
        """Give the posts that our feed shows."""
        return frozenset(self.known.posts())

    @cached_property
    def joined(self) -> set[str]:
        """Give the threads in which we have written."""
        return {thread.external_id for thread in self.threads if thread.we_wrote}

    def surface_of_post(self, raw: Mapping[str, Any]) -> str | None:
        """Say what a post that this surface lists is to us; None for one that another surface reads."""
        id, others = mapping.identity(raw), mapping.is_visitors(raw, self.page_id)
        if self.surface == ADS:
            return None if others or id in self.own_posts else ADS
        if self.surface == TAGGED:
            is_ours = mapping.author_of(raw) is not None and not others
            return None if is_ours or id.startswith(f"{self.page_id}_") else TAGGED
        if self.surface == VISITORS:
            return VISITORS
        if not others:
            return COMMENTS
        return TAGGED if is_elsewhere(id, self.page_id) else VISITORS

    def owner(self, item_id: str) -> str:
        """Give the post under which an item stands; a post itself."""
        if item_id.startswith(f"{self.page_id}_") or item_id in self._strays:
            return item_id
        return self._by_number.get(item_id.partition("_")[0]) or mapping.post_of(item_id, self.page_id)

    def has(self, item_id: str) -> bool:
        """Tell whether a stored item is this surface's."""
        return self._surface_of(self.owner(item_id)) == self.surface

    def _surface_of(self, post_id: str) -> str:
        if post_id in self._strays:
            return TAGGED if is_elsewhere(post_id, self.page_id) else VISITORS
        return ADS if post_id in self._ads else COMMENTS

    @cached_property
    def _ads(self) -> frozenset[str]:
        return frozenset(self.known.ads())

    @cached_property
    def _strays(self) -> frozenset[str]:
        """Our threads that stand under no post of ours are posts of others."""
        return frozenset(thread.external_id for thread in self.threads if thread.post is None)

    @cached_property
    def _by_number(self) -> dict[str, str]:
        """Find a post of others by the number that its comments' ids begin with."""
        return {one.rpartition("_")[2]: one for one in self._strays if is_elsewhere(one, self.page_id)}


def is_elsewhere(post_id: str, page_id: str) -> bool:
    """Tell from its id whether a post stands on somebody else's page."""
    owner, _, number = post_id.partition("_")
    return owner.isdecimal() and number.isdecimal() and owner != page_id
