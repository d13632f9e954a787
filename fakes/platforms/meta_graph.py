"""What Meta's platforms share: the Graph's envelope and errors, the hub's handshake, signed callbacks."""

import hashlib
import hmac
import json
import re
from typing import Any

from fakes.base import Connected, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Box, Shown, Words
from fakes.wire import Asked, Refused, Told, told

Given = dict[str, Any]
# Repeats go on for days; the first of them are enough here.
MANNERS = Manners(timeout=5, pauses=(1, 5, 30, 60), heard=lambda status, _: status == 200)
VERSION = re.compile(r"v\d{1,2}\.\d")


def signed(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def written(value: object) -> bytes:
    """JSON as Meta writes it: without blanks, everything beyond ASCII escaped."""
    return json.dumps(value, separators=(",", ":")).encode()


def error(code: int, message: str, status: int = 400, subcode: int = 0, details: str = "") -> Told:
    fault: Given = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode:
        fault["error_subcode"] = subcode
    if details:
        fault["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return told({"error": {**fault, "fbtrace_id": "A" + letters(22)}}, status)


def refused(code: int, message: str, status: int = 400, subcode: int = 0, details: str = "") -> Refused:
    return Refused(error(code, message, status, subcode, details))


def checked(given: Given, allowed: set[str], place: str) -> Given:
    """The object itself; a key Graph does not know there is refused."""
    if not isinstance(given, dict):
        raise refused(100, f"Param {place} must be a JSON object")
    if unknown := set(given) - allowed:
        raise refused(100, f'Invalid parameter: Unexpected key "{min(unknown)}" on param "{place}"')
    return given


def words(given: Given, key: str, most: int, place: str, least: int = 1) -> str:
    """A text of `least` to `most` characters."""
    text = given.get(key, "")
    if not isinstance(text, str) or not least <= len(text) <= most:
        raise refused(
            100, f"Param {place}['{key}'] must be at least {least} and at most {most} characters long"
        )
    return text


class Graph(Platform):
    """An app with one account on it."""

    callback_manners = MANNERS

    def __init__(self) -> None:
        super().__init__()
        self.void: set[str] = set()

    def boxes(self) -> list[Box]:
        return [
            Box(name="app_id", label=Words("应用编号", "App ID"), value=digits(16)),
            Box(
                name="app_secret",
                label=Words("应用密钥", "App secret"),
                value=letters(32, "0123456789abcdef"),
            ),
            Box(name="verify_token", label=Words("验证口令", "Verify token"), value=letters(20)),
            Box(name="access_token", label=Words("访问口令", "Access token"), value=f"EAA{letters(60)}"),
        ]

    def void_tokens(self) -> None:
        """The next one stands in the form."""
        self.void.add(self.form["access_token"])
        self.form["access_token"] = f"EAA{letters(60)}"

    def refuse_rate(self) -> Told:
        return error(4, "Application request limit reached", 403)

    def refuse_fault(self) -> Told:
        return error(2, "Service temporarily unavailable", 503)

    def refuse_code(self, code: str) -> Told:
        number, _, subcode = code.partition("/")
        return error(int(number), "Refused on purpose", 401 if number == "190" else 400, int(subcode or 0))

    def refuse_shape(self, why: str) -> Told:
        return error(100, f"Invalid parameter: {why}")

    def no_such_path(self) -> Told:
        return error(2500, "Unknown path components")

    async def handshake(self) -> Connected:
        """The hub asks; the challenge must come back as it is."""
        url = self.form["webhook"]
        if not url:
            return Connected(ok=True)
        challenge = digits(10)
        query = f"hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={self.form['verify_token']}"
        post = Post(url=f"{url}{'&' if '?' in url else '?'}{query}", method="GET")

        def heard(status: int, body: bytes) -> bool:
            return status == 200 and body.decode(errors="replace") == challenge

        status, body, ok = await self.courier.call(post, 5, heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def check(self, asked: Asked) -> None:
        """Version and token of a call."""
        if "version" in asked.given and not VERSION.fullmatch(asked.given["version"]):
            raise refused(2500, "Unknown path components")
        header = asked.headers.get("authorization", "")
        token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else asked.one("access_token")
        if not token:
            raise refused(104, "An access token is required to request this resource.", 401)
        if token != self.form["access_token"]:
            raise refused(
                190, "Error validating access token: the session is invalid", 401, 463 * (token in self.void)
            )
        proof = asked.one("appsecret_proof")
        if (
            proof
            and proof != hmac.new(self.form["app_secret"].encode(), token.encode(), "sha256").hexdigest()
        ):
            raise refused(100, "Invalid appsecret_proof provided in the API argument")

    def read(self, asked: Asked) -> Given:
        """The call's JSON object."""
        try:
            given = asked.json()
        except ValueError:
            raise refused(100, "The request body is no JSON") from None
        if not isinstance(given, dict):
            raise refused(100, "The request body is no object")
        return given

    def post(self, value: object) -> Post:
        """A signed callback."""
        body = written(value)
        headers = {
            "content-type": "application/json",
            "X-Hub-Signature-256": signed(self.form["app_secret"], body),
            "user-agent": "facebookexternalua",
        }
        return Post(url=self.form["webhook"], body=body, headers=headers)

    def callback(self, value: object, shown: Shown | None = None) -> None:
        post = self.post(value)
        self.bring(lambda: post, self.callback_manners, shown)
