"""Xiaohongshu's private messages for service of third parties: encrypted both ways, under fixed paths.

The names inside the envelope and the path to send to are not published; here they are this stand-in's own.
"""

import base64
import binascii
import hashlib
import hmac
import os
import time
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from fakes.base import Connected, Misused, Platform, b64, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import Meter, Tokens

Given = dict[str, Any]
ACCESS, REFRESH, CODE = 86400, 30 * 86400, 600
SEND, OAUTH = "/api/open/im/message/send", "/api/open/oauth2"
SPLIT, BLOCK, TEXT = "~split~", 16, 500
HEX = "0123456789abcdef"
PATHS = {
    "send": "/api/open/im/send",
    "bind_account": "/api/open/im/third/bind_account",
    "unbind_account": "/api/open/im/third/unbind_account",
    "bind_user": "/api/open/im/auth/bind_user/event",
    "comment": "/api/open/im/intent/comment",
    "data": "/api/open/im/third/data",
}
LINK = "https://ad.xiaohongshu.com/api/leona/three/im/account/add"
KINDS = {"text": "TEXT", "image": "IMAGE", "card": "CARD"}


def sealed(key: str, plain: bytes) -> str:
    """AES-128-CBC: the first block, `~split~`, and what is encrypted, both in base64."""
    iv, pad = os.urandom(BLOCK), BLOCK - len(plain) % BLOCK
    cipher = Cipher(AES(bytes.fromhex(key)), CBC(iv)).encryptor()
    return b64(iv) + SPLIT + b64(cipher.update(plain + bytes([pad]) * pad) + cipher.finalize())


def opened(key: str, text: str) -> bytes:
    """ValueError for what this key has not sealed."""
    first, split, rest = text.partition(SPLIT)
    try:
        iv, data = base64.b64decode(first, validate=True), base64.b64decode(rest, validate=True)
    except binascii.Error as fault:
        raise ValueError("no base64") from fault
    if not split or len(iv) != BLOCK or not data or len(data) % BLOCK:
        raise ValueError("not sealed")
    cipher = Cipher(AES(bytes.fromhex(key)), CBC(iv)).decryptor()
    plain = cipher.update(data) + cipher.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise ValueError("wrong key")
    return plain[:-pad]


def _fault(code: int, why: str, status: int = 200) -> Told:
    return told({"success": False, "code": code, "msg": why, "data": None}, status)


