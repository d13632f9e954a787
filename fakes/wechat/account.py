"""An account of the WeChat kind (official account, mini-program): pushes, tokens, customer messages."""

import secrets
import time
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from fakes.base import Connected, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Box, Phone, Shown, Words
from fakes.wechat.crypto import NotOurs, new_key, seal, signature, unseal
from fakes.wechat.envelope import err, read_body, read_xml, refuse, write_xml
from fakes.wechat.media import Limit, downloaded, uploaded
from fakes.wechat.union import unionid
from fakes.wechat.window import Window
from fakes.wire import Asked, Refused, Route, Told, blob, told
from fakes.world import Meter, Tokens

TOKEN_S = 7200
RENEWED_S = 300
CONSOLE_S = 30 * 60
_SORRY = "该公众号提供的服务出现故障，请稍后再试"
_TAKEN_OVER = "已转接微信客服后台，30 分钟无消息后恢复"
_ENCRYPTED_REPLY = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


class WechatAccount(Platform):
    """What both share. A subclass says which files and messages there are (`uploads`, `shows`)."""

    kinds: ClassVar[tuple[str, ...]] = ("text", "image")
    quotes: ClassVar[bool] = False
    uploads: ClassVar[dict[str, Limit]] = {}
    typing_path: ClassVar[str] = "/cgi-bin/message/custom/typing"
    sorry: ClassVar[str] = _SORRY

    def __init__(self) -> None:
        super().__init__()
        self.stable = Tokens(self.world.clock, size=136)
        self.legacy = Tokens(self.world.clock, size=136)
        self.forced = Meter(self.world.clock)
        self.pushed = int(digits(19)) // 2

    def boxes(self) -> list[Box]:
        fields = [
            ("appid", "开发者ID (AppID)", "AppID", "wx" + letters(16, "0123456789abcdef")),
            ("secret", "开发者密码 (AppSecret)", "AppSecret", letters(32, "0123456789abcdef")),
            ("token", "令牌 (Token)", "Token", letters(16)),
            ("aes_key", "消息加解密密钥 (EncodingAESKey)", "EncodingAESKey", new_key()),
            ("original_id", "原始ID", "Original id", "gh_" + letters(12, "0123456789abcdef")),
        ]
        modes = Box(
            name="mode",
            label=Words("消息加解密方式", "Encryption"),
            help=Words(
                "safe 安全模式，compat 兼容模式，plain 明文模式", "safe: encrypted; compat: both; plain: open"
            ),
            value="safe",
            options=["safe", "compat", "plain"],
        )
        platform = Box(
            name="open_platform",
            label=Words("已绑定微信开放平台 (unionid)", "Bound to an Open Platform account (unionid)"),
            value="yes",
            options=["yes", "no"],
        )
        boxes = [Box(name=name, label=Words(zh, en), value=value) for name, zh, en, value in fields]
        return [*boxes, modes, platform]

    def customer_id(self) -> str:
        return "o" + letters(27)

    def routes(self) -> list[Route]:
        api = "/cgi-bin"
        return [
            Route(method="POST", path=f"{api}/stable_token", run=self.stable_token),
            Route(method="GET", path=f"{api}/token", run=self.legacy_token),
            Route(method="POST", path=f"{api}/message/custom/send", run=self.send, sends=True),
            Route(method="POST", path=self.typing_path, run=self.typing),
            Route(method="POST", path=f"{api}/media/upload", run=self.upload),
            Route(method="GET", path=f"{api}/media/get", run=self.download),
            Route(method="GET", path="/mmbiz_pic/{id}", run=self.public_file),
        ]

    # Access tokens.

    async def stable_token(self, asked: Asked) -> Told:
        body = read_body(asked)
        self._check_app(body.get("grant_type"), body.get("appid"), body.get("secret"))
        if body.get("force_refresh") is True:
            return self._forced_token()
        if held := self.stable.current("app", at_least=RENEWED_S):
            return told({"access_token": held[0], "expires_in": int(held[1])})
        return told({"access_token": self.stable.issue("app", TOKEN_S), "expires_in": TOKEN_S})

    def _forced_token(self) -> Told:
        """At most 20 a day, 30 s apart; the token before is void at once."""
        if self.forced.count("app", 30) or not self.forced.take("app", 20, 86400):
            refuse(45009, "force_refresh")
        self.stable.void_all()
        return told({"access_token": self.stable.issue("app", TOKEN_S), "expires_in": TOKEN_S})

    async def legacy_token(self, asked: Asked) -> Told:
        self._check_app(asked.one("grant_type"), asked.one("appid"), asked.one("secret"))
        self.legacy.void_all()
        return told({"access_token": self.legacy.issue("app", TOKEN_S), "expires_in": TOKEN_S})

    def _check_app(self, grant: object, appid: object, secret: object) -> None:
        if grant != "client_credential":
            refuse(40002)
        if appid != self.form["appid"]:
            refuse(40013)
        if secret != self.form["secret"]:
            refuse(40125)

    def check_token(self, asked: Asked) -> None:
        token = asked.one("access_token")
        if not token:
            refuse(41001)
        if self.stable.good(token) or self.legacy.good(token):
            return
        refuse(40001 if self.stable.owner(token) is None and self.legacy.owner(token) is None else 42001)

    def void_tokens(self) -> None:
        self.stable.void_all()
        self.legacy.void_all()

    def refuse_rate(self) -> Told:
        return err(45011)

    def refuse_fault(self) -> Told:
        return err(-1) if self.world.dice.random() < 0.5 else told({}, 502)

    def refuse_shape(self, why: str) -> Told:
        return err(47001, why)

    def refuse_code(self, code: str) -> Told:
        return err(int(code))

    # Customer messages.

    def window(self, phone: Phone) -> Window:
        window: Window = phone.notes.setdefault("window", Window(self.world.clock))
        return window

    def receiver(self, id: object) -> Phone:
        phone = self.phones.get(id) if isinstance(id, str) else None
        return phone or refuse(40003)

    def check_receiver(self, phone: Phone) -> None:
        """Refuses one who does not want to hear of us."""

    async def send(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked)
        phone = self.receiver(body.get("touser"))
        self.check_receiver(phone)
        kind = body.get("msgtype")
        shows: Callable[[Any, Phone], Shown] | None = getattr(self, f"show_{kind}", None)
        if shows is None or kind not in self.sendable_kinds():
            refuse(40008, str(kind))
        before = len(phone.chat)
        try:
            shown = shows(body.get(kind), phone)
            if code := self.window(phone).spend():
                refuse(code)
        except Refused:
            del phone.chat[before:]
            raise
        shown.raw = body
        phone.typing_until = 0
        return err(0)

    def sendable_kinds(self) -> tuple[str, ...]:
        return ("text", "image")

    async def typing(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked)
        phone = self.receiver(body.get("touser"))
        if body.get("command") not in {"Typing", "CancelTyping"}:
            refuse(45072)
        if not phone.chat or time.time() - phone.chat[-1].at > 30 / self.world.switches.pace:
            refuse(45080)
        starts = body["command"] == "Typing"
        if starts and phone.typing_until > time.time():
            refuse(45081)
        phone.typing_until = time.time() + 15 if starts else 0
        return err(0)

    async def upload(self, asked: Asked) -> Told:
        self.check_token(asked)
        return uploaded(self, asked, self.uploads)

    async def download(self, asked: Asked) -> Told:
        self.check_token(asked)
        return downloaded(self, asked, video_url=self.url("/mmbiz_pic"))

    async def public_file(self, asked: Asked) -> Told:
        kept = self.files.get(asked.given["id"])
        return blob(kept.data, kept.media_type) if kept else self.no_such_path()

    def union(self, phone: Phone) -> dict[str, str]:
        """The same for this customer on every account of one Open Platform account."""
        if self.form["open_platform"] != "yes":
            return {}
        return {"unionid": phone.notes.setdefault("unionid", unionid(phone.name))}

    # Pushes.

    async def handshake(self) -> Connected:
        echo = digits(19)
        query = {**self._signed(), "echostr": echo}
        post = Post(method="GET", url=f"{self.form['webhook']}?{urlencode(query)}")
        status, answer, ok = await self.courier.call(
            post, 5, lambda status, body: (status, body) == (200, echo.encode())
        )
        return Connected(ok=ok, status=status, answer=answer.decode(errors="replace"))

    def _signed(self) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), digits(10)
        return {"signature": signature(self.form["token"], stamp, nonce), "timestamp": stamp, "nonce": nonce}

    def next_id(self) -> int:
        self.pushed += secrets.randbelow(1000) + 1
        return self.pushed

    def write(self, fields: dict[str, Any]) -> bytes:
        return write_xml(fields).encode()

    def read(self, body: bytes) -> dict[str, Any] | None:
        return read_xml(body)

    media_type: ClassVar[str] = "text/xml"

    def push(self, phone: Phone, fields: dict[str, Any], shown: Shown | None = None) -> None:
        """Deliver a message or event of hers. The customer's console session keeps it from us."""
        if phone.notes.get("console_until", 0) > self.now():
            phone.notes["console_until"] = self.now() + CONSOLE_S
            if shown is not None:
                shown.fate = "delivered"
            return
        head = {
            "ToUserName": self.form["original_id"],
            "FromUserName": phone.id,
            "CreateTime": int(time.time()),
        }
        post = self._sealed(phone, {**head, **fields})
        manners = Manners(
            timeout=5, pauses=(0, 0), heard=lambda status, body: self._heard(phone, status, body)
        )
        task = self.bring(lambda: post, manners, shown)
        if shown is not None:
            task.add_done_callback(lambda _: self._sorry(phone, shown))

    def _sealed(self, phone: Phone, fields: dict[str, Any]) -> Post:
        query, mode = {**self._signed(), "openid": phone.id}, self.form["mode"]
        if mode != "plain":
            sealed = seal(self.form["aes_key"], self.form["appid"], self.write(fields))
            token, stamp, nonce = self.form["token"], query["timestamp"], query["nonce"]
            query |= {"encrypt_type": "aes", "msg_signature": signature(token, stamp, nonce, sealed)}
            only = {"ToUserName": fields["ToUserName"], "Encrypt": sealed}
            fields = only if mode == "safe" else {**fields, "Encrypt": sealed}
        url = f"{self.form['webhook']}?{urlencode(query)}"
        return Post(url=url, body=self.write(fields), headers={"content-type": self.media_type})

    def _sorry(self, phone: Phone, shown: Shown) -> None:
        """Nobody answered as WeChat wants it: she is told."""
        if shown.fate == "lost":
            phone.show(letters(12), "platform", "notice", self.sorry)

    def _heard(self, phone: Phone, status: int, body: bytes) -> bool:
        """Nothing, `success` or a reply to show; a sealed one where pushes are sealed."""
        if status != 200:
            return False
        if body in (b"", b"success"):
            return True
        reply = self.read(body)
        if reply is not None and self.form["mode"] != "plain" and set(reply) == _ENCRYPTED_REPLY:
            reply = self._opened(reply)
        elif self.form["mode"] == "safe":
            return False
        return reply is not None and self._show_reply(phone, reply)

    def _opened(self, reply: dict[str, Any]) -> dict[str, Any] | None:
        words = (self.form["token"], str(reply["TimeStamp"]), reply["Nonce"], reply["Encrypt"])
        if signature(*words) != reply["MsgSignature"]:
            return None
        try:
            return self.read(unseal(self.form["aes_key"], reply["Encrypt"], self.form["appid"]))
        except NotOurs:
            return None

    def _show_reply(self, phone: Phone, reply: dict[str, Any]) -> bool:
        """Passive replies cost nothing of the window."""
        if reply.get("ToUserName") != phone.id or reply.get("FromUserName") != self.form["original_id"]:
            return False
        kind = str(reply.get("MsgType", ""))
        if kind == "transfer_customer_service":
            phone.notes["console_until"] = self.now() + CONSOLE_S
            phone.show(letters(12), "platform", "notice", _TAKEN_OVER)
            return True
        if kind == "text":
            phone.show(letters(12), "us", "text", str(reply.get("Content", "")), raw=reply)
            return bool(reply.get("Content"))
        inner = reply.get(kind.capitalize()) or reply.get("Articles")
        if not inner:
            return False
        phone.show(letters(12), "us", kind, msgspec.json.encode(inner).decode(), raw=reply)
        return True
