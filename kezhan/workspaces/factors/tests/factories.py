"""Devices for tests: an authenticator app, and a security key that speaks WebAuthn in software."""

import base64
import hashlib
import json
import os
import time
from uuid import UUID

import cbor2
import httpx2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kezhan.testing import Running

ORIGIN = "http://localhost"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """A passkey of one device, ES256. It makes sure who holds it (`verifies`), and counts its signatures."""

    def __init__(self, *, verifies: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.flags = 0x01 | (0x04 if verifies else 0)

    def make(self, options: str, origin: str = ORIGIN) -> str:
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(asked["rp"]["id"], 0x40) + attested
        return self._credential(
            {
                "clientDataJSON": b64(_client("webauthn.create", asked["challenge"], origin)),
                "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            }
        )

    def show(self, options: str, origin: str = ORIGIN) -> str:
        asked = json.loads(options)
        self.count += 1
        data, client = self._data(asked["rpId"]), _client("webauthn.get", asked["challenge"], origin)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signed)}
        )

    def _data(self, site: str, flags: int = 0) -> bytes:
        return (
            hashlib.sha256(site.encode()).digest()
            + bytes([self.flags | flags])
            + self.count.to_bytes(4, "big")
        )

    def _credential(self, response: dict[str, str]) -> str:
        names = {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key"}
        return json.dumps({**names, "response": response, "clientExtensionResults": {}})


def _client(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows, `steps` × 30 s from now."""
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


async def set_up_app(client: httpx2.AsyncClient) -> tuple[str, list[str]]:
    """The app's secret and the recovery codes. It has used the code of 30 s ago."""
    offer = (await client.post("/api/me/totp")).json()
    answer = await client.put("/api/me/totp", json={"code": code_of(offer["secret"], -1)})
    assert answer.status_code == 200, answer.text
    return offer["secret"], answer.json()["codes"]


async def set_up_key(client: httpx2.AsyncClient, key: Key, name: str = "手机") -> httpx2.Response:
    begun = (await client.post("/api/me/passkey-options")).json()
    body = {"step": begun["step"], "name": name, "credential": key.make(begun["options"])}
    return await client.post("/api/me/passkeys", json=body)


async def rewind(house: Running, user_id: UUID) -> None:
    """Whose password was given long ago."""
    async with house.db.system_tx() as tx:
        await tx.conn.exec_driver_sql(
            "update sessions s set proved_at = now() - interval '11 minutes' from memberships m"
            " where m.workspace_id = s.workspace_id and m.id = s.membership_id and m.user_id = $1",
            (user_id,),
        )
