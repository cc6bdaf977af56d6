"""Saved views: keep a filter or a search under a name, share it, order, rename and remove it."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, may, require
from inbox.deciding.acting import Refused
from inbox.models import SavedView
from inbox.selectors import Filters

MOST = 30  # of one person: a menu that is longer is no menu


@transaction.atomic
def save(filters: Filters, *, name: str, shared: bool, by: User, now: datetime) -> SavedView:
    """Keep what the list shows under a name. Raises Refused."""
    require(by, Permission.ANSWER if shared else Permission.READ)
    own = SavedView.objects.filter(owner=by)
    if own.count() >= MOST:
        raise Refused(_("Du har redan %s sparade vyer. Ta bort någon först.") % MOST, "too_many")
    last = own.aggregate(last=Max("position"))["last"] or 0
    view = SavedView(
        owner=by, name=_name(name), query=filters.query(after="")[:500], shared=shared, position=last + 1, saved_at=now
    )
    _store(view)
    if shared:
        audit.record("view.shared", f"view:{view.pk}", by=by, now=now, query=view.query)
    return view


@transaction.atomic
def change(view: SavedView, *, name: str, shared: bool, by: User, now: datetime) -> SavedView:
    """Give a view another name, or share it, or no longer. Raises Refused."""
    _require(view, by)
    if shared and not view.shared:
        require(by, Permission.ANSWER)
        audit.record("view.shared", f"view:{view.pk}", by=by, now=now, query=view.query)
    elif view.shared and not shared:
        audit.record("view.unshared", f"view:{view.pk}", by=by, now=now)
    view.name, view.shared = _name(name), shared
    _store(view)
    return view


@transaction.atomic
def move_up(view: SavedView, *, by: User) -> None:
    """Let a view change places with the one above it."""
    _require(view, by)
    rows = list(SavedView.objects.select_for_update().filter(owner=view.owner_id, shared=view.shared).order_by("pk"))
    rows.sort(key=lambda row: (row.position, row.pk))
    at = next((place for place, row in enumerate(rows) if row.pk == view.pk), 0)
    if at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    for place, row in enumerate(rows, 1):
        row.position = place
    SavedView.objects.bulk_update(rows, ["position"])


@transaction.atomic
def remove(view: SavedView, *, by: User, now: datetime) -> None:
    _require(view, by)
    if view.shared:
        audit.record("view.removed", f"view:{view.pk}", by=by, now=now, query=view.query)
    view.delete()


def may_change(view: SavedView, user: User) -> bool:
    """One's own; and what is shared, whoever looks after texts that are everybody's."""
    return view.owner_id == user.pk or (view.shared and may(user, Permission.MANAGE_TEXTS))


def _require(view: SavedView, by: User) -> None:
    if not may_change(view, by):
        raise Refused(_("Vyn är någon annans."), "not_yours")


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())[:60]
    if not name:
        raise Refused(_("Ge vyn ett namn."), "no_name")
    return name


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Refused(_("Du har redan en vy som heter så."), "name_taken") from error
