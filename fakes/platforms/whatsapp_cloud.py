"""WhatsApp's Cloud API as a business calls it: messages with their later fates, media, templates."""

import asyncio
import hashlib
import secrets
import time
from contextlib import suppress
from typing import Any

from fakes.base import b64, digits
from fakes.deliver import Post
from fakes.phone import Phone, Shown
from fakes.platforms import whatsapp_shapes as shapes
from fakes.platforms.meta_graph import Given, Graph, error, refused
from fakes.platforms.whatsapp_templates import TEMPLATES
from fakes.wire import Asked, Refused, Route, Told, blob, told
from fakes.world import Tokens

WINDOW = 24 * 3600
MEDIA_KEPT, HERS_KEPT, LINK = 30 * 86400, 7 * 86400, 300
# Eighty a second from one number; one in six seconds to one person, of which 45 may come at once.
THROUGHPUT, PAIR = (80, 1), (45, 270)
# How long an answer waits at most for statuses that are to come first.
EARLY = 2
LATER = {
    131047: "Re-engagement message",
    131026: "Message undeliverable",
    131053: "Media upload error",
}


def wamid() -> str:
    return f"wamid.{b64(secrets.token_bytes(39))}"


class CloudApi(Graph):
    """What is called; what the customer does is in `whatsapp`."""

    def __init__(self) -> None:
        super().__init__()
        self.links = Tokens(self.world.clock, size=40)

    def routes(self) -> list[Route]:
        return [
            Route(method="GET", path="/media/{link}", run=self.download),
            Route(method="POST", path="/{version}/{pid}/messages", run=self.messages, sends=True),
            Route(method="POST", path="/{version}/{pid}/media", run=self.upload),
            Route(method="POST", path="/{version}/{pid}/block_users", run=self.block_users),
            Route(method="GET", path="/{version}/{waba}/message_templates", run=self.templates),
            Route(method="POST", path="/{version}/{waba}/subscribed_apps", run=self.subscribe),
            Route(method="GET", path="/{version}/{id}", run=self.look),
            Route(method="DELETE", path="/{version}/{id}", run=self.drop),
        ]

    def refuse_rate(self) -> Told:
        return error(130429, "Rate limit hit", 429)

    def refuse_code(self, code: str) -> Told:
        return error(int(code), "Refused on purpose", 401 if code in ("0", "190") else 400)

    def _own(self, asked: Asked, place: str, field: str) -> None:
        self.check(asked)
        if asked.given[place] != self.form[field]:
            why = f"Unsupported request. Object with ID '{asked.given[place]}' does not exist"
            raise refused(100, why, subcode=33)

    async def messages(self, asked: Asked) -> Told:
        self._own(asked, "pid", "phone_number_id")
        given = self.read(asked)
        if given.get("status") == "read":
            return self._mark_read(given)
        made = shapes.meant(given)
        phone = self._addressed(given)
        key = phone.id if phone else str(given.get("to"))
        if not self.world.calls.take("all", *THROUGHPUT):
            raise Refused(self.refuse_rate())
        if not self.world.calls.take(f"pair {key}", *PAIR):
            raise refused(131056, "(Business Account, Consumer Account) pair rate limit hit")
        if made.media and made.media not in self.uploaded():
            raise refused(131009, "Parameter value is not valid", details="Media id does not exist")
        id = wamid()
        failed = await self._fail(phone, made)
        if phone is not None and not failed:
            self._show(phone, id, made, given)
        await self._statuses(phone, given, id, failed)
        waid = phone.notes.get("wa_id", "") if phone else _number(given)
        contact = {"input": given.get("to") or given.get("recipient")} | ({"wa_id": waid} if waid else {})
        return told({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": id}]})

    def uploaded(self) -> set[str]:
        return {id for id, file in self.files.items() if file.until > self.now()}

    def _addressed(self, given: Given) -> Phone | None:
        """Her whom `to` (a number) or `recipient` (a user id) means; None where nobody is."""
        to, recipient = _number(given), str(given.get("recipient", ""))
        if not to and not recipient:
            raise refused(131008, "Required parameter is missing", details="to or recipient")
        if to and to == self.form["display_phone_number"]:
            raise refused(131021, "Recipient cannot be sender")
        for phone in self.phones.values():
            if (to and phone.notes.get("wa_id") == to) or (recipient and phone.notes["user_id"] == recipient):
                return phone
        return None

    async def _fail(self, phone: Phone | None, made: shapes.Meant) -> int:
        """The code with which the message fails after it was accepted; 0 where it does not."""
        if phone is None or phone.notes.get("blocked"):
            return 131026
        if not made.any_time and self.now() - phone.notes.get("said_at", 0) > WINDOW:
            return 131047
        if made.link:
            fetched = Post(url=made.link, method="GET")
            _, data, ok = await self.courier.call(fetched, 20, lambda status, _: status == 200)
            if not ok:
                return 131053
            made.media = self.keep(data, "", made.name)
        return 0

    def _show(self, phone: Phone, id: str, made: shapes.Meant, given: Given) -> None:
        quote = given.get("context", {}).get("message_id", "")
        phone.typing_until = 0
        if made.kind == "reaction":
            return
        name = made.name or (self.files[made.media].name if made.media else "")
        phone.show(
            id,
            "us",
            made.kind,
            made.text,
            file=made.media,
            name=name,
            quote=quote,
            choices=made.choices,
            raw=given,
        )

    async def _statuses(self, phone: Phone | None, given: Given, id: str, failed: int) -> None:
        about: Given = {"id": id, "recipient_id": phone.notes.get("wa_id", "") if phone else _number(given)}
        if "biz_opaque_callback_data" in given:
            about["biz_opaque_callback_data"] = given["biz_opaque_callback_data"]
        if failed:
            details = {"details": LATER[failed]}
            fault = {"code": failed, "title": LATER[failed], "message": LATER[failed], "error_data": details}
            self.status({**about, "errors": [fault]}, "failed")
            return
        category = "service" if given.get("type") != "template" else "utility"
        price = {"billable": category != "service", "pricing_model": "PMP", "category": category}
        self.status({**about, "pricing": price}, "sent")
        self.status({**about, "pricing": price}, "delivered")
        if self.form["status_first"] == "yes":
            with suppress(TimeoutError):
                await asyncio.wait_for(self.courier.settled(), EARLY)

    def status(self, about: Given, status: str) -> None:
        stamp = str(int(time.time()))
        self.value({"statuses": [{**about, "status": status, "timestamp": stamp}]})

    def value(self, value: Given, shown: Shown | None = None, field: str = "messages") -> None:
        """A change of the account, brought to the webhook."""
        number = self.form["display_phone_number"]
        metadata = {"display_phone_number": number, "phone_number_id": self.form["phone_number_id"]}
        change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": field}
        entry = {"id": self.form["waba_id"], "changes": [change]}
        self.callback({"object": "whatsapp_business_account", "entry": [entry]}, shown)

    def _mark_read(self, given: Given) -> Told:
        for phone in self.phones.values():
            shown = phone.find(str(given.get("message_id")))
            if shown is None or shown.by != "customer":
                continue
            for earlier in phone.chat[: phone.chat.index(shown) + 1]:
                if earlier.by == "customer" and earlier.fate == "delivered":
                    earlier.fate = "read"
            if "typing_indicator" in given:
                if given["typing_indicator"] != {"type": "text"}:
                    raise refused(100, "Param typing_indicator['type'] must be text")
                phone.typing_until = self.now() + 25
            return told({"success": True})
        raise refused(131009, "Parameter value is not valid", details="message_id")

    async def upload(self, asked: Asked) -> Told:
        self._own(asked, "pid", "phone_number_id")
        parts = asked.parts()
        if {"messaging_product", "file"} - set(parts) or parts["messaging_product"].data != b"whatsapp":
            raise refused(100, "The parameters messaging_product and file are required.")
        file = parts["file"]
        kind = (parts["type"].data.decode() if "type" in parts else file.media_type).partition(";")[0]
        limits = next(
            (limit for name, (types, limit) in shapes.LIMITS.items() if types and kind in types),
            shapes.LIMITS["document"][1],
        )
        if len(file.data) > limits:
            raise refused(
                131053, "Media upload error", details=f"File size {len(file.data)} is more than {limits}"
            )
        if not kind or not file.data:
            raise refused(100, "Param file must be a file with one of the supported types")
        return told({"id": self.keep_media(file.data, kind, file.filename, MEDIA_KEPT)})

    def keep_media(self, data: bytes, kind: str, name: str, seconds: float) -> str:
        """Keep a file under a media id, which is a number."""
        id = digits(15)
        self.files[id] = self.files.pop(self.keep(data, kind, name, seconds))
        return id

    async def look(self, asked: Asked) -> Told:
        """A media id, or one of the account's own objects."""
        self.check(asked)
        id = asked.given["id"]
        if id == self.form["phone_number_id"]:
            name = {"verified_name": "Kezhan", "display_phone_number": self.form["display_phone_number"]}
            return told({**name, "quality_rating": "GREEN", "id": id})
        if id not in self.uploaded():
            raise refused(100, f"Unsupported get request. Object with ID '{id}' does not exist", subcode=33)
        file = self.files[id]
        about = {"mime_type": file.media_type, "sha256": hashlib.sha256(file.data).hexdigest(), "id": id}
        url = self.url(f"/media/{self.links.issue(id, LINK)}")
        return told({"url": url, **about, "file_size": len(file.data), "messaging_product": "whatsapp"})

    async def drop(self, asked: Asked) -> Told:
        self.check(asked)
        if self.files.pop(asked.given["id"], None) is None:
            raise refused(100, "Object does not exist", subcode=33)
        return told({"success": True})

    async def download(self, asked: Asked) -> Told:
        self.check(asked)
        link = asked.given["link"]
        if not self.links.good(link) or (id := self.links.owner(link)) not in self.files:
            return told({"error": "URL signature expired"}, 404)
        return blob(self.files[id].data, self.files[id].media_type)

    async def templates(self, asked: Asked) -> Told:
        self._own(asked, "waba", "waba_id")
        named = [t for t in TEMPLATES if asked.one("name") in ("", t["name"])]
        return told({"data": named, "paging": {"cursors": {"before": "MA", "after": "MA"}}})

    async def subscribe(self, asked: Asked) -> Told:
        """May also say where this account's callbacks go; the hub then asks there at once."""
        self._own(asked, "waba", "waba_id")
        given: Any = self.read(asked) if asked.body else {}
        if url := given.get("override_callback_uri"):
            self.form.update(webhook=url, verify_token=given.get("verify_token", ""))
            self.connected = await self.handshake()
            if not self.connected.ok:
                raise refused(2200, "Callback verification failed")
        return told({"success": True})

    async def block_users(self, asked: Asked) -> Told:
        self._own(asked, "pid", "phone_number_id")
        users = [str(each.get("user")) for each in self.read(asked).get("block_users", [])]
        added = []
        for phone in self.phones.values():
            if phone.notes.get("wa_id") in users and self.now() - phone.notes.get("said_at", 0) <= WINDOW:
                phone.notes["muted"] = True
                added.append({"input": phone.notes["wa_id"], "wa_id": phone.notes["wa_id"]})
        return told({"messaging_product": "whatsapp", "block_users": {"added_users": added}})


def _number(given: Given) -> str:
    return "".join(sign for sign in str(given.get("to", "")) if sign.isdigit())
