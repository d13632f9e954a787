"""A platform nobody lists, on Kezhan's open channel: signed posts both ways, each event once."""

import base64
import hmac
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from fakes.base import Connected, Platform, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, blob, told

INLINE_BYTES = 5 * 1000 * 1000
SKEW_S = 300
_CLOSED = "会话已结束"


def signed(secret: str, stamp: int, body: bytes) -> str:
    digest = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
    return f"t={stamp},v1={digest}"


class Open(Platform):
    name: ClassVar[str] = "open"
    label: ClassVar[Words] = Words("开放渠道", "Open channel")
    rank: ClassVar[int] = 90
    kinds: ClassVar[tuple[str, ...]] = ("text", "image", "voice", "video", "file")
    hint: ClassVar[Words] = Words(
        "在客栈新建“开放渠道”，它的接收地址填本平台地址加 /answers；再把渠道的回调地址和密钥贴到这里。",
        "Make an open channel in Kezhan whose webhook address is this API address with /answers behind it; "
        "then paste the channel's hook address and secret here.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[str] = set()

    def boxes(self) -> list[Box]:
        return [
            Box(
                name="secret",
                label=Words("密钥", "Secret"),
                help=Words(
                    "客栈建渠道时显示一次，kzk_ 开头", "Shown once by Kezhan when the channel is made: kzk_…"
                ),
            )
        ]

    def acts(self) -> list[Act]:
        kind = Box(name="type", label=Words("类型", "Type"), value="order.paid")
        return [Act(name="event", label=Words("别的事件", "Another event"), boxes=[kind])]

    def customer_id(self) -> str:
        return f"u-{letters(10)}"

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/answers", run=self.answer, sends=True),
            Route(method="GET", path="/files/{id}", run=self.file),
        ]

    async def handshake(self) -> Connected:
        missing = [name for name in ("webhook", "secret") if not self.form[name]]
        return Connected(ok=not missing, answer=", ".join(missing))

    # What she does.

    def _post(self, event: dict[str, Any]) -> Post:
        body = msgspec.json.encode(event)
        headers = {"content-type": "application/json"}
        headers["X-Kezhan-Signature"] = signed(self.form["secret"], int(time.time()), body)
        return Post(url=self.form["webhook"], body=body, headers=headers)

    def _bring(self, phone: Phone, event: dict[str, Any], shown: Shown | None = None) -> None:
        event = {"customer": {"id": phone.id, "name": phone.name, "language": "zh-CN"}, **event}
        event["sent_at"] = datetime.now(UTC).isoformat()
        # Signed anew each time: a repeat may come later than the signature lasts.
        self.bring(lambda: self._post(event), Manners(timeout=10, pauses=(5, 30), heard=self._heard), shown)

    @staticmethod
    def _heard(status: int, body: bytes) -> bool:
        return status == 200 and msgspec.json.decode(body) == {"accepted": True}

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        message: dict[str, Any] = {"kind": said.kind, "text": said.text}
        if shown.file:
            message["file"] = self._file(shown, said)
        quoted = phone.find(said.quote)
        if quoted is not None and quoted.raw:
            message["quote_seq"] = quoted.raw["message"]["seq"]
        self._bring(phone, {"event_id": f"msg-{shown.id}", "type": "message", "message": message}, shown)

    def _file(self, shown: Shown, said: Said) -> dict[str, str]:
        named = {"name": said.name, "type": said.media_type}
        if len(said.data) > INLINE_BYTES:
            return {"url": self.url(f"/files/{shown.file}"), **named}
        return {"base64": base64.b64encode(said.data).decode(), **named}

    async def act_event(self, phone: Phone, given: dict[str, str]) -> None:
        self._bring(phone, {"event_id": f"event-{letters(12)}", "type": given.get("type", "order.paid")})

    async def file(self, asked: Asked) -> Told:
        kept = self.files.get(asked.given["id"])
        return blob(kept.data, kept.media_type) if kept else self.no_such_path()

    # What we are sent.

    def _opened(self, asked: Asked) -> dict[str, Any]:
        """The event, its signature and its id checked."""
        header = asked.headers.get("x-kezhan-signature", "")
        stamp = dict(part.partition("=")[::2] for part in header.split(",")).get("t", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > SKEW_S:
            raise Refused(told({"error": "stale or missing signature"}, 401))
        if not hmac.compare_digest(signed(self.form["secret"], int(stamp), asked.body), header):
            raise Refused(told({"error": "wrong signature"}, 401))
        try:
            event = msgspec.json.decode(asked.body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise Refused(told({"error": "no JSON object"}, 400)) from None
        needed = {"event_id": str, "type": str, "conversation_id": str, "customer": dict, "sent_at": str}
        wrong = [name for name, kind in needed.items() if not isinstance(event.get(name), kind)]
        if wrong or event["event_id"] != asked.headers.get("x-kezhan-event-id"):
            raise Refused(told({"error": f"missing or wrong: {', '.join(wrong) or 'event id'}"}, 400))
        return event

    async def answer(self, asked: Asked) -> Told:
        event = self._opened(asked)
        phone = self.phones.get(event["customer"].get("id", ""))
        if phone is None:
            return told({"error": "no such customer"}, 404)
        if event["event_id"] not in self.taken:
            self._take(phone, event)
            self.taken.add(event["event_id"])
        return told({"ok": True})

    def _take(self, phone: Phone, event: dict[str, Any]) -> None:
        if event["type"] == "conversation.closed":
            phone.show(letters(12), "platform", "notice", _CLOSED)
            return
        message = event.get("message")
        if not isinstance(message, dict) or not isinstance(message.get("seq"), int):
            raise Refused(told({"error": "no message with a seq"}, 400))
        id = f"{event['conversation_id']}/{message['seq']}"
        known = phone.find(id)
        if event["type"] == "message" and known is None:
            self._show(phone, id, message, event)
        elif event["type"] == "message.edited" and known is not None:
            known.text, known.edited = str(message.get("text", "")), True
        elif event["type"] == "message.recalled" and known is not None:
            known.fate, known.text = "recalled", ""
        else:
            raise Refused(told({"error": f"{event['type']} of an unknown or a known message"}, 400))

    @staticmethod
    def _show(phone: Phone, id: str, message: dict[str, Any], event: dict[str, Any]) -> None:
        file = message.get("file") or {}
        text = "\n".join(filter(None, (message.get("text", ""), file.get("name", ""), file.get("url", ""))))
        name = (event.get("agent") or {}).get("name", "")
        phone.show(id, "us", str(message.get("kind", "text")), text, name=name, raw=event)


PLATFORM = Open
