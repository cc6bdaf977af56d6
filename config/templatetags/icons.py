"""The tags of heroicons and the marks of platforms, each drawn once a process: the list has a hundred, and a tenth of
its time was theirs.
"""

from __future__ import annotations

from functools import lru_cache

import heroicons
from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def heroicon_micro(name: str, *, size: int = 16, **attrs: str) -> SafeString:
    return _drawn("micro", name, size, tuple(attrs.items()))


@register.simple_tag
def heroicon_mini(name: str, *, size: int = 20, **attrs: str) -> SafeString:
    return _drawn("mini", name, size, tuple(attrs.items()))


@lru_cache(maxsize=512)
def _drawn(style: str, name: str, size: int, attrs: tuple[tuple[str, str], ...]) -> SafeString:
    given = {key: str(value) + "" for key, value in attrs}  # what templates write counts as safe, and is not
    return mark_safe(heroicons._render_icon(style, str(name), size, given))


@register.simple_tag
def platform_mark(platform: str, name: str) -> SafeString:
    """The mark of a platform, with its name for those who hear the page."""
    return _platform(platform, str(name))


@lru_cache(maxsize=64)
def _platform(platform: str, name: str) -> SafeString:
    return render_to_string("parts/platform.html", {"platform": platform, "name": name})
