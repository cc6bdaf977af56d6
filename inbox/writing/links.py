"""Do the links that we give live? Asked every night, and before an answer goes out that holds one.

Every look goes through `look`: with time-outs, without a body, and never at an address inside the house, which anybody
who may write a text could otherwise let the server call. A proxy of the environment is not used: what cannot be reached
is *unsure*, and only what surely is gone stops anything.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from requests import certs

from accounts.models import User
from inbox.deciding.acting import Refused
from inbox.models import LinkCheck, RedirectTarget, ReplyTemplate

log = logging.getLogger(__name__)

State = LinkCheck.State
IN_TEXT = re.compile(r"https?://[^\s<>\"]+")
RESERVED = (".example", ".test", ".invalid", ".localhost")  # RFC 2606: names that lead nowhere by design
GONE = (404, 410)
SECONDS = 3.0  # for the name, for the connection, and for the first byte, each
MOST_STEPS = 5  # redirections followed
MOST_IN_TEXT = 3  # links of one answer that are looked at
AT_ONCE = 8
FRESH = timedelta(hours=1)  # a link that lived so lately is not asked before an answer goes out


@dataclass(frozen=True)
class Seen:
    """What came of a look; `reason` says why in plain Swedish where it is not well."""

    state: State
    reason: str = ""


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, not of the house or of the machine itself."""
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def in_text(text: str) -> list[str]:
    """Give the links of a text, each once, without what a sentence puts after them."""
    return list(dict.fromkeys(found.rstrip(".,;:!?)»”'") for found in IN_TEXT.findall(text)))


def look(url: str, allowed: Callable[[str], bool] = is_public) -> Seen:
    """Ask whether a link lives. Never raises; takes some seconds at most. `allowed` decides on each address of it."""
    for _step in range(MOST_STEPS):
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return Seen(State.DEAD, _("är ingen riktig adress"))
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
        if parts.scheme not in ("http", "https") or not host:
            return Seen(State.DEAD, _("är ingen riktig adress"))
        if host.endswith(RESERVED):
            return Seen(State.UNSURE, _("är ett exempel"))
        try:
            address = _resolve(host, port)
        except (OSError, TimeoutError, UnicodeError):
            return Seen(State.UNSURE, _("namnet hittades inte"))
        if not allowed(address):
            return Seen(State.UNSURE, _("ligger inte på internet"))
        try:
            status, onward = _ask(parts, host, address, port)
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError):
            return Seen(State.UNSURE, _("svarade inte"))
        if 300 <= status < 400 and onward:
            url = urljoin(url, onward)
            continue
        if status in GONE:
            return Seen(State.DEAD, _("sidan finns inte (%s)") % status)
        return Seen(State.OK) if status < 300 else Seen(State.UNSURE, _("svarade %s") % status)
    return Seen(State.UNSURE, _("skickade oss runt för många gånger"))


def _resolve(host: str, port: int) -> str:
    """Give the first address of a name; the system's own look-up knows no time-out."""
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(SECONDS)
    finally:
        pool.shutdown(wait=False)
    return str(found[0][4][0])


def _ask(parts: SplitResult, host: str, address: str, port: int) -> tuple[int, str]:
    """Ask the address that was let through, not its name anew: a name may lead elsewhere a second time."""
    given = {"timeout": urllib3.Timeout(connect=SECONDS, read=SECONDS), "retries": False}
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address, port, server_hostname=host, assert_hostname=host, ca_certs=certs.where(), **given
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port, **given)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": f"{host}:{parts.port}" if parts.port else host, "User-Agent": "Gensvar"}
    with pool:
        for method in ("HEAD", "GET"):  # some servers know no HEAD, and say that the page is not there
            answer = pool.request(method, path, headers=headers, redirect=False, preload_content=False)
            status, onward = answer.status, answer.headers.get("Location", "")
            answer.close()
            if status < 400:
                break
    return status, onward


def stop_dead(text: str, now: datetime, allowed: Callable[[str], bool] = is_public) -> None:
    """Refuse a text that holds a link which is dead just now. Outside any transaction: it asks the internet."""
    for why in dead_in({0: text}, now, allowed).values():
        raise Refused(why, "dead_link")


