"""A push service and the browsers that are subscribed with it. It knows nothing of how Kezhan seals: it opens
what arrives as RFC 8188 and RFC 8291 tell a browser to, with keys that only it has."""

import asyncio
import base64
import hashlib
import hmac
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from kezhan.kit.testing import PATIENCE

HOST = "push.example.com"
_POINT = (Encoding.X962, PublicFormat.UncompressedPoint)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One subscription; `got` are the opened messages, each beside the headers it came with."""

    path: str
    service_key: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen bytes ok"
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[dict[str, Any], dict[str, str]]] = field(default_factory=list)
    asked: int = 0

    def form(self, name: str = "手机", **more: str) -> dict[str, str]:
        point = self.key.public_key().public_bytes(*_POINT)
        address = {"endpoint": f"https://{HOST}{self.path}", "p256dh": _text(point), "auth": _text(self.auth)}
        return {**address, "name": name, **more}

    def open(self, body: bytes) -> dict[str, Any]:
        salt, (record, length) = body[:16], struct.unpack("!IB", body[16:21])
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= record == 4096
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        mine = self.key.public_key().public_bytes(*_POINT)
        shared = self.key.exchange(ec.ECDH(), point)
        secret = _hkdf(self.auth, shared, b"WebPush: info\x00" + mine + theirs, 32)
        cipher = AESGCM(_hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16))
        plain = cipher.decrypt(_hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12), sealed, None)
        words, end, padding = plain.rpartition(b"\x02")
        assert end
        assert not padding.strip(b"\x00")
        opened: dict[str, Any] = msgspec.json.decode(words)
        return opened

    def check(self, headers: dict[str, str]) -> None:
        """What a real service insists on: who sends, for how long, sealed how."""
        scheme, _, rest = headers["authorization"].partition(" ")
        token, key = (part.strip().partition("=")[2] for part in rest.split(","))
        assert (scheme, key) == ("vapid", self.service_key)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(key)).public_numbers()
        x, y = (_text(number.to_bytes(32, "big")) for number in (point.x, point.y))
        signer = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        claims = jwt.decode(token, signer, algorithms=["ES256"]).claims
        assert claims["aud"] == f"https://{HOST}"
        assert claims["sub"].startswith(("mailto:", "https://"))
        assert headers["content-encoding"] == "aes128gcm"
        assert int(headers["ttl"]) > 0
        assert headers["urgency"] in {"very-low", "low", "normal", "high"}
        assert 0 < len(headers["topic"]) <= 32


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, info).derive(hmac.digest(salt, secret, hashlib.sha256))


class PushService:
    """Listens on this machine; the house reaches it by the name HOST."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.port = 0

    def browser(self, key: str = "") -> Browser:
        made = Browser(f"/send/{len(self.browsers)}", key)
        self.browsers[made.path] = made
        return made

    def client(self) -> httpx2.AsyncClient:
        """What stands in for the open internet's names and certificates."""
        return httpx2.AsyncClient(transport=_Named(self), timeout=PATIENCE)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            path, headers = line.split()[1].decode(), {}
            while (header := (await reader.readline()).decode().strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status, more = self._take(path, headers, body)
            answer = "".join(f"{name}: {value}\r\n" for name, value in more.items())
            writer.write(f"HTTP/1.1 {status} X\r\n{answer}content-length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        browser = self.browsers.get(path)
        if browser is None:
            return 404, {}
        browser.asked += 1
        if browser.answers:
            return browser.answers.pop(0)
        try:
            browser.check(headers)
            browser.got.append((browser.open(body), headers))
        except (AssertionError, KeyError, ValueError):
            return 400, {}
        return 201, {"location": f"https://{HOST}/receipt"}


class _Named(httpx2.AsyncHTTPTransport):
    def __init__(self, service: PushService) -> None:
        super().__init__()
        self._service = service

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert (request.url.scheme, request.url.host) == ("https", HOST)
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._service.port)
        return await super().handle_async_request(request)


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    service = PushService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
