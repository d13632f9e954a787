"""Weibo's fans service: a verified account's private messages, told without a message id."""

import hashlib
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec

from fakes.base import Connected, Misused, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, blob, told

Given = dict[str, Any]
WINDOW, MENTION_REPLIES, ARTICLES = 48 * 3600, 1, 8
CHINA = timezone(timedelta(hours=8))
EVENTS = ("follow", "unfollow", "subscribe", "unsubscribe", "scan", "scan_follow", "click", "view")
OPENING = {"follow", "subscribe", "scan", "scan_follow", "click"}
FORM = "application/x-www-form-urlencoded"
# No code of its own is published for a closed window: the general one for what an app may not do.
NOT_ALLOWED = 10014
WHY = {
    10006: "source paramter(appkey) is missing",
    10008: "param error, see doc for more info",
    NOT_ALLOWED: "insufficient app permissions",
    10022: "IP requests out of rate limit",
    10023: "user requests out of rate limit",
    21327: "expired_token",
    21332: "invalid_access_token",
}


def signed(secret: str, timestamp: str, nonce: str) -> str:
    """The query's `signature`; it says nothing of the body."""
    text = "".join(sorted([secret, timestamp, nonce]))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def stamp(at: float) -> str:
    """Mon Jul 16 18:09:20 +0800 2012."""
    return datetime.fromtimestamp(at, CHINA).strftime("%a %b %d %H:%M:%S %z %Y")


