"""What every page needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.permissions import Permission, may


def page(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"municipality": settings.MUNICIPALITY}
    return {"municipality": settings.MUNICIPALITY, "may": {p.value: may(user, p) for p in Permission}}
