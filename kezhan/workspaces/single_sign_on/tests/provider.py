"""An OpenID provider, a process of its own: written from OpenID Connect Core 1.0, RFC 6749 and RFC 7636. It
lets in whoever `/told` says is sitting at the browser, and does what is wrong where it is told so.

Prints its port. One user, one client at a time; nothing of Kezhan's code is in it.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "kezhan:desk", "p@ss word/+"


class Provider:
    def __init__(self) -> None:
        self.issuer = ""
        self.user: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.number = 0
        self.rotate()

    def rotate(self) -> None:
        self.number += 1
        self.key = RSAKey.generate_key(2048, {"kid": f"key-{self.number}", "use": "sig"})

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.told.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": [self.told.get("auth", "client_secret_basic")],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        needed = {"openid"} <= set(asked["scope"].split()) and asked["response_type"] == "code"
        if not needed or asked["client_id"] != CLIENT or asked["code_challenge_method"] != "S256":
            return (
                f"{asked['redirect_uri']}?{urlencode({'error': 'invalid_request', 'state': asked['state']})}"
            )
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)  # once
        if asked is None or form.get("grant_type") != "authorization_code":
            return None
        if authorization:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            client, secret = map(unquote, pair)
        else:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (client, secret) != (CLIENT, SECRET) or challenge != asked["code_challenge"]:
            return None
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked)}

    def id_token(self, asked: dict[str, str]) -> str:
        at = int(time.time()) + int(self.told.get("skew", 0))
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        claims |= self.user | self.told.get("claims", {})
        if self.told.get("algorithm") == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        if self.told.get("algorithm") == "none":
            parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
            return ".".join([*(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts), ""])
        key = self.key
        if self.told.get("foreign_key"):
            key = RSAKey.generate_key(2048, {"kid": self.key.kid or ""})
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)


PROVIDER = Provider()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._say(PROVIDER.discovery())
        elif parts.path == "/keys":
            self._say({"keys": [PROVIDER.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("location", PROVIDER.authorize(asked))
            self.end_headers()
        else:
            self._say({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        if self.path == "/told":
            told = json.loads(body)
            PROVIDER.user, PROVIDER.told = told.pop("user", PROVIDER.user), told
            if told.pop("rotate", False):
                PROVIDER.rotate()
            self._say({})
        elif self.path == "/token":
            form = {name: values[0] for name, values in parse_qs(body).items()}
            given = PROVIDER.token(form, self.headers.get("authorization", ""))
            self._say(given or {"error": "invalid_grant"}, 200 if given else 400)
        else:
            self._say({"error": "not_found"}, 404)

    def _say(self, what: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    PROVIDER.issuer = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
