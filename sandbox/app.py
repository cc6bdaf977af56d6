"""What answers under which address: the platforms, the citizens' pages, the control API; and the log of requests.

A platform module `sandbox.NAME` has a Flask `blueprint` with the platform's own paths and `fault_answer(kind)`, and
gets the store by `current_app.config["WORLD"]`. It sets `flask.g.account` to the id of the account whose token came.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import threading
from collections import deque
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider

from sandbox import control, oauth, pages
from sandbox.entries import PLATFORMS, iso
from sandbox.faults import SPOKEN, Application, Dropped, Faults, Wire
from sandbox.pushing import Pusher
from sandbox.world import World

PATHS = {
    "twitter": re.compile(r"^/(2|i/oauth2|oauth(?!/v2/))/"),
    "instagram": re.compile(r"^/v\d+\.\d+/(1[78]\d{15}\b|ig_hashtag_search|\?(.*&)?ids=1[78]\d{15}\b)"),
    "facebook": re.compile(r"^/v\d+\.\d+/"),
    "linkedin": re.compile(r"^/(rest|oauth/v2)/"),
    "youtube": re.compile(r"^/(youtube/|upload/youtube/|token$|revoke$|o/oauth2/|oauth2/v\d+/)"),
}
KEPT_REQUESTS = 20_000


class JSON(DefaultJSONProvider):
    """Writes JSON as the platforms send it: ASCII, keys in the order they were given."""

    ensure_ascii = True
    sort_keys = False


def create_app(world: World) -> Flask:
    """Make the application over a world; its faults are in `config["FAULTS"]`, its log in `config["REQUESTS"]`."""
    app = Flask("sandbox", static_url_path="/_sandbox/static")
    faults = Faults()
    modules = {name: _module(name) for name in PLATFORMS}
    app.config.update(WORLD=world, FAULTS=faults, REQUESTS=deque(maxlen=KEPT_REQUESTS), MODULES=modules)
    app.config.update(PUSHER=Pusher(world))
    app.config.update(ENDED=threading.Event(), STORMS=[])  # what ends the threads that write, and those of the storms
    app.json = JSON(app)
    for module in filter(None, modules.values()):
        if hasattr(module, "blueprint"):  # Instagram is answered under Facebook's addresses
            app.register_blueprint(module.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(control.blueprint)
    app.before_request(_spoken_fault)
    app.register_blueprint(oauth.blueprint)  # after the faults: they strike those who bring a code too
    app.after_request(_remember_account)
    app.wsgi_app = Log(Wire(app.wsgi_app, faults, platform_of), app)  # type: ignore[method-assign]
    return app


def platform_of(path: str, query: str = "") -> str | None:
    """Tell to which platform a request belongs, by its ids where addresses are shared; None for pages and control."""
    asked = f"{path}?{query}"
    return next((name for name, pattern in PATHS.items() if pattern.match(path) or pattern.match(asked)), None)


def _module(name: str) -> ModuleType | None:
    return importlib.import_module(f"sandbox.{name}") if importlib.util.find_spec(f"sandbox.{name}") else None


def _spoken_fault() -> Response | None:
    """Let the platform's module answer with a fault that is on, in the platform's own words."""
    platform = platform_of(request.path, request.query_string.decode())
    module = current_app.config["MODULES"].get(platform)
    if platform is None or module is None:
        return None
    faults: Faults = current_app.config["FAULTS"]
    for fault in faults.find(platform, request.method, request.path, SPOKEN):
        answer: Response | None = module.fault_answer(fault.kind)
        if answer is not None and faults.use(fault):
            request.environ["sandbox.line"]["fault"] = fault.kind
            return answer
    return None


def _remember_account(response: Response) -> Response:
    if line := request.environ.get("sandbox.line"):
        line["account"] = g.get("account")
    return response


class Log:
    """Notes each request to a platform, those without an answer too (status None)."""

    def __init__(self, application: Application, app: Flask) -> None:
        self._application = application
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        platform = platform_of(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if platform is None:
            return self._application(environ, start_response)
        line = {
            "at": iso(self._app.config["WORLD"].now()),
            "platform": platform,
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ.get("QUERY_STRING", ""),
            "status": None,
            "account": None,
            "fault": None,
        }
        self._app.config["REQUESTS"].append(line)
        environ["sandbox.line"] = line  # shared, however often the environment is copied on its way

        def noted(status: str, headers: Any, exc_info: Any = None) -> Any:
            line["status"] = int(status.split()[0])
            return start_response(status, headers, exc_info)

        try:
            return self._application(environ, noted)
        except Dropped:
            line["status"] = None
            raise
