"""The pages for people: the pretend platforms as citizens see them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> str:
    """Show the list of platforms."""
    return "sandbox"
