#!/usr/bin/env python
"""Gensvar's commands."""

import json
import os
import sys

from config import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    try:
        embedded.prepare(sys.argv)
    except embedded.NotStarted as error:
        print(json.dumps({"error": {"code": "not_started", "message": str(error)}}, ensure_ascii=False))
        sys.exit(1)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
