"""What WeCom's own application, its robot and WeChat customer service share: sealed callbacks; what the first
and the last share: gettoken, media."""

import time
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

from fakes.base import Connected, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Box, Phone, Shown, Words
from fakes.wechat.crypto import NotOurs, new_key, seal, signature, unseal
from fakes.wechat.envelope import err, read_xml, refuse, write_xml
from fakes.wechat.media import MB, Limit, downloaded, uploaded
from fakes.wire import Asked, Route, Told, told
from fakes.world import Tokens

TOKEN_S = 7200
UPLOADS = {
    "image": Limit(10 * MB, ("jpg", "png"), least=5),
    "voice": Limit(2 * MB, ("amr",), least=5),
    "video": Limit(10 * MB, ("mp4",), least=5),
    "file": Limit(20 * MB, least=5),
}


class SealedPlatform(Platform):
    """Its callbacks are sealed for `receiver`, the handshake's echo too."""

    @property
    def receiver(self) -> str:
        return ""

    def refuse_rate(self) -> Told:
        return err(45009)

    def refuse_fault(self) -> Told:
        return err(-1) if self.world.dice.random() < 0.5 else told({}, 502)

    def refuse_shape(self, why: str) -> Told:
        return err(47001, why)

    def refuse_code(self, code: str) -> Told:
        return err(int(code))

    def _query(self, sealed: str) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), digits(10)
        signed = signature(self.form["token"], stamp, nonce, sealed)
        return {"msg_signature": signed, "timestamp": stamp, "nonce": nonce}

    async def handshake(self) -> Connected:
        """The echo comes sealed and must go back open."""
        echo = digits(19)
        sealed = seal(self.form["aes_key"], self.receiver, echo.encode())
        query = urlencode({**self._query(sealed), "echostr": sealed})
        post = Post(method="GET", url=f"{self.form['webhook']}?{query}")
        heard: Callable[[int, bytes], bool] = lambda status, body: (status, body) == (200, echo.encode())  # noqa: E731
        status, answer, ok = await self.courier.call(post, 5, heard)
        return Connected(ok=ok, status=status, answer=answer.decode(errors="replace"))


class CorpPlatform(SealedPlatform):
    """One application of one corporation."""

    quotes: ClassVar[bool] = False
    secret_label: ClassVar[Words] = Words("应用 Secret", "Secret of the application")

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens(self.world.clock, size=214)

    @property
    def receiver(self) -> str:
        return self.form["corpid"]

    def boxes(self) -> list[Box]:
        return [
            Box(
                name="corpid", label=Words("企业ID", "Corp id"), value="ww" + letters(16, "0123456789abcdef")
            ),
            Box(name="secret", label=self.secret_label, value=letters(43)),
            Box(name="token", label=Words("令牌 (Token)", "Token"), value=letters(24)),
            Box(name="aes_key", label=Words("EncodingAESKey", "EncodingAESKey"), value=new_key()),
        ]

    def routes(self) -> list[Route]:
        return [
            Route(method="GET", path="/cgi-bin/gettoken", run=self.get_token),
            Route(method="POST", path="/cgi-bin/media/upload", run=self.upload),
            Route(method="GET", path="/cgi-bin/media/get", run=self.download),
        ]

    async def get_token(self, asked: Asked) -> Told:
        """The same while it is good."""
        if asked.one("corpid") != self.form["corpid"]:
            refuse(40013, "corpid")
        if asked.one("corpsecret") != self.form["secret"]:
            refuse(40001, "corpsecret")
        held = self.tokens.current("app")
        token, left = held or (self.tokens.issue("app", TOKEN_S), TOKEN_S)
        return err(0, access_token=token, expires_in=int(left))

    def check_token(self, asked: Asked) -> None:
        token = asked.one("access_token")
        if not token:
            refuse(41001)
        if not self.tokens.good(token):
            refuse(40014 if self.tokens.owner(token) is None else 42001)

    def void_tokens(self) -> None:
        self.tokens.void_all()

    async def upload(self, asked: Asked) -> Told:
        self.check_token(asked)
        return uploaded(self, asked, UPLOADS, corp=True)

    async def download(self, asked: Asked) -> Told:
        self.check_token(asked)
        return downloaded(self, asked)

    # Callbacks.

    def push(self, fields: dict[str, Any], shown: Shown | None = None, phone: Phone | None = None) -> None:
        """Deliver a callback of these fields. A reply in the answer is shown to `phone`."""
        fields = {"ToUserName": self.form["corpid"], "CreateTime": int(time.time()), **fields}
        sealed = seal(self.form["aes_key"], self.receiver, write_xml(fields).encode())
        outer = {"ToUserName": self.form["corpid"], "AgentID": fields.get("AgentID", ""), "Encrypt": sealed}
        post = Post(
            url=f"{self.form['webhook']}?{urlencode(self._query(sealed))}",
            body=write_xml(outer).encode(),
            headers={"content-type": "text/xml"},
        )
        manners = Manners(
            timeout=5, pauses=(0, 0), heard=lambda status, body: self._heard(status, body, phone)
        )
        self.bring(lambda: post, manners, shown)

    def _heard(self, status: int, body: bytes, phone: Phone | None) -> bool:
        """Nothing, `success`, or a sealed reply."""
        if not 200 <= status < 300:
            return False
        if body in (b"", b"success") or phone is None:
            return True
        inner = self._opened(read_xml(body) or {})
        if inner is None or inner.get("ToUserName") != phone.id:
            return False
        phone.show(letters(12), "us", str(inner.get("MsgType")), str(inner.get("Content", "")), raw=inner)
        return True

    def _opened(self, reply: dict[str, Any]) -> dict[str, Any] | None:
        """The reply inside; None where it is not sealed and signed right."""
        if not {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"} <= set(reply):
            return None
        words = (self.form["token"], reply["TimeStamp"], reply["Nonce"], reply["Encrypt"])
        if signature(*words) != reply["MsgSignature"]:
            return None
        try:
            return read_xml(unseal(self.form["aes_key"], reply["Encrypt"], self.receiver))
        except NotOurs:
            return None
