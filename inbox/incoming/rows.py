"""Many rows in one statement: what Django's bulk_create and bulk_update do, at a third of the cost.

Values are bound by position and cast to their column's type, so that a column of nothing but NULL works as well.
Callers sort their rows by the unique key, so that two workers that write the same rows wait and never deadlock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

Row = Sequence[Any]


def insert(
    model: type[models.Model], fields: Sequence[str], rows: Collection[Row], *give: str
) -> list[tuple[Any, ...]]:
    """Insert rows, leaving out those that are there already; give the named fields of those that were not."""
    if not rows:
        return []
    names, _types = _columns(model, tuple(fields))
    given, _types = _columns(model, give or ("id",))
    sql = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES {_places(rows, len(names))}"
        f" ON CONFLICT DO NOTHING RETURNING {', '.join(given)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _flat(rows))
        return list(cursor.fetchall())


def select(model: type[models.Model], fields: Sequence[str], where: str, *values: Any, lock: bool = False) -> list[Any]:
    """Give the named fields of the rows where a condition holds, as tuples; `lock` takes them in the order of ids.

    What a filter of Django's would find, without building it anew for each of a thousand pages.
    """
    names, _types = _columns(model, tuple(fields))
    sql = f"SELECT {', '.join(names)} FROM {model._meta.db_table} WHERE {where}"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY id FOR NO KEY UPDATE" if lock else sql, values)
        return list(cursor.fetchall())


def select_either(
    model: type[models.Model], fields: Sequence[str], *conditions: tuple[str, Sequence[Any]]
) -> list[Any]:
    """Give the named fields of the rows where one of some conditions holds, again for each further one that does.

    Each is found by its own index. Were they one condition with OR, the planner would weigh a long list of values for
    many times as long as it takes to read them.
    """
    names, _types = _columns(model, tuple(fields))
    sql = f"SELECT {', '.join(names)} FROM {model._meta.db_table} WHERE"
    with connection.cursor() as cursor:
        each = [f"{sql} {where}" for where, _values in conditions]
        cursor.execute(" UNION ALL ".join(each), [value for _where, values in conditions for value in values])
        return list(cursor.fetchall())


def update(model: type[models.Model], fields: Sequence[str], rows: Collection[Row]) -> int:
    """Set fields of rows; each row is its id followed by the values. Give how many there were."""
    if not rows:
        return 0
    names, types = _columns(model, tuple(fields))
    changes = ", ".join(f"{name} = v.{name}::{kind}" for name, kind in zip(names, types, strict=True))
    sql = (
        f"UPDATE {model._meta.db_table} t SET {changes}"
        f" FROM (VALUES {_places(rows, len(names) + 1)}) v (id, {', '.join(names)}) WHERE t.id = v.id::bigint"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _flat(rows))
        return int(cursor.rowcount)


def create(objects: Collection[models.Model], fields: Sequence[str]) -> None:
    """Insert objects of one model and give them their ids. Unlike `insert`, what is there already is an error."""
    if not objects:
        return
    model = type(next(iter(objects)))
    names, _types = _columns(model, tuple(fields))
    attributes = [model._meta.get_field(name).attname for name in fields]  # type: ignore[union-attr]
    found = [[getattr(each, attribute) for attribute in attributes] for each in objects]
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES {_places(found, len(names))} RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(sql, _flat(found))
        for each, (pk,) in zip(objects, cursor.fetchall(), strict=True):
            each.pk = pk


def among(model: type[models.Model], field: str, values: Collection[Any]) -> RawSQL:
    """Give the condition `field IN values` bound as one array: Django prepares each value of a long list by itself."""
    (column,), (kind,) = _columns(model, (field,))
    return _condition(f'"{model._meta.db_table}".{column} = ANY(%s::{kind}[])', values)


def overlapping(model: type[models.Model], field: str, values: Collection[Any]) -> RawSQL:
    """Give the condition that an array which is not empty holds one of the values, for a partial index of such."""
    (column,), (kind,) = _columns(model, (field,))
    column = f'"{model._meta.db_table}".{column}'
    return _condition(f"({column} && %s::{kind} AND NOT {column} = '{{}}')", values)


def _condition(sql: str, values: Collection[Any]) -> RawSQL:
    return RawSQL(sql, [list(values)], output_field=_BOOLEAN)


_BOOLEAN = models.BooleanField()


@lru_cache(maxsize=64)
def _columns(model: type[models.Model], fields: tuple[str, ...]) -> tuple[list[str], list[str]]:
    found = [model._meta.get_field(name) for name in fields]
    # Without its length: a cast to varchar(200) cuts in silence, an assignment refuses.
    types = [re.sub(r"\(.*\)", "", field.db_type(connection) or "") for field in found]
    return [f'"{field.column}"' for field in found], types


def _places(rows: Collection[Row], width: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * width)})"] * len(rows))


def _flat(rows: Collection[Row]) -> list[Any]:
    return [value for row in rows for value in row]
