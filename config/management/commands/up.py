"""Everything in one terminal: the embedded services, the sandbox, the demo, web, worker and beat."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config import checks, embedded, health, supervisor
from config.layout import hold, private_folder

HOST = "127.0.0.1"
WEB_PORT = 8000
PORTS = 100  # how many ports after the default are tried
PATIENCE = 180  # seconds until all must answer; a first start on a slow disk takes a few
PAUSE = 0.1  # seconds between two looks at the processes
QUEUES = "poll,deliver,default"
THREADS = 4  # so that two long polls leave room for what a citizen waits for


class Refused(Exception):
    """Why nothing can run; `code` is for scripts, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """Somebody wants us to end."""


class Command(BaseCommand):
    requires_system_checks = ()  # they would load every page, which the web process does anyway
    help = "Run everything in one terminal and print its address and the demo's sign-ins. Ctrl-C ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-sandbox", action="store_true", help="without stand-ins of the platforms and the demo")
        parser.add_argument("--port", type=int, help=f"default: the first free one from {WEB_PORT} on")

    def handle(self, *, no_sandbox: bool, port: int | None, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end)
        up = Up()
        try:
            up.start(port, with_sandbox=not no_sandbox)
            up.stay()
        except Stopped:
            pass
        except (Refused, embedded.NotStarted) as error:
            code = getattr(error, "code", "services")
            self.stdout.write(json.dumps({"error": {"code": code, "message": str(error)}}, ensure_ascii=False))
            sys.exit(1)
        finally:
            up.stop()


def end(number: int, frame: FrameType | None) -> None:
    raise Stopped


