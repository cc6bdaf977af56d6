"""The settings of the tests: the program's own, over services of their own, with a hasher that costs nothing."""

import os
from pathlib import Path

os.environ.setdefault("VAR_DIR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ.setdefault("MUNICIPALITY", "Exempelby kommun")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Each of the parallel workers empties its cache, and nobody else's.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CACHES = {"default": CACHES["default"] | {"LOCATION": f"{REDIS_URL}?db={1 + _worker % 15}"}}  # noqa: F405

DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  (a database that is to be dropped may have nobody connected)
