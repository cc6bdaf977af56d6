"""Lists and look-ups of LinkedIn: how pages follow each other, when a list goes round in circles, what is not there.

Lists are cut by `start` and `count`. https://learn.microsoft.com/linkedin/shared/api-guide/concepts/pagination, read
2026-11-22. In which order comments come is not documented, so it is learned from the times on a page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.base import Gone, Permanent
from connectors.linkedin import mapping, urns
from connectors.linkedin.client import Client

PAGE_SIZE = 100
STALE_PAGES = 3  # in a row without anything new before a list counts as a loop; a hiccup repeats one
IDS_AT_ONCE = 50  # posts: about 2,000 characters of address, which any server takes
COMMENTS_AT_ONCE = 50  # their ids are numbers of about 20 characters


class LoopingList(Exception):
    """The platform goes on giving pages that hold nothing new."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of a list. `total`: the platform's count of the list, None if it does not say."""

    records: list[Any]
    total: int | None
    next: int | None  # where the list goes on; None at its end


@dataclass(slots=True)
class Found:
    """What a look-up by id brought. `gone`: ids that are not there; of others the platform said nothing."""

    records: list[Any] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def is_oldest_first(records: Sequence[Any]) -> bool | None:
    """Tell the order of a page by its times; None if it has none, or too few."""
    said = (record.get("created") for record in records if isinstance(record, Mapping))
    created = [at for each in said if (at := mapping.moment(each.get("time") if isinstance(each, Mapping) else None))]
    if len(created) < 2 or created[0] == created[-1]:
        return None
    if created == sorted(created):
        return True
    return False if created == sorted(created, reverse=True) else None


def batch_of(client: Client, address: str, start: int) -> Batch:
    """Read one page of a list."""
    answer = client.read(f"{address}{'&' if '?' in address else '?'}start={start}&count={PAGE_SIZE}")
    records = mapping.elements(answer)
    paging = answer.get("paging")
    paging = paging if isinstance(paging, Mapping) else {}
    total = mapping.count(paging.get("total"))
    return Batch(records, total, _next(paging, start, len(records), total))


def forward(client: Client, address: str) -> Iterator[Batch]:
    """Read a list from its start. Raises LoopingList."""
    seen: set[str] = set()
    before: set[str] = set()
    stale, start = 0, 0
    while True:
        batch = batch_of(client, address, start)
        ids = {str(record.get("id")) if isinstance(record, Mapping) else repr(record) for record in batch.records}
        stale = 0 if ids - seen else stale + bool(ids or batch.total is None)
        yield batch
        is_last = batch.next is None or batch.next <= start
        if stale >= STALE_PAGES or (is_last and ids and ids == before):
            raise LoopingList
        if is_last or batch.next is None:
            return
        seen, before, start = seen | ids, ids, batch.next


def backward(client: Client, address: str, total: int, size: int) -> Iterator[Batch]:
    """Read a list that shows the oldest first from its end, `size` at a time. Raises LoopingList."""
    low, high = total, total
    newest: list[Any] = []
    while True:
        low, position = max(0, low - size), max(0, low - size)
        while True:  # a server may give less at a time; and the end may have moved meanwhile
            batch = batch_of(client, address, position)
            if high < total and batch.records and batch.records == newest:
                raise LoopingList
            newest = newest or batch.records
            yield batch
            following = batch.next
            if following is None or following <= position or (high < total and following >= high):
                break
            position = following
        if low == 0:
            return
        high = low


def comments(urn: str) -> str:
    """Give the address of the list of comments on a post, or of the answers to a comment."""
    return f"socialActions/{urns.encoded(urn)}/comments"


def posts(author: str) -> str:
    """Give the address of the list of posts of an organisation, newest first."""
    return f"posts?q=author&author={urns.encoded(author)}&sortBy=CREATED"


def summaries(client: Client, posts: Sequence[str]) -> tuple[dict[str, mapping.Count], set[str]]:
    """Give the platform's counts of comments by post, and the posts that are not there.

    https://learn.microsoft.com/linkedin/marketing/community-management/shares/social-metadata-api, 2026-11-22.
    """
    counts: dict[str, mapping.Count] = {}
    gone: set[str] = set()
    for start in range(0, len(posts), IDS_AT_ONCE):
        wanted = posts[start : start + IDS_AT_ONCE]
        answer = client.read(f"socialMetadata?ids={urns.listed(wanted)}")
        results = {urns.decoded(key): record for key, record in mapping.results(answer).items()}
        counts |= {post: said for post in wanted if (said := mapping.summary_of(results.get(post)))}
        gone |= {post for post in wanted if post not in results and _status(answer, post) == 404}
    return counts, gone


def look_up(client: Client, entity: str, ids: Sequence[str]) -> Found:
    """Look for comments of one post by their numbers: together, one by one where a server cannot do that."""
    found = Found()
    for start in range(0, len(ids), COMMENTS_AT_ONCE):
        wanted = ids[start : start + COMMENTS_AT_ONCE]
        try:
            answer = client.read(f"socialActions/{urns.encoded(entity)}/comments?ids={urns.listed(wanted)}")
        except Gone:
            found.gone += ids[start:]
            return found
        except Permanent as error:
            if error.code != Permanent.code:
                raise
            _one_by_one(client, entity, wanted, found)
            continue
        if "results" not in answer:
            _one_by_one(client, entity, wanted, found)
            continue
        results = {urns.decoded(key): record for key, record in mapping.results(answer).items()}
        found.records += results.values()
        found.gone += [id for id in wanted if id not in results and _status(answer, id) in (None, 404)]
    return found


def _one_by_one(client: Client, entity: str, ids: Collection[str], found: Found) -> None:
    for id in ids:
        try:
            found.records.append(client.read(f"socialActions/{urns.encoded(entity)}/comments/{urns.encoded(id)}"))
        except Gone:
            found.gone.append(id)


def _next(paging: Mapping[str, Any], start: int, length: int, total: int | None) -> int | None:
    """Say where a list goes on: where its link says, else after what has come, while there should be more.

    Never by what was asked for: a server may give less at a time than that.
    """
    links = paging.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and link.get("rel") == "next":
            said = parse_qs(urlsplit(str(link.get("href"))).query).get("start", [""])[0]
            return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else start + (length or PAGE_SIZE)
    if total is None:
        return start + length if length >= PAGE_SIZE else None
    following = start + (length or PAGE_SIZE)
    return following if following < total else None


def _status(answer: Mapping[str, Any], id: str) -> int | None:
    """Give the status that a look-up of many names for one of them."""
    for key in ("statuses", "errors"):
        said = answer.get(key)
        for name, value in said.items() if isinstance(said, Mapping) else ():
            if urns.decoded(name) == id:
                status = value.get("status") if isinstance(value, Mapping) else value
                return status if isinstance(status, int) else 0
    return None
