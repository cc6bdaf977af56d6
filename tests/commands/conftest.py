"""The fixture `shell`."""

from tests.commands.run import shell  # noqa: F401
