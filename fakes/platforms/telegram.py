"""Telegram's Bot API: one bot, fed by webhook or by getUpdates."""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec

from fakes.base import Misused, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms import telegram_shapes as shapes
from fakes.platforms.telegram_calls import BotApi
from fakes.platforms.telegram_ground import Given, Wrong

# The platform says "a reasonable number of times".
PAUSES = (1, 3, 10, 30)
UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
KINDS = "text image voice video file location sticker contact audio animation video_note venue"
FIELDS = {"image": "photo", "file": "document"}


class Telegram(BotApi):
    name = "telegram"
    label = Words("Telegram", "Telegram")
    rank = 50
    kinds = tuple(KINDS.split())
    hint = Words(
        "接口地址填本页给出的地址，机器人令牌照抄；客栈自己调用 setWebhook，也可以用 getUpdates 轮询。",
        "Enter this page's address as the API address, copy the token; Kezhan calls setWebhook or polls.",
    )

    def boxes(self) -> list[Box]:
        return [
            Box(name="token", label=Words("机器人令牌（BotFather 给出）", "Bot token, as BotFather gives it"),
                value=f"{self.bot_id}:{letters(35)}"),
            Box(name="secret", label=Words("secret_token（由 setWebhook 设定）", "secret_token, as set")),
        ]  # fmt: skip

    def acts(self) -> list[Act]:
        text = [Box(name="text", label=Words("内容", "Text"))]
        return [
            Act(name="start", label=Words("按下“开始”", "Press Start"),
                boxes=[Box(name="payload", label=Words("参数", "Payload"))]),
            Act(name="block", label=Words("停用机器人", "Block the bot")),
            Act(name="unblock", label=Words("重新启用机器人", "Unblock the bot")),
            Act(name="edit", label=Words("编辑", "Edit"), on="message", boxes=text),
            Act(name="react", label=Words("表情回应", "React"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="👍")]),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
            Act(name="recall", label=Words("删除（商务连接）", "Delete (business connection)"), on="message"),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return digits(9)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        phone.notes["started"] = True
        shown.id = self.next_id(phone)
        body = self._body(phone, shown, said)
        if group := said.more.get("group"):
            phone.notes["group"] = phone.notes[f"group of {shown.id}"] = group
        if thread := said.more.get("message_thread_id"):
            body |= {"message_thread_id": int(thread), "is_topic_message": True}
        shown.raw = body
        made = shapes.message(phone, shown, shapes.person(phone), body)
        if connection := said.more.get("business_connection_id"):
            phone.notes["business"] = connection
            self.push({"business_message": {**made, "business_connection_id": connection}}, shown)
        else:
            self.push({"message": made}, shown)

    def _body(self, phone: Phone, shown: Shown, said: Said) -> Given:
        more = said.more
        if said.kind == "text":
            entities = [{"type": "bot_command", "offset": 0, "length": len(said.text.split()[0])}]
            return {"text": said.text} | ({"entities": entities} if said.text.startswith("/") else {})
        if said.kind in ("location", "venue"):
            place = {key: float(more.get(key, "0")) for key in ("latitude", "longitude")}
            venue = {
                "location": place,
                "title": more.get("title", said.text),
                "address": more.get("address", ""),
            }
            return {"location": place} | ({"venue": venue} if said.kind == "venue" else {})
        if said.kind == "contact":
            contact = {
                "phone_number": more.get("phone_number", "8613800000000"),
                "first_name": said.text or phone.name,
            }
            own = {"user_id": int(more["user_id"])} if "user_id" in more else {}
            return {"contact": {**contact, **own}}
        if not shown.file:
            raise Misused(f"{said.kind} needs a file")
        caption = {"caption": said.text} if said.text else {}
        group = {"media_group_id": more["media_group_id"]} if "media_group_id" in more else {}
        return {**self.media(FIELDS.get(said.kind, said.kind), shown.file), **caption, **group}

    def push(self, update: Given, shown: Shown | None = None) -> None:
        if "update_id" not in update:
            self.update_id += 1
            update = {"update_id": self.update_id, **update}
        kind = next(key for key in update if key != "update_id")
        if kind not in self.allowed if self.allowed else kind in UNASKED:
            return
        if not self.form["webhook"]:
            self.updates.append(update)
            self.arrived.set()
            return
        headers = {"content-type": "application/json"}
        if self.form["secret"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.form["secret"]
        post = Post(url=self.form["webhook"], body=msgspec.json.encode(update), headers=headers)
        self.bring(lambda: post, Manners(timeout=10, pauses=PAUSES, heard=self._heard), shown)

    def _heard(self, status: int, body: bytes) -> bool:
        good = 200 <= status < 300
        self.last_error = "" if good else f"Wrong response from the webhook: {status}"
        with suppress(ValueError):
            given = msgspec.json.decode(body)
            if good and isinstance(given, dict) and "method" in given:
                self.answers = asyncio.ensure_future(self._answered(given))
        return good

    async def _answered(self, given: Given) -> None:
        """The answer to an update may be one call; what becomes of it is told to nobody."""
        with suppress(Wrong, ValueError):
            await self.run(str(given.pop("method")), given)

    # What the customer does.

    def _press(self, phone: Phone, text: str) -> Shown:
        phone.notes["started"] = True
        shown = phone.show(self.next_id(phone), "customer", "text", text, fate="on its way")
        body = {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
        self.push({"message": shapes.message(phone, shown, shapes.person(phone), body)}, shown)
        return shown

    async def act_start(self, phone: Phone, given: dict[str, str]) -> None:
        self._press(phone, f"/start {given.get('payload', '')}".strip())

    def _member(self, phone: Phone, old: str, new: str) -> None:
        who = self.me()
        member = {"chat": shapes.chat(phone), "from": shapes.person(phone), "date": int(self.now())}
        status = {
            "old_chat_member": {"user": who, "status": old},
            "new_chat_member": {"user": who, "status": new},
        }
        self.push({"my_chat_member": {**member, **status}})

    async def act_block(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["blocked"] = True
        self._member(phone, "member", "kicked")

    async def act_unblock(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("blocked", None)
        self._member(phone, "kicked", "member")

    async def act_edit(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self._hers(phone, given)
        shown.text, shown.edited = given.get("text", ""), True
        shown.raw = {**shown.raw, ("text" if "text" in shown.raw else "caption"): shown.text}
        made = shapes.edited(shapes.message(phone, shown, shapes.person(phone), shown.raw))
        self.push({"edited_message": made})

    def _hers(self, phone: Phone, given: dict[str, str]) -> Shown:
        shown = phone.find(given.get("message", ""))
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        return shown

    async def act_react(self, phone: Phone, given: dict[str, str]) -> None:
        new = [{"type": "emoji", "emoji": given["emoji"]}] if given.get("emoji") else []
        reaction = {"old_reaction": [], "new_reaction": new, "date": int(self.now())}
        about = {
            "chat": shapes.chat(phone),
            "message_id": int(given["message"]),
            "user": shapes.person(phone),
        }
        self.push({"message_reaction": {**about, **reaction}})

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        choice = (
            next((choice for choice in shown.choices if choice.id == given.get("choice")), None)
            if shown
            else None
        )
        if shown is None or choice is None:
            raise Misused("no such button")
        if choice.id.startswith(("http://", "https://", "tg://")):
            return
        if choice.id in shapes.KEYS:
            await self._share(phone, shapes.KEYS[choice.id], choice.label)
            return
        query_id = digits(18)
        self.queries[query_id] = shown
        message = shapes.message(phone, shown, self.me(), {"text": shown.text})
        query: dict[str, Any] = {
            "id": query_id,
            "from": shapes.person(phone),
            "message": message,
            "data": choice.id,
        }
        self.push({"callback_query": {**query, "chat_instance": digits(18)}})

    async def _share(self, phone: Phone, kind: str, label: str) -> None:
        """By a key of the keyboard: her own contact, where she is, or its words."""
        more = {"contact": {"user_id": phone.id}, "location": {"latitude": "31.2", "longitude": "121.5"}}
        text = label if kind == "text" else ""
        await self.say(phone.id, Said(kind=kind, text=text, more=more.get(kind, {})))

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self._hers(phone, given)
        connection = phone.notes.get("business")
        if connection is None:
            raise Misused("an ordinary chat tells nothing of a deletion")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        about = {
            "business_connection_id": connection,
            "chat": shapes.chat(phone),
            "message_ids": [int(shown.id)],
        }
        self.push({"deleted_business_messages": about})


PLATFORM = Telegram
