"""Run the sandbox: `python -m sandbox --dir DIR [--port N] [--demo] [--quiet]`.

State lies in DIR/sandbox.sqlite3; once it answers, DIR/sandbox.json says where, as which process, and with which
channels. Ends on SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox import credentials, municipality, oauth
from sandbox.app import create_app
from sandbox.citizens.beside import write_beside
from sandbox.citizens.live import Citizens
from sandbox.citizens.unread import write_unread
from sandbox.citizens.week import write_week
from sandbox.server import Server
from sandbox.world import World

DEFAULT_PORT = 8790
PORTS = 50  # how many ports from the default on are tried


def main() -> int:
    """Serve until told to end."""
    options = _options()
    options.dir.mkdir(parents=True, exist_ok=True)
    world = World(options.dir / "sandbox.sqlite3")
    if options.demo:
        seed(world, options.seed)
    app = create_app(world)
    server = _listen(app, options.port)
    if server is None:
        print(f"Port {options.port or DEFAULT_PORT} is in use.", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    pusher = app.config["PUSHER"]
    pusher.point_at(options.webhooks)
    citizens = Citizens(world, seed=options.seed, pause=options.pause)
    if options.demo and not options.quiet:
        citizens.start()
    told = options.dir / "sandbox.json"
    channels = credentials.registered(world)
    _tell(told, {"url": server.url, "pid": os.getpid(), "channels": channels, "apps": oauth.apps()})
    print(f"The sandbox runs at {server.url}", file=sys.stderr, flush=True)
    ended.wait()
    citizens.stop()
    pusher.stop()
    told.unlink(missing_ok=True)
    server.stop()
    world.close()
    return 0


def seed(world: World, number: int) -> None:
    """Give an empty world its municipality and a week of history; leave any other as it is."""
    with world.together():
        municipality.settle(world)
        if not world.count(include_deleted=True):
            write_week(world, seed=number, now=world.now())
            write_beside(world, now=world.now())
            write_unread(world, seed=number, now=world.now())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="Stand-ins of the platforms, over HTTP.")
    parser.add_argument("--dir", type=Path, required=True, help="where its state lies")
    parser.add_argument("--port", type=int, help=f"else the first free one from {DEFAULT_PORT} on")
    parser.add_argument("--demo", action="store_true", help="with Exempelby, a week of history and citizens who go on")
    parser.add_argument("--webhooks", default="", help="the address to push to, such as http://127.0.0.1:8000/webhook/")
    parser.add_argument("--quiet", action="store_true", help="nobody writes by himself")
    parser.add_argument("--seed", type=int, default=1, help="another number, another week")
    parser.add_argument("--pause", type=float, default=45, help="seconds between two comments, on average")
    return parser.parse_args()


def _listen(app: Any, port: int | None) -> Server | None:
    for candidate in [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS):
        try:
            return Server(app, candidate)
        except OSError:
            continue
    return None


def _tell(path: Path, told: dict[str, Any]) -> None:
    """Write the file at once, so that nobody reads half of it."""
    fresh = path.with_suffix(".json.new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(told, ensure_ascii=False, indent=1))
    fresh.replace(path)


if __name__ == "__main__":
    raise SystemExit(main())