class Xiaohongshu(Platform):
    name: ClassVar[str] = "xiaohongshu"
    label: ClassVar[Words] = Words("小红书", "Xiaohongshu")
    rank: ClassVar[int] = 23
    kinds: ClassVar[tuple[str, ...]] = ("text", "image", "card")
    quotes: ClassVar[bool] = False
    hint: ClassVar[Words] = Words(
        f"各值照抄，发送接口路径填 {SEND}。平台本来只调固定路径；这里替反向代理把路径改写成回调地址后的 "
        "?event=…。",
        f"Copy the values; the path to send to is {SEND}. The platform calls fixed paths; here they reach "
        "the hook address as ?event=…, as a reverse proxy would pass them on.",
    )

    def __init__(self) -> None:
        super().__init__()
        clock = self.world.clock
        self.access, self.refreshers = Tokens(clock, size=48), Tokens(clock, size=48)
        self.codes, self.replies = Tokens(clock, size=32), Meter(clock)
        self.form["auth_code"] = self.codes.issue(self.form["app_id"], CODE)

    def boxes(self) -> list[Box]:
        return [
            Box(name="app_id", label=Words("App ID", "App ID"), value=digits(4)),
            Box(name="app_secret", label=Words("App Secret", "App secret"), value=letters(20)),
            Box(name="aes_key", label=Words("加密密钥", "Encryption key"), value=letters(32, HEX)),
            Box(
                name="user_id",
                label=Words("企业号用户 ID", "The account's user ID"),
                value=f"5f{letters(22, HEX)}",
            ),
            Box(name="auth_code", label=Words("授权码（一次）", "Authorisation code, once")),
            Box(
                name="signature",
                label=Words("推送签名", "Calls are signed"),
                value="off",
                options=["off", "on"],
            ),
            Box(
                name="places",
                label=Words("调用地址", "Calls go to"),
                value="event",
                options=["event", "path"],
            ),
            Box(name="replies", label=Words("每小时对一人的回复数", "Replies to one in an hour"), value="20"),
        ]

    def acts(self) -> list[Act]:
        text = [Box(name="text", label=Words("内容", "Text"), value="多少钱？")]
        return [
            Act(name="bind", label=Words("商家扫码绑定", "The merchant binds the account"),
                boxes=[Box(name="token", label=Words("绑定链接里的 token", "Token of the link"))]),
            Act(name="unbind", label=Words("解除绑定", "Unbind")),
            Act(name="bind_user", label=Words("员工号绑定", "An employee binds")),
            Act(name="comment", label=Words("意向评论", "Comment that asks"), boxes=text),
            Act(name="lead", label=Words("留资", "Leave a number"),
                boxes=[Box(name="text", label=Words("电话", "Number"), value="138****5678")]),
            Act(name="staff", label=Words("店员在小红书回复", "Staff answer in the app"), boxes=text),
        ]  # fmt: skip

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path=f"{OAUTH}/access_token", run=self.by_code),
            Route(method="POST", path=f"{OAUTH}/refresh_token", run=self.by_refresh),
            Route(method="POST", path=SEND, run=self.send, sends=True),
        ]

    def customer_id(self) -> str:
        return f"60{letters(22, HEX)}"

    def void_tokens(self) -> None:
        self.access.void_all()

    def refuse_rate(self) -> Told:
        return _fault(429, "too many requests", 429)

    def refuse_fault(self) -> Told:
        return _fault(500, "system error", 500)

    def refuse_code(self, code: str) -> Told:
        return _fault(int(code), "refused on purpose")

    def refuse_shape(self, why: str) -> Told:
        return _fault(400, why)

    # Calls to the account.

    def post(self, event: str, envelope: Given, inside: Given) -> Post:
        key = self.form["aes_key"]
        body = msgspec.json.encode({**envelope, "content": sealed(key, msgspec.json.encode(inside))})
        headers = {"content-type": "application/json"}
        if self.form["signature"] == "on":
            headers["X-Xhs-Signature"] = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        url = self.form["webhook"]
        if self.form["places"] == "path":
            return Post(url=url.rstrip("/") + PATHS[event], body=body, headers=headers)
        mark = "&" if "?" in url else "?"
        return Post(url=f"{url}{mark}event={event}", body=body, headers=headers)

    @staticmethod
    def heard(status: int, body: bytes) -> bool:
        answer = msgspec.json.decode(body)
        return status == 200 and isinstance(answer, dict) and answer.get("success") is True

    def tell(self, event: str, envelope: Given, inside: Given, shown: Shown | None = None) -> None:
        post = self.post(event, envelope, inside)
        self.bring(lambda: post, Manners(timeout=5, pauses=(5, 5), heard=self.heard), shown)

    async def handshake(self) -> Connected:
        """There is none of its own: the account is bound."""
        if not self.form["webhook"]:
            return Connected(ok=True)
        post = self.post("bind_account", {}, self._bound(""))
        status, body, ok = await self.courier.call(post, 5, self.heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def _bound(self, token: str) -> Given:
        about = {"user_id": self.form["user_id"], "nick_name": "客栈茶庄", "app_id": self.form["app_id"]}
        return {**about, "token": token}

    def link(self, token: str) -> str:
        """What the merchant scans; `token` is sealed by the account's key."""
        return f"{LINK}?appId={self.form['app_id']}&token={quote(token, safe='')}"

    def _message(self, sender: str, receiver: str, shown: Shown, kind: str) -> Given:
        about = {"message_id": shown.id, "message_type": KINDS[kind], "timestamp": int(time.time() * 1000)}
        return {**about, "from_user_id": sender, "to_user_id": receiver, "third_account_id": ""}

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = f"{digits(18)}"
        inside: Given = {"text": said.text}
        if said.kind == "image":
            if not shown.file:
                raise Misused("image needs a file")
            inside = {"link": {"cover": f"{self.base}/_/{self.name}/file/{shown.file}"}}
        if said.kind == "card":
            inside = {"title": said.text or "龙井 50 克", "link": f"xhsdiscover://goods/{digits(12)}"}
        envelope = self._message(phone.id, self.form["user_id"], shown, said.kind)
        self.tell("send", envelope, inside, shown)

    async def act_bind(self, phone: Phone, given: dict[str, str]) -> None:
        self.tell("bind_account", {}, self._bound(given.get("token", "")))

    async def act_unbind(self, phone: Phone, given: dict[str, str]) -> None:
        self.tell("unbind_account", {}, {"user_id": self.form["user_id"], "app_id": self.form["app_id"]})

    async def act_bind_user(self, phone: Phone, given: dict[str, str]) -> None:
        self.tell("bind_user", {}, {"user_id": f"5f{letters(22, HEX)}", "app_id": self.form["app_id"]})

    async def act_comment(self, phone: Phone, given: dict[str, str]) -> None:
        about = {"comment_id": letters(24, HEX), "note_id": letters(24, HEX), "user_id": phone.id}
        self.tell("comment", {}, {**about, "nick_name": phone.name, "comment": given.get("text", "")})

    async def act_lead(self, phone: Phone, given: dict[str, str]) -> None:
        about = {"user_id": phone.id, "nick_name": phone.name}
        self.tell("data", {}, {**about, "phone": given.get("text", ""), "time": int(time.time() * 1000)})

    async def act_staff(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.show(digits(18), "us", "text", given.get("text", ""))
        self.tell("send", self._message(self.form["user_id"], phone.id, shown, "text"), {"text": shown.text})

    # Calls of ours.

    def _granted(self, asked: Asked, store: Tokens, name: str) -> Told:
        """Both tokens anew; what they were asked for with is used up."""
        given = asked.json()
        if (str(given.get("app_id")), given.get("secret")) != (self.form["app_id"], self.form["app_secret"]):
            return _fault(401, "app_id or secret is wrong")
        if not store.use_up(str(given.get(name, ""))):
            return _fault(401, f"{name} is wrong or used up")
        owner = self.form["app_id"]
        data: Given = {
            "access_token": self.access.issue(owner, ACCESS),
            "access_token_expires_in": ACCESS,
            "refresh_token": self.refreshers.issue(owner, REFRESH),
            "refresh_token_expires_in": REFRESH,
            "user_id": self.form["user_id"],
        }
        return told({"success": True, "code": 0, "msg": "成功", "data": data})

    async def by_code(self, asked: Asked) -> Told:
        return self._granted(asked, self.codes, "auth_code")

    async def by_refresh(self, asked: Asked) -> Told:
        return self._granted(asked, self.refreshers, "refresh_token")

    async def send(self, asked: Asked) -> Told:
        if not self.access.good(asked.headers.get("access-token", "")):
            raise Refused(_fault(401, "Access-Token is invalid or expired", 401))
        given = asked.json()
        phone = self.phones.get(str(given.get("to_user_id")))
        if phone is None or given.get("from_user_id") != self.form["user_id"]:
            return _fault(404, "no such user")
        text = msgspec.json.decode(opened(self.form["aes_key"], given["content"]))["text"]
        if given.get("message_type") != "TEXT" or not isinstance(text, str) or not 0 < len(text) <= TEXT:
            return _fault(400, "message is wrong")
        if not self.replies.take(phone.id, int(self.form["replies"]), 3600):
            return self.refuse_rate()
        shown = phone.show(digits(18), "us", "text", text, raw=given)
        return told({"success": True, "code": 0, "msg": "成功", "data": {"message_id": shown.id}})


PLATFORM = Xiaohongshu
