"""WhatsApp: one business number, customers with a number or a user name only."""

import hashlib
import time

from fakes.base import Misused, digits
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms import whatsapp_shapes as shapes
from fakes.platforms.meta_graph import Given
from fakes.platforms.whatsapp_cloud import HERS_KEPT, CloudApi, wamid

FIELDS = (
    "message_template_status_update",
    "phone_number_quality_update",
    "account_update",
    "user_preferences",
)


class WhatsApp(CloudApi):
    name = "whatsapp"
    label = Words("WhatsApp", "WhatsApp")
    rank = 51
    kinds = (
        *("text", "image", "voice", "video", "file", "location", "sticker", "contact", "audio", "order"),
        "unsupported",
    )
    people = ("林小满", "Tom Baker", "Ana (no number)")
    hint = Words(
        "号码编号、企业账户编号、访问口令、应用密钥、验证口令逐项照抄，接口地址填本页给出的地址。",
        "Copy the ids, the access token, the app secret and the verify token; enter this page's API address.",
    )

    def boxes(self) -> list[Box]:
        early = Words("状态先于应答到达", "Statuses arrive before the answer")
        return [
            Box(name="phone_number_id", label=Words("电话号码编号", "Phone number ID"), value=digits(15)),
            Box(name="waba_id", label=Words("企业账户编号", "Business account ID"), value=digits(15)),
            Box(name="display_phone_number", label=Words("号码", "Number"), value=f"86{digits(11)}"),
            *super().boxes(),
            Box(name="status_first", label=early, value="no", options=["no", "yes"]),
        ]

    def acts(self) -> list[Act]:
        text = [Box(name="text", label=Words("内容", "Text"))]
        return [
            Act(name="read", label=Words("看消息", "Read")),
            Act(name="block", label=Words("拉黑企业", "Block the business")),
            Act(name="unblock", label=Words("取消拉黑", "Unblock")),
            Act(name="burst", label=Words("连发三条", "Three at once"), boxes=text),
            Act(name="renumber", label=Words("换号码", "Change the number")),
            Act(name="account", label=Words("账户事件", "Account event"), boxes=[
                Box(name="field", label=Words("类型", "Field"), value=FIELDS[0], options=list(FIELDS)),
                Box(name="event", label=Words("事件", "Event"), value="APPROVED")]),
            Act(name="echo", label=Words("店员用手机回复", "Staff answer on the phone"), boxes=text),
            Act(name="edit", label=Words("编辑", "Edit"), on="message", boxes=text),
            Act(name="recall", label=Words("撤回", "Delete for everyone"), on="message"),
            Act(name="react", label=Words("表情回应", "React"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="👍")]),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return f"86{digits(11)}"

    def welcome(self, name: str) -> Phone:
        phone = super().welcome(name)
        phone.notes["user_id"] = f"CN.{digits(20)}"
        if "no number" not in name:
            phone.notes["wa_id"] = phone.id
        return phone

    def phone(self, customer: str) -> Phone:
        phone = super().phone(customer)
        if "user_id" not in phone.notes:
            phone.notes.update(user_id=f"CN.{digits(20)}", wa_id=customer)
        return phone

    def _who(self, phone: Phone) -> Given:
        """A contact; the number is missing where she shows her user name only."""
        profile = {"name": phone.name} | ({} if "wa_id" in phone.notes else {"username": "ana"})
        number = {"wa_id": phone.notes["wa_id"]} if "wa_id" in phone.notes else {}
        return {"profile": profile, **number, "user_id": phone.notes["user_id"]}

    def _from(self, phone: Phone) -> Given:
        number = {"from": phone.notes["wa_id"]} if "wa_id" in phone.notes else {}
        return {**number, "from_user_id": phone.notes["user_id"]}

    def _bring(self, phone: Phone, bodies: list[Given], shown: Shown | None = None) -> None:
        stamp = str(int(time.time()))
        if phone.notes.get("muted"):
            return
        messages = [{**self._from(phone), "id": wamid(), "timestamp": stamp, **body} for body in bodies]
        self.value({"contacts": [self._who(phone)], "messages": messages}, shown)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = wamid()
        phone.notes["said_at"] = self.now()
        media: Given = {}
        if shown.file:
            kept = self.files.pop(shown.file)
            shown.file = self.keep_media(kept.data, kept.media_type, kept.name, HERS_KEPT)
            media = {
                "id": shown.file,
                "mime_type": kept.media_type,
                "sha256": hashlib.sha256(kept.data).hexdigest(),
            }
        elif said.kind in ("image", "voice", "video", "file", "sticker", "audio"):
            raise Misused(f"{said.kind} needs a file")
        body = shapes.said_body(said, shown, media)
        if said.quote:
            body["context"] = {"from": self.form["display_phone_number"], "id": said.quote}
        if "referral" in said.more:
            source = {"source_url": "https://fb.me/ad", "source_id": "120", "source_type": "ad"}
            body["referral"] = {**source, "headline": said.more["referral"], "ctwa_clid": "clid"}
        shown.raw = body
        self._bring(phone, [{"id": shown.id, **body}], shown)

    async def act_burst(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["said_at"] = self.now()
        bodies = []
        for nr in (1, 2, 3):
            shown = phone.show(wamid(), "customer", "text", f"{given.get('text') or '…'} {nr}")
            bodies.append({"id": shown.id, "type": "text", "text": {"body": shown.text}})
        self._bring(phone, bodies)

    async def act_read(self, phone: Phone, given: dict[str, str]) -> None:
        for shown in phone.chat:
            if shown.by == "us" and shown.fate == "shown":
                shown.fate = "read"
                status = "played" if shown.kind == "voice" else "read"
                self.status({"id": shown.id, "recipient_id": phone.notes.get("wa_id", "")}, status)

    async def act_block(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["blocked"] = True

    async def act_unblock(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("blocked", None)

    async def act_renumber(self, phone: Phone, given: dict[str, str]) -> None:
        old, new = phone.notes.get("wa_id"), f"86{digits(11)}"
        if old is None:
            raise Misused("she shows no number")
        text = f"User {phone.name} changed from {old} to {new}"
        system = {"type": "user_changed_number", "body": text, "wa_id": new}
        self._bring(phone, [{"type": "system", "system": system}])
        phone.notes["wa_id"] = new

    async def act_account(self, phone: Phone, given: dict[str, str]) -> None:
        """Of the account itself, not of a customer."""
        about = {"event": given.get("event", ""), "message_template_name": "order_update"}
        entry = {"id": self.form["waba_id"], "changes": [{"field": given["field"], "value": about}]}
        self.callback({"object": "whatsapp_business_account", "entry": [entry]})

    async def act_echo(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.show(wamid(), "us", "text", given.get("text", ""))
        sent = {"from": self.form["display_phone_number"], "to": phone.notes.get("wa_id", ""), "id": shown.id}
        body = {"timestamp": str(int(shown.at)), "type": "text", "text": {"body": shown.text}}
        self.value({"message_echoes": [{**sent, **body}]}, field="smb_message_echoes")

    def _hers(self, phone: Phone, given: dict[str, str]) -> Shown:
        shown = phone.find(given.get("message", ""))
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        return shown

    async def act_edit(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self._hers(phone, given)
        shown.text, shown.edited = given.get("text", ""), True
        message = {"type": "text", "text": {"body": shown.text}}
        self._bring(phone, [{"type": "edit", "edit": {"original_message_id": shown.id, "message": message}}])

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self._hers(phone, given)
        shown.fate, shown.text, shown.file = "recalled", "", ""
        self._bring(phone, [{"type": "revoke", "revoke": {"original_message_id": shown.id}}])

    async def act_react(self, phone: Phone, given: dict[str, str]) -> None:
        emoji = {"emoji": given["emoji"]} if given.get("emoji") else {}
        self._bring(phone, [{"type": "reaction", "reaction": {"message_id": given["message"], **emoji}}])

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        choice = next((c for c in shown.choices if c.id == given.get("choice")), None) if shown else None
        if shown is None or choice is None:
            raise Misused("no such button")
        if choice.id == shapes.SHARES_PLACE:
            place = {"latitude": "31.2", "longitude": "121.5"}
            await self.say(phone.id, Said(kind="location", quote=shown.id, more=place))
            return
        phone.notes["said_at"] = self.now()
        context = {"from": self.form["display_phone_number"], "id": shown.id}
        if shown.raw["type"] == "template":
            chosen: Given = {"type": "button", "button": {"payload": choice.id, "text": choice.label}}
        else:
            kind = f"{shown.raw['interactive']['type']}_reply"
            reply = {"id": choice.id, "title": choice.label}
            chosen = {"type": "interactive", "interactive": {"type": kind, kind: reply}}
        id = wamid()
        phone.show(id, "customer", "text", choice.label)
        self._bring(phone, [{"id": id, **chosen, "context": context}])


PLATFORM = WhatsApp
