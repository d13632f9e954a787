"""DingTalk: an app's robot in single chats and groups, called back by HTTP or over the stream."""

import secrets
import time
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.types import ControllerRouterHandler

from fakes.base import Connected, Misused, b64, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms import dingtalk_events
from fakes.platforms.dingtalk_api import SESSION, Given, RobotApi, signed
from fakes.platforms.dingtalk_stream import MESSAGES
from fakes.wire import Refused

TYPES = {"image": "picture", "voice": "audio", "video": "video", "file": "file"}


class DingTalk(RobotApi):
    name = "dingtalk"
    label = Words("钉钉", "DingTalk")
    rank = 31
    kinds = ("text", "image", "voice", "video", "file", "rich", "unknown")
    quotes = False
    people = ("林小满", "Tom Baker", "周店长 (external)")
    hint = Words(
        "两个接口地址（api 与 oapi）都填本页给出的地址。Stream 模式不用填回调地址。",
        "Enter this page's address for both APIs (api and oapi). Stream mode needs no webhook address.",
    )

    def boxes(self) -> list[Box]:
        key = f"ding{letters(16).lower()}"
        aes = b64(secrets.token_bytes(32)).rstrip("=")
        return [
            Box(name="mode", label=Words("消息接收模式", "How messages come"), value="http",
                options=["http", "stream"]),
            Box(name="app_key", label=Words("Client ID（AppKey）", "Client ID (AppKey)"), value=key),
            Box(name="app_secret", label=Words("Client Secret（AppSecret）", "Client secret (AppSecret)"),
                value=letters(64)),
            Box(name="robot_code", label=Words("RobotCode", "RobotCode"), value=key),
            Box(name="events", label=Words("订阅企业事件", "Events of the organisation"), value="no",
                options=["no", "yes"]),
            Box(name="event_token", label=Words("事件签名 Token", "Event token"), value=letters(16)),
            Box(name="event_aes_key", label=Words("事件加密 aes_key", "Event AES key"), value=aes),
            Box(name="corp_id", label=Words("CorpId", "CorpId"), value=f"ding{letters(32)}"),
        ]  # fmt: skip

    def acts(self) -> list[Act]:
        return [
            Act(name="read", label=Words("看消息", "Read")),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
            Act(name="leave", label=Words("离职", "Leave the company")),
            Act(name="slow", label=Words("对她限流", "Too many to her")),
            Act(name="unslow", label=Words("不再限流", "No longer too many")),
            Act(name="event", label=Words("企业事件", "Event of the organisation"),
                boxes=[Box(name="type", label=Words("类型", "Type"), value="user_modify_org")]),
            Act(name="disconnect", label=Words("服务端断开 Stream", "The server ends the stream")),
        ]  # fmt: skip

    def sockets(self) -> list[ControllerRouterHandler]:
        @websocket("/dingtalk/connect")
        async def connect(socket: WebSocket[Any, Any, Any]) -> None:
            await self.stream.serve(socket)

        return [connect]

    def customer_id(self) -> str:
        return f"$:LWCP_v1:${letters(24)}"

    def welcome(self, name: str) -> Phone:
        return self._known(super().welcome(name), staff="external" not in name)

    def phone(self, customer: str) -> Phone:
        phone = super().phone(customer)
        return phone if "groups" in phone.notes else self._known(phone, staff=True)

    @staticmethod
    def _known(phone: Phone, *, staff: bool) -> Phone:
        """Only people of the company have a user id."""
        if staff:
            phone.notes["staff_id"] = digits(16)
        phone.notes.update(union_id=letters(22), chat_id=f"cid{letters(20)}=", groups=[f"cid{letters(20)}=="])
        return phone

    async def handshake(self) -> Connected:
        """Of the robot's own address nothing is asked; that of the events is checked."""
        if self.form["events"] != "yes" or not self.form["webhook"]:
            return Connected(ok=True)
        post = dingtalk_events.event(self.form, {"EventType": "check_url"})
        status, body, ok = await self.courier.call(post, 5, self._event_heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def _event_heard(self, status: int, body: bytes) -> bool:
        return dingtalk_events.heard(self.form, status, body)

    async def act_event(self, phone: Phone, given: dict[str, str]) -> None:
        value = {
            "EventType": given.get("type", "user_modify_org"),
            "CorpId": self.form["corp_id"],
            "UserId": [phone.notes.get("staff_id", "")],
            "TimeStamp": str(int(time.time() * 1000)),
        }
        manners = Manners(timeout=5, pauses=(1, 5), heard=self._event_heard)
        self.bring(lambda: dingtalk_events.event(self.form, value), manners)

    async def settled(self) -> None:
        await super().settled()
        await self.stream.settled()

    async def close(self) -> None:
        await self.stream.close()
        await super().close()

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = f"msg{letters(22)}=="
        data = self._message(phone, shown, said)
        if self.form["mode"] == "stream":
            task = self.stream.push(MESSAGES, data)
            task.add_done_callback(lambda done: self._fate(shown, done))
            return
        body = msgspec.json.encode(data)

        def heard(status: int, answer: bytes) -> bool:
            return status == 200 and self._answered(phone, answer)

        # Whether a robot's callback is repeated is not published: once more, soon.
        self.bring(lambda: self._post(body), Manners(timeout=5, pauses=(1,), heard=heard), shown)

    def _post(self, body: bytes) -> Post:
        """The signature is of the moment, and says nothing of the body."""
        stamp = str(int(time.time() * 1000))
        headers = {
            "content-type": "application/json; charset=utf-8",
            "timestamp": stamp,
            "sign": signed(stamp, self.form["app_secret"]),
        }
        return Post(url=self.form["webhook"], body=body, headers=headers)

    def _answered(self, phone: Phone, answer: bytes) -> bool:
        """The answer to a callback may be a message; anything else that is JSON is well."""
        try:
            given = msgspec.json.decode(answer) if answer else {}
            if isinstance(given, dict) and "msgtype" in given and given["msgtype"] != "empty":
                self.reply(phone, given)
        except (ValueError, Refused):
            return False
        return True

    def _message(self, phone: Phone, shown: Shown, said: Said) -> Given:
        group = "group" in said.more
        session, staff = self.sessions.issue(phone.id, SESSION), phone.notes.get("staff_id")
        data: Given = {
            "msgId": shown.id,
            "createAt": int(shown.at * 1000),
            "conversationId": phone.notes["groups"][0] if group else phone.notes["chat_id"],
            "conversationType": "2" if group else "1",
            "senderId": phone.id,
            "senderNick": phone.name,
            "isAdmin": False,
            "chatbotCorpId": self.form["corp_id"],
            "chatbotUserId": f"$:LWCP_v1:${letters(20)}",
            "robotCode": self.form["robot_code"],
            "sessionWebhook": self.url(f"/robot/sendBySession?session={session}"),
            "sessionWebhookExpiredTime": int((time.time() + SESSION) * 1000),
        }
        if staff is not None:
            data |= {"senderStaffId": staff, "senderCorpId": self.form["corp_id"]}
        if group:
            at = [{"dingtalkId": data["chatbotUserId"]}]
            data |= {"conversationTitle": said.more["group"], "isInAtList": True, "atUsers": at}
        return {**data, **self._content(shown, said)}

    def _content(self, shown: Shown, said: Said) -> Given:
        code = ""
        if shown.file:
            code = letters(60)
            self.codes[code] = shown.file
        elif said.kind in TYPES:
            raise Misused(f"{said.kind} needs a file")
        if said.kind == "text":
            return {
                "msgtype": "text",
                "text": {"content": f" {said.text}" if "group" in said.more else said.text},
            }
        if said.kind == "rich":
            picture = [{"type": "picture", "downloadCode": code}] if code else []
            return {"msgtype": "richText", "content": {"richText": [{"text": said.text}, *picture]}}
        kinds: dict[str, Given] = {
            "image": {"pictureDownloadCode": code},
            "voice": {"duration": 3000, "recognition": said.text},
            "video": {"duration": 3, "videoType": "mp4"},
            "file": {"fileName": said.name, "spaceId": digits(10), "fileId": digits(12)},
        }
        if (more := kinds.get(said.kind)) is None:
            return {"msgtype": "interactiveCard", "content": {"unknown": said.text}}
        return {"msgtype": TYPES[said.kind], "content": {"downloadCode": code, **more}}

    async def act_read(self, phone: Phone, given: dict[str, str]) -> None:
        for shown in phone.chat:
            if shown.by == "us" and shown.fate == "shown":
                shown.fate = "read"

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        """A button that has her say something: it is a message like any other."""
        shown = phone.find(given["message"])
        choice = next((c for c in shown.choices if c.id == given.get("choice")), None) if shown else None
        if choice is None:
            raise Misused("no such button")
        await self.say(phone.id, Said(text=choice.id))

    async def act_leave(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["gone"] = True

    async def act_slow(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["slowed"] = True

    async def act_unslow(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("slowed", None)

    async def act_disconnect(self, phone: Phone, given: dict[str, str]) -> None:
        await self.stream.disconnect()


PLATFORM = DingTalk
