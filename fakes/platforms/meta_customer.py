"""What customers of Messenger and Instagram do alike, and the callbacks that tell of it."""

import time

from fakes.base import Misused, digits
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms.meta_direct import INBOX, SendApi
from fakes.platforms.meta_graph import Given

TYPES = {"image": "image", "voice": "audio", "video": "video", "file": "file", "sticker": "image"}


class Direct(SendApi):
    """`object` is the word of the envelope."""

    object = "page"

    def boxes(self) -> list[Box]:
        human = Words("有 Human Agent 权限", "Human Agent permission")
        return [
            Box(name="account_id", label=Words("主页或账号编号", "Page or account ID"), value=digits(15)),
            *super().boxes(),
            Box(name="human_agent", label=human, value="yes", options=["yes", "no"]),
        ]

    def acts(self) -> list[Act]:
        return [
            Act(name="read", label=Words("看消息", "Read")),
            Act(name="block", label=Words("拉黑", "Block")),
            Act(name="unblock", label=Words("取消拉黑", "Unblock")),
            Act(name="test", label=Words("后台的“测试”按钮", "The dashboard's test button")),
            Act(name="inbox", label=Words("收件箱接管", "The page inbox takes over")),
            Act(name="back", label=Words("交还给我们", "Handed back to us")),
            Act(name="staff", label=Words("店员在收件箱回复", "Staff answer in the inbox"),
                boxes=[Box(name="text", label=Words("内容", "Text"))]),
            Act(name="edit", label=Words("编辑", "Edit"), on="message",
                boxes=[Box(name="text", label=Words("内容", "Text"))]),
            Act(name="react", label=Words("表情回应", "React"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="❤")]),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return digits(17)

    def item(self, phone: Phone, more: Given) -> Given:
        stamp = int(time.time() * 1000)
        to = {"id": self.form["account_id"]}
        return {"sender": {"id": phone.id}, "recipient": to, "timestamp": stamp, **more}

    def tell(self, phone: Phone, item: Given, shown: Shown | None = None) -> None:
        """Under `standby` where another app has the thread."""
        place = "standby" if phone.notes.get("owner") else "messaging"
        entry = {"id": self.form["account_id"], "time": int(time.time() * 1000), place: [item]}
        self.callback({"object": self.object, "entry": [entry]}, shown)

    def echo(self, phone: Phone, shown: Shown, message: Given) -> None:
        """With our app's id; then that it has arrived."""
        self._echo(phone, shown, message, self.form["app_id"])
        self.delivered(phone, shown)

    def delivered(self, phone: Phone, shown: Shown) -> None:
        """Messenger alone tells of it."""

    def _echo(self, phone: Phone, shown: Shown, message: Given, app_id: str) -> None:
        kept: Given = {key: message[key] for key in ("text", "metadata") if key in message}
        if shown.file:
            kind = {"voice": "audio"}.get(shown.kind, shown.kind)
            kept["attachments"] = [{"type": kind, "payload": {"url": self.url(f"/cdn/{shown.file}")}}]
        item = self.item(
            phone, {"message": {"mid": shown.id, "is_echo": True, "app_id": int(app_id), **kept}}
        )
        self.tell(phone, {**item, "sender": item["recipient"], "recipient": item["sender"]})

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        phone.notes["said_at"] = self.now()
        shown.id = self.mid()
        message: Given = {"mid": shown.id, **self.body(shown, said)}
        if said.quote:
            message["reply_to"] = {"mid": said.quote}
        if "story" in said.more:
            message["reply_to"] = {"story": {"url": self.url("/cdn/story"), "id": said.more["story"]}}
        if "referral" in said.more:
            message["referral"] = {"ref": said.more["referral"], "source": "ADS", "type": "OPEN_THREAD"}
        self.tell(phone, self.item(phone, {"message": message}), shown)

    def body(self, shown: Shown, said: Said) -> Given:
        if said.kind == "text":
            return {"text": said.text}
        if said.kind in TYPES:
            if not shown.file:
                raise Misused(f"{said.kind} needs a file")
            payload: Given = {"url": self.url(f"/cdn/{shown.file}")}
            if said.kind == "sticker":
                payload["sticker_id"] = 369239263222822
            attachment = {"type": TYPES[said.kind], "payload": payload}
            return {"attachments": [attachment]} | ({"text": said.text} if said.text else {})
        return self.special(shown, said)

    def special(self, shown: Shown, said: Said) -> Given:
        """The kinds that only one of the two has."""
        raise NotImplementedError

    async def act_read(self, phone: Phone, given: dict[str, str]) -> None:
        unread = [shown for shown in phone.chat if shown.by == "us" and shown.fate == "shown"]
        for shown in unread:
            shown.fate = "read"
        if unread:
            self.tell(phone, self.item(phone, {"read": self.read_mark(unread[-1])}))

    def read_mark(self, newest: Shown) -> Given:
        raise NotImplementedError

    async def act_block(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["blocked"] = True

    async def act_unblock(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("blocked", None)

    async def act_test(self, phone: Phone, given: dict[str, str]) -> None:
        """The dashboard sends the same item as a change, with made-up ids."""
        value = {
            "sender": {"id": "12334"},
            "recipient": {"id": "23245"},
            "timestamp": "1527459824",
            "message": {"mid": f"test_message_id_{digits(6)}", "text": "test_message"},
        }
        entry = {"id": "0", "time": int(time.time()), "changes": [{"field": "messages", "value": value}]}
        self.callback({"object": self.object, "entry": [entry]})

    async def act_inbox(self, phone: Phone, given: dict[str, str]) -> None:
        change = {"previous_owner_app_id": self.form["app_id"], "new_owner_app_id": INBOX, "metadata": ""}
        self.tell(phone, self.item(phone, {"pass_thread_control": change}))
        phone.notes["owner"] = INBOX

    async def act_back(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["owner"] = ""
        change = {"previous_owner_app_id": INBOX, "new_owner_app_id": self.form["app_id"], "metadata": ""}
        self.tell(phone, self.item(phone, {"pass_thread_control": change}))

    async def act_staff(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.show(self.mid(), "us", "text", given.get("text", ""))
        self._echo(phone, shown, {"text": shown.text}, INBOX)

    def hers(self, phone: Phone, given: dict[str, str]) -> Shown:
        shown = phone.find(given.get("message", ""))
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        return shown

    async def act_edit(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self.hers(phone, given)
        shown.text, shown.edited = given.get("text", ""), True
        shown.raw = (shown.raw or 0) + 1
        edit = {"mid": shown.id, "text": shown.text, "num_edit": shown.raw}
        self.tell(phone, self.item(phone, {"message_edit": edit}))

    async def act_react(self, phone: Phone, given: dict[str, str]) -> None:
        emoji = given.get("emoji")
        more = {"action": "react", "emoji": emoji, "reaction": "love"} if emoji else {"action": "unreact"}
        self.tell(phone, self.item(phone, {"reaction": {"mid": given["message"], **more}}))

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        """A quick reply is a message of hers, a template's button a postback."""
        ours = phone.find(given["message"])
        choice = next((c for c in ours.choices if c.id == given.get("choice")), None) if ours else None
        if ours is None or choice is None:
            raise Misused("no such button")
        phone.notes["said_at"] = self.now()
        shown = phone.show(self.mid(), "customer", "text", choice.label, fate="on its way")
        if "quick_replies" in ours.raw["message"]:
            reply = {"mid": shown.id, "text": choice.label, "quick_reply": {"payload": choice.id}}
            self.tell(phone, self.item(phone, {"message": reply}), shown)
        else:
            postback = {"mid": shown.id, "title": choice.label, "payload": choice.id}
            self.tell(phone, self.item(phone, {"postback": postback}), shown)
