"""Print where a Chromium is; install Debian's if there is none and we may, or say in one sentence what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
MISSING = (
    "No Chromium was found: install the package chromium, or name one in CHROMIUM "
    '(without one, `.venv/bin/pytest -m "not browser"` runs the other tests).'
)


def find() -> str | None:
    """Give the path of a Chromium: the one that is named, one on the path, or Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or next((str(path) for path in (*MAC, *playwrights()) if path.exists()), None)


def playwrights() -> list[Path]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    with sync_playwright() as playwright:
        return [Path(playwright.chromium.executable_path)]


def install() -> None:
    """Install Debian's package, where that needs no question."""
    if not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not shutil.which("sudo"):
        return
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    print("No Chromium was found; installing Debian's.", file=sys.stderr)
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        if subprocess.run([*sudo, *settings, *command], stdout=sys.stderr, stdin=subprocess.DEVNULL).returncode:
            return


def main() -> None:
    found = find()
    if found is None and not os.environ.get("CHROMIUM"):
        install()
        found = find()
    if found is None:
        sys.exit(MISSING)
    print(found)


if __name__ == "__main__":
    main()
