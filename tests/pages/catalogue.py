"""The words of the pages, read from the sources and from the catalogues without gettext's own programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("accounts", "config", "connectors", "inbox", "insights", "sla")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
LITERAL = r"""[uU]?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""


def entries(language: str) -> dict[str, list[str]]:
    """Give what a catalogue's text holds: each msgid with its translation, or with both of a plural."""
    found: dict[str, list[str]] = {}
    for block in (ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            match = re.match(r"(msgid_plural|msgid|msgstr(?:\[\d\])?) ", line)
            name = match[1] if match else name
            fields[name] = fields.get(name, "") + ast.literal_eval(line[line.index('"') :])
        if fields.get("msgid"):
            found[fields["msgid"]] = [text for key, text in fields.items() if key.startswith("msgstr")]
    return found


def compiled(language: str) -> dict[str, list[str]]:
    """Give what the compiled catalogue holds, in the same shape."""
    with (ROOT / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        catalog = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    found: dict[str, list[str]] = {}
    for key, text in catalog.items():
        msgid = key[0] if isinstance(key, tuple) else key
        if msgid:
            found.setdefault(msgid, []).append(text)
    return found


def used() -> dict[str, str]:
    """Give every msgid of code and templates, with the file it stands in."""
    found: dict[str, str] = {}
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(_of_code(path.read_text()), str(path.relative_to(ROOT)))
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]:
        found |= dict.fromkeys(_of_template(path.read_text()), str(path.relative_to(ROOT)))
    return found


def _of_code(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _of_template(source: str) -> Iterator[str]:
    for match in re.finditer(rf"(?<!\w)(?:ngettext|gettext|_)\(\s*{LITERAL}", templatize(source)):
        yield ast.literal_eval(match[1])
