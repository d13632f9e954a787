"""Feishu (Lark): an app's robot, its people in single chats."""

import secrets
import time
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.types import ControllerRouterHandler

from fakes.base import Connected, Misused, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms.feishu_api import HEX, Given, OpenApis, sealed, signed

MANNERS = Manners(timeout=3, pauses=(15, 300, 3600, 21600), heard=lambda status, _: status == 200)
CHALLENGE_SECONDS = 1


class Feishu(OpenApis):
    name = "feishu"
    label = Words("飞书", "Feishu / Lark")
    rank = 30
    kinds = ("text", "image", "voice", "video", "file", "post", "sticker", "location", "contact", "vote")
    hint = Words(
        "应用编号、密钥、Encrypt Key、Verification Token 逐项照抄；Encrypt Key 留空就是明文、不签名。",
        "Copy the app id, the secret, Encrypt Key and Verification Token; without that key all is plain.",
    )

    def __init__(self) -> None:
        self.manners = MANNERS
        super().__init__()

    def boxes(self) -> list[Box]:
        return [
            Box(name="mode", label=Words("订阅方式", "How events come"), value="http",
                options=["http", "socket"]),
            Box(name="app_id", label=Words("App ID", "App ID"), value=f"cli_{letters(16, HEX)}"),
            Box(name="app_secret", label=Words("App Secret", "App Secret"), value=letters(32)),
            Box(name="encrypt_key", label=Words("Encrypt Key", "Encrypt Key"), value=letters(32)),
            Box(name="verification_token", label=Words("Verification Token", "Verification Token"),
                value=letters(32)),
        ]  # fmt: skip

    def acts(self) -> list[Act]:
        return [
            Act(name="enter", label=Words("打开会话", "Open the chat")),
            Act(name="read", label=Words("看消息", "Read")),
            Act(name="leave", label=Words("不再可见机器人", "Lose sight of the robot")),
            Act(name="back", label=Words("重新可见", "See it again")),
            Act(name="cut", label=Words("服务端断开长连接", "The server ends the long connection")),
            Act(name="expel", label=Words("把机器人移出群", "Take the robot out of the group")),
            Act(name="recall", label=Words("撤回", "Recall"), on="message"),
            Act(name="react", label=Words("表情回应", "React"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="THUMBSUP")]),
            Act(name="unreact", label=Words("取消表情回应", "Take the reaction back"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="THUMBSUP")]),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return f"ou_{letters(32, HEX)}"

    def phone(self, customer: str) -> Phone:
        return self._known(super().phone(customer))

    def welcome(self, name: str) -> Phone:
        return self._known(super().welcome(name))

    @staticmethod
    def _known(phone: Phone) -> Phone:
        ids = {"chat_id": f"oc_{letters(32, HEX)}", "union_id": f"on_{letters(32, HEX)}"}
        for key, value in {
            **ids,
            "user_id": letters(8, HEX),
            "email": f"{letters(6, HEX)}@example.com",
        }.items():
            phone.notes.setdefault(key, value)
        return phone

    def sockets(self) -> list[ControllerRouterHandler]:
        @websocket("/feishu/connect")
        async def connect(socket: WebSocket[Any, Any, Any]) -> None:
            await self.stream.serve(socket)

        return [connect]

    async def settled(self) -> None:
        await super().settled()
        await self.stream.settled()

    async def close(self) -> None:
        await self.stream.close()
        await super().close()

    # Callbacks.

    def post(self, value: object, *, handshake: bool = False) -> Post:
        """Sealed and signed where there is an Encrypt Key; the handshake bears no signature."""
        body, key = msgspec.json.encode(value), self.form["encrypt_key"]
        headers = {"content-type": "application/json; charset=utf-8"}
        if key:
            body = msgspec.json.encode({"encrypt": sealed(key, body, secrets.token_bytes(16))})
        if key and not handshake:
            timestamp, nonce = str(int(time.time())), letters(10)
            headers |= {
                "X-Lark-Request-Timestamp": timestamp,
                "X-Lark-Request-Nonce": nonce,
                "X-Lark-Signature": signed(timestamp, nonce, key, body),
            }
        return Post(url=self.form["webhook"], body=body, headers=headers)

    async def handshake(self) -> Connected:
        if not self.form["webhook"] or self.form["mode"] == "socket":
            return Connected(ok=True)
        challenge = letters(32)
        asked = {"challenge": challenge, "token": self.form["verification_token"], "type": "url_verification"}

        def heard(status: int, body: bytes) -> bool:
            try:
                return status == 200 and bool(msgspec.json.decode(body) == {"challenge": challenge})
            except ValueError:
                return False

        post = self.post(asked, handshake=True)
        status, body, ok = await self.courier.call(post, CHALLENGE_SECONDS, heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def event(
        self, kind: str, event: Given, shown: Shown | None = None, manners: Manners | None = None
    ) -> None:
        """Each repeat bears the same event id, and a signature of its own time."""
        header = {
            "event_id": letters(32, HEX),
            "event_type": kind,
            "create_time": str(int(time.time() * 1000)),
            "token": self.form["verification_token"],
            "app_id": self.form["app_id"],
            "tenant_key": "tenant",
        }
        value = {"schema": "2.0", "header": header, "event": event}
        if self.form["mode"] == "socket":
            task = self.stream.push(value, (manners or self.manners).pauses)
            if shown is not None:
                task.add_done_callback(lambda done: self._fate(shown, done))
            return
        self.bring(lambda: self.post(value), manners or self.manners, shown)

    @staticmethod
    def _ids(phone: Phone) -> Given:
        return {"open_id": phone.id, "union_id": phone.notes["union_id"], "user_id": phone.notes["user_id"]}

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = f"om_{letters(32, HEX)}"
        kind, content = self._content_of(phone, shown, said)
        stamp = str(int(shown.at * 1000))
        group = said.more.get("group_chat_id", "")
        if group:
            phone.notes["group"] = group
        message: Given = {"message_id": shown.id, "create_time": stamp, "update_time": stamp}
        message |= {"chat_id": group or phone.notes["chat_id"], "chat_type": "group" if group else "p2p"}
        message |= {"message_type": kind, "content": msgspec.json.encode(content).decode()}
        if group:
            bot = {"open_id": "ou_bot", "union_id": "on_bot", "user_id": ""}
            message["mentions"] = [{"key": "@_user_1", "id": bot, "name": "客栈", "tenant_key": "tenant"}]
        if said.quote:
            message |= {"root_id": said.quote, "parent_id": said.quote}
        sender = {"sender_id": self._ids(phone), "sender_type": "user", "tenant_key": "tenant"}
        self.event("im.message.receive_v1", {"sender": sender, "message": message}, shown)

    def _content_of(self, phone: Phone, shown: Shown, said: Said) -> tuple[str, Given]:
        """message_type and content."""
        more = said.more
        if shown.file:
            kept = self.files.pop(shown.file)
            prefix = "img_v3_" if said.kind == "image" else "file_v3_"
            shown.file = self._kept(prefix, "hers", kept.media_type, kept.data, kept.name)
        elif said.kind in ("image", "voice", "video", "file", "sticker"):
            raise Misused(f"{said.kind} needs a file")
        line = [
            {"tag": "text", "text": said.text},
            {"tag": "a", "href": "https://example.com", "text": "link"},
        ]
        place = {"longitude": more.get("longitude", "0"), "latitude": more.get("latitude", "0")}
        at = "@_user_1 " if "group_chat_id" in more else ""
        made: dict[str, tuple[str, Given]] = {
            "text": ("text", {"text": at + said.text}),
            "image": ("image", {"image_key": shown.file}),
            "voice": ("audio", {"file_key": shown.file, "duration": 3000}),
            "video": (
                "media",
                {"file_key": shown.file, "image_key": "", "file_name": said.name, "duration": 3000},
            ),
            "file": ("file", {"file_key": shown.file, "file_name": said.name}),
            "sticker": ("sticker", {"file_key": shown.file}),
            "post": ("post", {"title": more.get("title", ""), "content": [line]}),
            "location": ("location", {"name": said.text, **place}),
            "contact": ("share_user", {"user_id": phone.id}),
            "vote": ("vote", {"topic": said.text, "options": ["1", "2"]}),
        }
        return made[said.kind]

    async def act_enter(self, phone: Phone, given: dict[str, str]) -> None:
        about = {"chat_id": phone.notes["chat_id"], "operator_id": self._ids(phone)}
        self.event("im.chat.access_event.bot_p2p_chat_entered_v1", about)

    async def act_read(self, phone: Phone, given: dict[str, str]) -> None:
        unread = [shown for shown in phone.chat if shown.by == "us" and shown.fate == "shown"]
        for shown in unread:
            shown.fate = "read"
        stamp = str(int(time.time() * 1000))
        reader = {"reader_id": self._ids(phone), "read_time": stamp, "tenant_key": "tenant"}
        if unread:
            ids = [shown.id for shown in unread]
            self.event("im.message.message_read_v1", {"reader": reader, "message_id_list": ids})

    async def act_leave(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["unavailable"] = True

    async def act_back(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("unavailable", None)

    async def act_cut(self, phone: Phone, given: dict[str, str]) -> None:
        await self.stream.cut()

    async def act_expel(self, phone: Phone, given: dict[str, str]) -> None:
        group = phone.notes.pop("group", "")
        if not group:
            raise Misused("she is in no group")
        about = {"chat_id": group, "operator_id": self._ids(phone), "external": False, "name": "茶友群"}
        self.event("im.chat.member.bot.deleted_v1", about)

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        about = {"message_id": shown.id, "chat_id": phone.notes["chat_id"]}
        stamp = str(int(time.time() * 1000))
        self.event("im.message.recalled_v1", {**about, "recall_time": stamp, "recall_type": "message_owner"})

    async def act_react(self, phone: Phone, given: dict[str, str]) -> None:
        emoji = given.get("emoji", "THUMBSUP")
        self.put(given["message"], phone.id, "user", emoji)
        self._reacted("created", phone, given["message"], emoji)

    async def act_unreact(self, phone: Phone, given: dict[str, str]) -> None:
        emoji, there = given.get("emoji", "THUMBSUP"), self.reacted.get(given["message"], {})
        id = next((id for id, known in there.items() if known == (phone.id, "user", emoji)), None)
        if id is None:
            raise Misused("she has not reacted so")
        del there[id]
        self._reacted("deleted", phone, given["message"], emoji)

    def _reacted(self, what: str, phone: Phone, message: str, emoji: str) -> None:
        stamp = str(int(time.time() * 1000))
        about = {"message_id": message, "reaction_type": {"emoji_type": emoji}, "operator_type": "user"}
        event = {**about, "user_id": self._ids(phone), "action_time": stamp}
        self.event(f"im.message.reaction.{what}_v1", event)

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        """A card's button: asked once, the answer must come within three seconds."""
        shown = phone.find(given["message"])
        if shown is None or given.get("choice") not in {choice.id for choice in shown.choices}:
            raise Misused("no such button")
        if not given["choice"].startswith("{"):
            return
        action = {"value": msgspec.json.decode(given["choice"]), "tag": "button"}
        context = {"open_message_id": shown.id, "open_chat_id": phone.notes["chat_id"]}
        event = {"operator": self._ids(phone), "token": f"c-{letters(32, HEX)}", "action": action}
        once = Manners(timeout=3, pauses=(), heard=lambda status, _: status == 200)
        self.event("card.action.trigger", {**event, "host": "im_message", "context": context}, manners=once)


PLATFORM = Feishu
