"""The pages' world: a time that stands still, people in every role."""

from tests.pages.conftest import _standing_still, anna, at, sign_in

__all__ = ["_standing_still", "anna", "at", "sign_in"]
