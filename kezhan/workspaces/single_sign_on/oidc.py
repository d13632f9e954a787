"""OpenID Connect as a relying party: discovery, the authorization code with PKCE, the ID token checked."""

import base64
import hashlib
import secrets
import time
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kezhan.kit.fetch import guarded_client, web_address
from kezhan.kit.log import log

# Of these the provider alone has the key; what is signed by a shared secret, or not at all, is nobody's word.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_LEEWAY = 60
"""Seconds that the provider's clock may be off."""
_KEPT = 600.0
_AGAIN = 10.0
"""Seconds after which keys are asked for again where one is not known."""
_MOST = 200


class SignOnFault(Exception):
    """It did not work; `why` is for who set the connection up."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Discovery(msgspec.Struct, frozen=True):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Client(NamedTuple):
    client_id: str
    secret: str


class Begun(msgspec.Struct, frozen=True):
    """What the browser that begins keeps, sealed, until it comes back; `at` is Unix time."""

    workspace_id: str
    state: str
    nonce: str
    verifier: str
    to: str
    at: float


class Providers:
    """Providers spoken to by this process: what they said of themselves and their keys, for a while."""

    def __init__(self, inside: tuple[str, ...]) -> None:
        self._inside = inside
        self._said: dict[str, tuple[Discovery, float]] = {}
        self._keys: dict[str, tuple[KeySet, float]] = {}

    async def discover(self, issuer: str, *, fresh: bool = False) -> Discovery:
        """Raises SignOnFault for a provider that does not answer or answers for another."""
        kept = self._said.get(issuer)
        if kept is not None and not fresh and kept[1] > time.monotonic():
            return kept[0]
        async with guarded_client(inside=self._inside) as http:
            body = await self._get(http, issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            said = msgspec.json.decode(body, type=Discovery)
        except msgspec.DecodeError as fault:
            raise SignOnFault("bad_discovery") from fault
        if said.issuer.rstrip("/") != issuer.rstrip("/"):
            raise SignOnFault("other_issuer")
        for address in (said.authorization_endpoint, said.token_endpoint, said.jwks_uri):
            self._check(address)
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[issuer] = (said, time.monotonic() + _KEPT)
        return said

    async def claims(
        self, issuer: str, client: Client, code: str, begun: Begun, callback: str
    ) -> dict[str, Any]:
        """What the provider says of who came back with `code`. Raises SignOnFault."""
        said = await self.discover(issuer)
        async with guarded_client(inside=self._inside) as http:
            token = await self._exchange(http, said, client, code, begun, callback)
            found = await self._decoded(http, said, token)
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": said.issuer},
            aud={"essential": True, "value": client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        )
        try:
            registry.validate(found)
        except (JoseError, ValueError, TypeError) as fault:
            raise SignOnFault("bad_claims") from fault
        several = isinstance(found["aud"], list) and len(found["aud"]) > 1
        if found.get("azp", client.client_id) != client.client_id or (several and "azp" not in found):
            raise SignOnFault("bad_claims")
        return found

    async def _exchange(
        self,
        http: httpx2.AsyncClient,
        said: Discovery,
        client: Client,
        code: str,
        begun: Begun,
        callback: str,
    ) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
        form |= {"code_verifier": begun.verifier}
        headers = {"accept": "application/json"}
        methods = said.token_endpoint_auth_methods_supported
        if not client.secret:
            form |= {"client_id": client.client_id}
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        try:
            answer = await http.post(said.token_endpoint, data=form, headers=headers)
            given = msgspec.json.decode(answer.content) if answer.status_code == 200 else {}
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError) as fault:
            raise SignOnFault("no_answer") from fault
        token = given.get("id_token") if isinstance(given, dict) else None
        if not isinstance(token, str) or len(token) > 20_000:
            raise SignOnFault("no_token")
        return token

    async def _decoded(self, http: httpx2.AsyncClient, said: Discovery, token: str) -> dict[str, Any]:
        """The claims of a token signed by a key of now; the provider may have taken another since."""
        for fresh in (False, True):
            keys = await self._keys_of(http, said.jwks_uri, fresh=fresh)
            try:
                return dict(jwt.decode(token, keys, algorithms=_ALGORITHMS).claims)
            except (JoseError, ValueError, KeyError, TypeError) as fault:
                if fresh:
                    log.info("workspaces.token_refused", fault=type(fault).__name__)
        raise SignOnFault("bad_signature")

    async def _keys_of(self, http: httpx2.AsyncClient, address: str, *, fresh: bool) -> KeySet:
        kept = self._keys.get(address)
        now = time.monotonic()
        young = kept is not None and kept[1] > now + _KEPT - _AGAIN
        if kept is not None and kept[1] > now and (not fresh or young):
            return kept[0]
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(await self._get(http, address)))
        except (JoseError, msgspec.DecodeError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise SignOnFault("bad_keys") from fault
        if len(self._keys) >= _MOST:
            self._keys.clear()
        self._keys[address] = (keys, now + _KEPT)
        return keys

    async def _get(self, http: httpx2.AsyncClient, address: str) -> bytes:
        self._check(address)
        try:
            answer = await http.get(address, headers={"accept": "application/json"})
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise SignOnFault("no_answer") from fault
        if answer.status_code != 200 or len(answer.content) > 200_000:
            raise SignOnFault("no_answer")
        return answer.content

    def _check(self, address: str) -> None:
        if not self.takes(address):
            raise SignOnFault("bad_address")

    def takes(self, address: str) -> bool:
        """Whether a provider may be there: within networks of the installation's own it may do without
        TLS."""
        return web_address(address, https_only=not self._inside) and not urlsplit(address).fragment


def begin(said: Discovery, client_id: str, workspace_id: str, to: str, callback: str) -> tuple[Begun, str]:
    """What to keep, and the address of the provider to send the browser to."""
    begun = Begun(
        workspace_id=workspace_id,
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        to=to,
        at=time.time(),
    )
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).decode().rstrip("=")
    )
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback,
        "scope": "openid email profile",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    mark = "&" if urlsplit(said.authorization_endpoint).query else "?"
    return begun, f"{said.authorization_endpoint}{mark}{urlencode(asked)}"
