"""Tables as files: CSV and XLSX that a Swedish spreadsheet opens as they are meant, and JSON. Paper: `paper.py`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from django.utils import timezone

from accounts.trail import harmless
from insights.tables import Cell, Table

MARK = "\ufeff"  # by which a spreadsheet knows UTF-8
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
WIDEST = 60  # characters of a column


class _Echo:
    def write(self, text: str) -> str:
        return text


def as_csv(table: Table) -> Iterator[str]:
    """Write a table line by line: semicolons, decimal commas, and no cell that a spreadsheet takes for a formula."""
    writer: Any = csv.writer(_Echo(), delimiter=";")
    yield MARK + writer.writerow(table.columns.values())
    for row in table.rows:
        yield writer.writerow([_words(cell) for cell in row])


def _words(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, float):
        return str(cell).replace(".", ",")
    if isinstance(cell, int):
        return str(cell)
    return harmless(cell or "")


def as_xlsx(tables: Iterable[Table], *, title: str) -> bytes:
    """Write a workbook, a sheet a table: numbers as numbers, times as times, and every text as nothing but text."""
    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options | {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        book.set_properties({"title": title})
        bold = book.add_format({"bold": True, "bottom": 1})
        for table in tables:
            sheet = book.add_worksheet(sheet_name(table.name))
            sheet.freeze_panes(1, 0)
            for column, heading in enumerate(table.columns.values()):
                sheet.set_column(column, column, min(max(len(heading) + 4, 14), WIDEST))
                sheet.write_string(0, column, heading, bold)
            for number, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    _write(sheet, number, column, cell)
    return file.getvalue()


def sheet_name(name: str) -> str:
    """Give a name that a sheet may have: at most 31 characters, none of those that stand for places."""
    return _NOT_IN_NAMES.sub(" ", name)[:31].strip(" '") or "-"


def _write(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, timezone.localtime(cell).replace(tzinfo=None))
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, cell)


def as_json(tables: Iterable[Table], **about: Any) -> dict[str, Any]:
    """Give each table as a list of objects under its key; times with their offset."""
    return about | {table.key: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for table in tables}
