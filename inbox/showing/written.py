"""SQL that is written once in a process and asked again with other values.

Django writes a query anew each time it is asked; for a page that counts a dozen views this takes longer than PostgreSQL
needs to answer. Here a query is written for somebody, at some time, after some row, and then these give their places to
whoever asks. Only for those who see the whole inbox: what others see hangs on more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from accounts.permissions import memberships_of

Sql = tuple[str, Sequence[Any]]
Write = Callable[[User, Any, datetime], tuple[Sql, ...]]

# What stands in a query until it is asked: nothing of ours has such an id, and nothing happened then.
SOMEBODY, SOME_ROW = 715_046_123_291_001, 715_046_123_291_002
SOME_TIME, TIME_OF_ROW = datetime(1987, 3, 29, 5, 6, 7, 123457, UTC), datetime(1986, 4, 28, 6, 7, 8, 234568, UTC)


def asked_again(write: Write, user: User, asked: Any, values: Mapping[Any, Any]) -> tuple[Sql, ...]:
    """Give what `write(user, asked, now)` gives, from memory where it was written before.

    `values`: what stands in the places of SOMEBODY, SOME_TIME and so on, and of what is computed from them.
    """
    given = {SOMEBODY: user.pk, **values}
    written = _written(write, tuple(memberships_of(user)), asked)
    return tuple((sql, [_value(param, given) for param in params]) for sql, params in written)


def _value(param: Any, given: Mapping[Any, Any]) -> Any:
    return given.get(param, param) if isinstance(param, int | datetime) else param


@lru_cache(maxsize=1024)  # a few hundred views, states and accounts, for each set of roles that somebody has
def _written(write: Write, memberships: tuple[tuple[str, int | None], ...], asked: Any) -> tuple[Sql, ...]:
    somebody = User(pk=SOMEBODY)
    somebody._memberships = list(memberships)  # type: ignore[attr-defined]
    return write(somebody, asked, SOME_TIME)


def sql_of(rows: QuerySet[Any, Any]) -> Sql:
    """Give the SQL of a query for ids, also of one that Django knows to find nothing."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint AS pk WHERE FALSE", ()


def rows(sql: Sql, given: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
    """Ask what was written once. What PostgreSQL gives stays as it is: JSON a text."""
    text, params = sql
    with connection.cursor() as cursor:
        cursor.execute(text, [_value(param, given) for param in params])
        return cursor.fetchall()


def spelled_out(rows: QuerySet[Any, Any]) -> dict[str, RawSQL]:
    """Give the annotations of a query in SQL, to annotate the same rows with when they are shown themselves.

    They may look at the rows' own columns only: what is joined to them may be called otherwise another time.
    """
    compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
    annotations = rows.query.annotations.items()
    return {name: RawSQL(*compiler.compile(each), each.output_field) for name, each in annotations}