class Up:
    """The processes of one installation, in the order in which they need each other."""

    def __init__(self) -> None:
        self.children: list[supervisor.Child] = []
        self.users: list[dict[str, str]] = []
        self.worker = f"up-{os.getpid()}@gensvar"
        self.has_sandbox = False
        self.services_wanted_at = 0.0

    def start(self, port: int | None, *, with_sandbox: bool) -> None:
        """Start all and say so once all answer."""
        self.has_sandbox = with_sandbox
        self.only_one()
        self.listening = listen(port)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        os.environ.setdefault("BASE_URL", self.url)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        self.keep_services()
        if with_sandbox:
            os.environ.setdefault("MUNICIPALITY", "Exempelby kommun")
            self.start_sandbox()
        make_ready_database()
        self.run(web(self.listening))
        self.run(worker(self.worker))
        if with_sandbox:
            self.await_sandbox()
            self.load_demo()
        self.run(beat())  # after the demo, which reads the week itself: only beat has the worker poll
        self.wait_until(partial(health.web, HOST, self.port), "The web process")
        self.wait_until(partial(health.worker, self.worker), "The worker")
        self.announce()

    def only_one(self) -> None:
        """Refuse a second `up` on the same folder: two sandboxes would write the same file."""
        private_folder(settings.VAR_DIR / "run")
        try:
            self.lock = hold(settings.VAR_DIR / "run" / "up", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("running", f"Gensvar runs already with {settings.VAR_DIR}.") from None

    def run(self, child: supervisor.Child) -> supervisor.Child:
        self.children.append(child)
        child.start()
        return child

    def keep_services(self) -> None:
        """Have the embedded services up, whatever happened to them."""
        if embedded.is_wanted():
            embedded.ensure(settings.VAR_DIR)

    def start_sandbox(self) -> None:
        """Start the sandbox; it writes a week of history while we go on, and pushes to us what comes after."""
        told_at = f"{self.url}/webhook/"
        sandbox = supervisor.command("sandbox", "--dir", str(settings.VAR_DIR), "--demo", "--webhooks", told_at)
        self.sandbox = self.run(supervisor.Child("sandbox", sandbox))

    def await_sandbox(self) -> None:
        """Wait until the sandbox answers, on a port of its own choice, which it keeps when it is started again."""
        if not wait(partial(is_settled, self.sandbox)) or not self.sandbox.is_alive:
            raise Refused("sandbox", "The sandbox does not start; its last words stand above.")
        self.sandbox.command = [*self.sandbox.command, "--port", told_by_sandbox()["url"].rsplit(":")[-1]]

    def load_demo(self) -> None:
        """Load the demo municipality, in a process of its own so that its memory is given back."""
        demo = subprocess.Popen(
            supervisor.command("manage", "demo"), cwd=supervisor.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.wait_until(lambda: demo.poll() is not None, "The demo")
        answer, _ = demo.communicate()
        if demo.returncode:
            raise Refused("demo", "The demo could not be loaded; the reason stands above.")
        self.users = json.loads(answer.splitlines()[-1])["users"]

    def wait_until(self, condition: Callable[[], bool], who: str) -> None:
        if not wait(condition, meanwhile=self.mend):
            raise Refused("timeout", f"{who} did not answer within {PATIENCE} s; the reason stands above.")

    def announce(self) -> None:
        """Say in JSON for programs and in words for people where it runs and who may sign in."""
        print(json.dumps({"url": self.url, "users": self.users}, ensure_ascii=False), flush=True)
        lines = ["", f"Gensvar runs at {self.url}"]
        if self.has_sandbox:
            lines.append(f"Citizens write at {told_by_sandbox()['url']}")
        lines += [f"  {user['role']:<13} {user['username']:<16} {user['password']}" for user in self.users]
        sys.stderr.write("\n".join([*lines, "Ctrl-C ends it.", "", ""]))
        sys.stderr.flush()

    def mend(self) -> None:
        """Start again what died. What cannot be started is tried again later, not ten times a second."""
        if time.monotonic() > self.services_wanted_at:
            try:
                self.keep_services()
            except embedded.NotStarted as error:
                supervisor.say("services", str(error))
                self.services_wanted_at = time.monotonic() + supervisor.LONGEST_PAUSE
        supervisor.mend(self.children)

    def stay(self) -> None:
        """Restart what dies, until told to end."""
        while True:
            self.mend()
            time.sleep(PAUSE)

    def stop(self) -> None:
        """End all, the embedded services too if nobody else uses them."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop(list(reversed(self.children)))
        embedded.let_go(settings.VAR_DIR, linger=False)


def web(listening: socket.socket) -> supervisor.Child:
    number = listening.fileno()
    return supervisor.Child("web", supervisor.command("config.web", str(number)), pass_fds=[number])


def worker(name: str) -> supervisor.Child:
    """Describe the worker: threads, so that a kill -9 leaves no children of its own behind."""
    options = ["--queues", QUEUES, "--pool", "threads", "--concurrency", str(THREADS), "--prefetch-multiplier", "1"]
    options += ["--hostname", name, "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    return supervisor.Child(
        "worker",
        supervisor.command("celery", "--quiet", "-A", "config", "worker", *options),
        environment={"PYTHONWARNINGS": "ignore:You're running the worker with superuser"},
    )


def beat() -> supervisor.Child:
    options = ["--schedule", str(settings.VAR_DIR / "run" / "beat"), "--pidfile", "", "--loglevel", "WARNING"]
    return supervisor.Child("beat", supervisor.command("celery", "--quiet", "-A", "config", "beat", *options))


def wait(condition: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> bool:
    """Wait until the condition holds; False if it does not in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        meanwhile()
        time.sleep(PAUSE)
    return True


def is_settled(sandbox: supervisor.Child) -> bool:
    """Whether the sandbox has told its address, or has died."""
    return not sandbox.is_alive or told_by_sandbox().get("pid") == sandbox.pid


def told_by_sandbox() -> dict[str, Any]:
    """Give what the sandbox says of itself, nothing if there is none."""
    with suppress(OSError, ValueError):
        return dict(json.loads((settings.VAR_DIR / "sandbox.json").read_text()))
    return {}


def listen(port: int | None) -> socket.socket:
    """Take the port that was asked for, or the first free one from the default on."""
    for candidate in [port] if port is not None else range(WEB_PORT, WEB_PORT + PORTS):
        with suppress(OSError):
            return socket.create_server((HOST, candidate), backlog=512)
    which = f"Port {port} is" if port is not None else f"The ports {WEB_PORT} to {WEB_PORT + PORTS - 1} are"
    raise Refused("port_taken", f"{which} taken by another program.")


def make_ready_database() -> None:
    """Migrate the embedded database; refuse a named one that is not migrated, since that is its owner's to do."""
    if not os.environ.get("DATABASE_URL"):
        embedded.migrate_if_needed()
        return
    for wrong in checks.swedish_letters(None, databases=["default"]):
        raise Refused("database", f"{wrong.msg} {wrong.hint}")
    try:
        call_command("migrate", check_unapplied=True, verbosity=0)
    except SystemExit:
        raise Refused("not_migrated", "The named database lacks migrations; run `manage.py migrate` first.") from None
