"""A small OpenID Connect provider over loopback: one person, whose groups the test decides, and signed tokens."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, redirect, request
from werkzeug.serving import make_server

CLIENT = "gensvar"


def a_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    claims: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "s-1",
            "preferred_username": "eva.ek",
            "name": "Eva Ek",
            "email": "eva@example.org",
            "groups": [],
        }
    )
    key: rsa.RSAPrivateKey = field(default_factory=a_key)
    url: str = ""

    def start(self) -> None:
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, key: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        about = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **claims}
        return jwt.encode(about, key or self.key, algorithm="RS256", headers={"kid": "k1"})

    def logout_token(self, **changes: Any) -> str:
        events = {"http://schemas.openid.net/event/backchannel-logout": {}}
        return self.token(**{"sub": self.claims["sub"], "events": events, **changes})

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.get("/.well-known/openid-configuration")
        def configuration() -> Any:
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in names.items()}
            return jsonify({**found, "issuer": self.url, "jwks_uri": f"{self.url}/jwks"})

        @app.get("/authorize")
        def authorize() -> Any:
            return redirect(f"{request.args['redirect_uri']}?code=c&state={request.args['state']}")

        @app.post("/token")
        def token() -> Any:
            return jsonify({"access_token": "a", "token_type": "Bearer", "id_token": self.token(**self.claims)})

        @app.get("/userinfo")
        def userinfo() -> Any:
            return jsonify(self.claims)

        @app.get("/jwks")
        def jwks() -> Any:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return jsonify({"keys": [{**public, "kid": "k1", "alg": "RS256"}]})

        return app
