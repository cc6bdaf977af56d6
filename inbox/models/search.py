"""What full-text search looks in: a narrow table beside the items, kept by the database itself."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F

from inbox.models.items import Item


class SearchEntry(models.Model):
    """An item's words as Swedish stems; those of its author's name have weight A.

    Triggers follow the items (`searchable.py`), so that what is purged or deleted there can never be found here. It is
    a table of its own because an item is rewritten when its clock starts; beside it, a row of words is written once.
    """

    item = models.OneToOneField(
        Item, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="search_entry"
    )
    posted_at = models.DateTimeField()
    vector = SearchVectorField()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="search_words"),  # search.page
            models.Index(F("posted_at").desc(), F("item_id").desc(), name="search_by_newest"),  # search.page
        ]

    def __str__(self) -> str:
        return f"{self.item_id}"
