"""What it costs, in words."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from connectors.twitter.connector import LINK_PRICE, REPLY_PRICE
from connectors.twitter.polling import POST_READ

register = template.Library()


@register.filter
def dollars(amount: float) -> str:
    """Write a price in US dollars, which X bills in: `0,01 USD`, the small ones with three decimals."""
    decimals = 2 if amount == 0 or round(amount, 2) == round(amount, 3) else 3
    return f"{number_format(round(amount, decimals), decimals)} USD"


@register.simple_tag
def price_of_replies() -> str:
    """Say what X takes for a reply, and for one with an address in it, before it is sent."""
    words = {"plain": dollars(REPLY_PRICE), "link": dollars(LINK_PRICE)}
    return _("X tar ungefär %(plain)s för svaret, %(link)s om det finns en länk i det.") % words


def price_of_watching() -> str:
    """Say what X takes for a hashtag that is watched: for each post that has it, whoever wrote it."""
    words = {"one": dollars(POST_READ), "thousand": dollars(POST_READ * 1000)}
    return _("X tar ungefär %(one)s för varje inlägg med hashtaggen, %(thousand)s för tusen.") % words