def dead_in(texts: Mapping[int, str], now: datetime, allowed: Callable[[str], bool] = is_public) -> dict[int, str]:
    """Say why of each of these texts that holds a link which is dead just now; a link of many is looked at once."""
    held = {key: in_text(text)[:MOST_IN_TEXT] for key, text in texts.items()}
    urls = list(dict.fromkeys(url for each in held.values() for url in each))
    lately = LinkCheck.objects.filter(url__in=urls, state=State.OK, checked_at__gt=now - FRESH)
    known = set(lately.values_list("url", flat=True)) if urls else set()
    seen = check([url for url in urls if url not in known], now, allowed)
    dead = {
        url: _("Länken %(url)s fungerar inte: %(why)s.") % {"url": url, "why": each.reason}
        for url, each in seen.items()
        if each.state == State.DEAD
    }
    return {key: dead[url] for key, each in held.items() for url in reversed(each) if url in dead}


def check(urls: Collection[str], now: datetime, allowed: Callable[[str], bool] = is_public) -> dict[str, Seen]:
    """Look at some links at once; remember of those that our texts hold how it went."""
    if not urls:
        return {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(urls, pool.map(lambda url: look(url, allowed), urls), strict=True))
    ours = {check.url: check for check in LinkCheck.objects.filter(url__in=urls)}
    for url, each in seen.items():
        if known := ours.get(url):
            _remember(known, each, now)
    return seen


def _remember(known: LinkCheck, seen: Seen, now: datetime) -> None:
    """What was dead stays so until it is surely well again, and the other way round."""
    known.checked_at = now
    if seen.state != State.UNSURE or known.state == State.UNSURE:
        known.state, known.reason = seen.state, seen.reason
        known.dead_since = (known.dead_since or now) if seen.state == State.DEAD else None
        known.told_at = known.told_at if seen.state == State.DEAD else None
    known.save()


def check_all(now: datetime, allowed: Callable[[str], bool] = is_public) -> int:
    """Look at every link of the texts in use, and tell the owners of those that hold a dead one; give how many are."""
    used = _used()
    LinkCheck.objects.exclude(url__in=used).delete()
    LinkCheck.objects.bulk_create(
        [LinkCheck(url=url, state=State.UNSURE, checked_at=now) for url in used], ignore_conflicts=True
    )
    check(sorted(used), now, allowed)
    dead = LinkCheck.objects.filter(state=State.DEAD)
    with override(settings.LANGUAGE_CODE):
        for each in dead.filter(told_at=None):
            _tell(each, used[each.url], now)
    return dead.count()


def _used() -> dict[str, list[RedirectTarget | ReplyTemplate]]:
    """Give each link of a text in use with the texts that hold it. Two queries."""
    found: dict[str, list[RedirectTarget | ReplyTemplate]] = {}
    for target in RedirectTarget.objects.filter(is_active=True).select_related("owner"):
        for url in in_text(f"{target.url} {target.text}"):
            found.setdefault(url, []).append(target)
    for template in ReplyTemplate.objects.filter(is_active=True).select_related("owner"):
        for url in in_text(" ".join([template.text, *template.variants.values()])):
            found.setdefault(url, []).append(template)
    return found


def _tell(dead: LinkCheck, texts: Iterable[RedirectTarget | ReplyTemplate], now: datetime) -> None:
    """Mail the owners of the texts; where none has one, whoever runs the installation."""
    names = ", ".join(str(each) for each in texts)
    people = {each.owner for each in texts if each.owner and each.owner.email and each.owner.is_active}
    if not people:
        people = set(User.objects.filter(is_active=True, memberships__role="admin").exclude(email=""))
    where = settings.BASE_URL + reverse("inbox:redirects")
    context = {"url": dead.url, "why": dead.reason, "names": names, "where": where}
    subject = _("Gensvar: en länk i %s fungerar inte") % " ".join(names.split())[:100]
    try:
        for person in sorted(people, key=str):
            text = render_to_string("mail/dead_link.txt", context | {"name": person.get_short_name()})
            EmailMessage(subject, text, to=[person.email]).send()
    except OSError as error:  # tried again the next night
        log.warning("The owners of a dead link could not be told: %s", type(error).__name__)
        return
    LinkCheck.objects.filter(pk=dead.pk).update(told_at=now)