class Weibo(Platform):
    name = "weibo"
    label = Words("微博", "Weibo")
    rank = 21
    kinds = ("text", "image", "voice", "location", "mention")
    quotes = False
    hint = Words(
        "三个主机（c.api、api、upload.api）都填本页给出的地址；App Secret 和令牌照抄。",
        "Enter this page's address for all three hosts (c.api, api, upload.api); copy app secret and token.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.void: set[str] = set()
        self.fids: dict[str, str] = {}
        """Kept file by vfid and tovfid."""

    def boxes(self) -> list[Box]:
        return [
            Box(
                name="app_secret",
                label=Words("App Secret", "App secret"),
                value=letters(32, "0123456789abcdef"),
            ),
            Box(name="access_token", label=Words("access_token", "access_token"), value=f"2.00{letters(28)}"),
            Box(name="uid", label=Words("蓝 V 帐号 uid", "The account's uid"), value=digits(10)),
        ]

    def acts(self) -> list[Act]:
        return [
            Act(name="event", label=Words("事件", "Event"), boxes=[
                Box(name="subtype", label=Words("类型", "Subtype"), value="follow", options=list(EVENTS)),
                Box(name="key", label=Words("菜单或二维码的值", "Key of menu or code")),
            ]),
            Act(name="twice", label=Words("同一秒发两条一样的", "The same twice in a second"),
                boxes=[Box(name="text", label=Words("内容", "Text"))]),
        ]  # fmt: skip

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/2/messages/reply/biz.json", run=self.reply, sends=True),
            Route(method="POST", path="/2/messages/reply.json", run=self.reply, sends=True),
            Route(method="GET", path="/2/eps/user/info.json", run=self.user),
            Route(method="GET", path="/2/mss/msget", run=self.media),
        ]

    def customer_id(self) -> str:
        return digits(10)

    def void_tokens(self) -> None:
        self.void.add(self.form["access_token"])
        self.form["access_token"] = f"2.00{letters(28)}"

    def refuse_rate(self) -> Told:
        return self.fault(10023, "").told

    def refuse_fault(self) -> Told:
        return told({"error": "system error", "error_code": 10001, "request": ""}, 503)

    def refuse_code(self, code: str) -> Told:
        return self.fault(int(code), "").told

    def refuse_shape(self, why: str) -> Told:
        return self.fault(10008, "").told

    def no_such_path(self) -> Told:
        return told({"error": "Request Api not found!", "error_code": 10020, "request": ""}, 404)

    def fault(self, code: int, request: str) -> Refused:
        status = 403 if code in (10022, 10023, 21327, 21332) else 400
        why = WHY.get(code, "refused on purpose")
        return Refused(told({"error": why, "error_code": code, "request": request}, status))

    # Callbacks.

    def post(self, body: bytes, method: str = "POST", **more: str) -> Post:
        timestamp, nonce = str(int(time.time())), letters(8)
        query = {"signature": signed(self.form["app_secret"], timestamp, nonce), "timestamp": timestamp}
        url, mark = self.form["webhook"], "&" if "?" in self.form["webhook"] else "?"
        headers = {"content-type": "application/json; charset=utf-8"} if body else {}
        query = {**query, "nonce": nonce, **more}
        return Post(url=f"{url}{mark}{urlencode(query)}", body=body, headers=headers, method=method)

    async def handshake(self) -> Connected:
        if not self.form["webhook"]:
            return Connected(ok=True)
        echo = letters(20)
        heard = lambda status, body: status == 200 and body.decode(errors="replace") == echo  # noqa: E731
        status, body, ok = await self.courier.call(self.post(b"", "GET", echostr=echo), 5, heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def tell(self, phone: Phone, kind: str, text: str, data: Given, shown: Shown | None = None) -> None:
        value = {"type": kind, "receiver_id": int(self.form["uid"]), "sender_id": int(phone.id)}
        value |= {"created_at": stamp(time.time()), "text": text, "data": data}
        body = msgspec.json.encode(value)

        def heard(status: int, answer: bytes) -> bool:
            return status == 200 and self._answered(phone, answer)

        self.bring(lambda: self.post(body), Manners(timeout=5, pauses=(1, 1), heard=heard), shown)

    def _answered(self, phone: Phone, answer: bytes) -> bool:
        """An empty answer is none; JSON with `result` is a message."""
        try:
            given = msgspec.json.decode(answer) if answer.strip()[:1] == b"{" else {}
            if given.get("result") is True:
                text, kind = self._data(given.get("type"), given.get("data"), "")
                phone.show(letters(16), "us", kind, text, raw=given)
        except (ValueError, Refused):
            return False
        return True

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        if said.kind != "mention":
            phone.notes["said_at"] = self.now()
        data: Given = {}
        if said.kind in ("image", "voice"):
            if not shown.file:
                raise Misused(f"{said.kind} needs a file")
            data = {"vfid": int(digits(10)), "tovfid": int(digits(10))}
            self.fids.update({str(fid): shown.file for fid in data.values()})
        if said.kind == "location":
            data = {key: said.more.get(key, "0") for key in ("longitude", "latitude")}
        if said.kind == "mention":
            phone.notes["mentioned_at"], phone.notes["mention_left"] = self.now(), MENTION_REPLIES
            data = {"subtype": "status", "key": digits(16)}
        text = {"image": "发了一张图片", "voice": "发了一条语音"}.get(said.kind, said.text)
        self.tell(phone, {"location": "position"}.get(said.kind, said.kind), text, data, shown)

    async def act_event(self, phone: Phone, given: dict[str, str]) -> None:
        subtype = given.get("subtype", "follow")
        if subtype not in EVENTS:
            raise Misused(f"there is no event {subtype}")
        phone.notes["unfollowed"] = subtype == "unfollow"
        if subtype in OPENING:
            phone.notes["said_at"] = self.now()
        key = {"key": given["key"]} if given.get("key") else {}
        ticket = {"ticket": letters(20)} if subtype.startswith("scan") else {}
        self.tell(phone, "event", "", {"subtype": subtype, **key, **ticket})

    async def act_twice(self, phone: Phone, given: dict[str, str]) -> None:
        """Two messages that nothing tells apart."""
        phone.notes["said_at"] = self.now()
        for _ in range(2):
            shown = phone.show(letters(16), "customer", "text", given.get("text", ""), fate="on its way")
            self.tell(phone, "text", shown.text, {}, shown)

    # Calls of ours.

    def check(self, token: str, path: str) -> None:
        if not token:
            raise self.fault(10006, path)
        if token != self.form["access_token"]:
            raise self.fault(21327 if token in self.void else 21332, path)

    async def reply(self, asked: Asked) -> Told:
        if not asked.headers.get("content-type", "").startswith(FORM):
            raise self.fault(10008, asked.path)
        form = dict(asked.form())
        self.check(form.get("access_token", "") or asked.one("access_token"), asked.path)
        if set(form) - {"access_token", "type", "data", "receiver_id", "save_sender_box"}:
            raise self.fault(10008, asked.path)
        phone = self.phones.get(form.get("receiver_id", ""))
        if phone is None or form.get("save_sender_box", "1") not in ("0", "1"):
            raise self.fault(10008, asked.path)
        text, kind = self._data(form.get("type"), form.get("data"), asked.path)
        self._window(phone, asked.path)
        phone.show(letters(16), "us", kind, text, raw=form)
        receiver, sender = int(phone.id), int(self.form["uid"])
        return told(
            {"result": True, "receiver_id": receiver, "sender_id": sender, "type": kind, "data": form["data"]}
        )

    def _data(self, kind: object, data: object, path: str) -> tuple[str, str]:
        """Text and kind of what `type` and `data` mean."""
        try:
            given = msgspec.json.decode(unquote(data) if isinstance(data, str) else b"")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise self.fault(10008, path)
        if kind == "text" and set(given) == {"text"} and isinstance(given["text"], str) and given["text"]:
            return given["text"], "text"
        if kind == "position" and {"longitude", "latitude"} <= set(given):
            return f"{given['latitude']}, {given['longitude']}", "location"
        articles = given.get("articles") if kind == "articles" else None
        keys = {"display_name", "summary", "image", "url"}
        if (
            isinstance(articles, list)
            and 0 < len(articles) <= ARTICLES
            and all(set(a) == keys for a in articles)
        ):
            return "\n".join(str(article["display_name"]) for article in articles), "text"
        raise self.fault(10008, path)

    def _window(self, phone: Phone, path: str) -> None:
        notes, now = phone.notes, self.now()
        if notes.get("unfollowed"):
            raise self.fault(NOT_ALLOWED, path)
        if now - notes.get("said_at", 0) <= WINDOW:
            return
        if now - notes.get("mentioned_at", 0) > WINDOW or not notes["mention_left"]:
            raise self.fault(NOT_ALLOWED, path)
        notes["mention_left"] -= 1

    async def user(self, asked: Asked) -> Told:
        self.check(asked.one("access_token"), asked.path)
        if asked.one("uid") == self.form["uid"]:
            return told({"uid": self.form["uid"], "nickname": "客栈茶庄", "language": "zh-cn"})
        phone = self.phones.get(asked.one("uid"))
        if phone is None:
            raise self.fault(10008, asked.path)
        person = {"subscribe": 1, "uid": phone.id, "nickname": phone.name, "sex": 2, "city": "杭州"}
        follow = 0 if phone.notes.get("unfollowed") else 1
        return told({**person, "headimgurl": "", "language": "zh-cn", "follow": follow})

    async def media(self, asked: Asked) -> Told:
        self.check(asked.one("access_token"), asked.path)
        file = self.files.get(self.fids.get(asked.one("fid"), ""))
        if file is None:
            raise self.fault(10008, asked.path)
        return blob(file.data, file.media_type)


PLATFORM = Weibo
