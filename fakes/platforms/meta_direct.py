"""Messenger and Instagram as an app calls them: the Send API, its windows, attachments, thread control."""

from typing import Any

import msgspec

from fakes.base import letters
from fakes.deliver import Post
from fakes.phone import Choice, Phone, Shown
from fakes.platforms.meta_graph import Given, Graph, checked, error, refused
from fakes.wire import Asked, Part, Route, Told, blob, told
from fakes.world import Tokens

DAY = 86400
WINDOW, HUMAN_AGENT, ATTACHMENT, INSTAGRAM_TOKEN = DAY, 7 * DAY, 90 * DAY, 60 * DAY
MB = 1 << 20
BYTES = {"image": 8 * MB, "audio": 25 * MB, "video": 25 * MB, "file": 25 * MB}
SHOWN_AS = {"audio": "voice"}
TEMPLATES = {
    "button": {"template_type", "text", "buttons"},
    "generic": {"title", "subtitle", "image_url", "default_action", "buttons"},
}
ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
TOP = {
    "recipient",
    "messaging_type",
    "tag",
    "message",
    "notification_type",
    "reply_to",
    "thread_control",
    "persona_id",
}
INBOX = "263902037430900"


class SendApi(Graph):
    """What is called; what the customer does is in `messenger` and `instagram`."""

    subcode_window = 2018278
    text_unit = "characters"
    text_most = 2000

    def __init__(self) -> None:
        super().__init__()
        self.attachments = Tokens(self.world.clock, size=16)

    def routes(self) -> list[Route]:
        account = "/{version}/{account}"
        control = (
            "pass_thread_control",
            "take_thread_control",
            "release_thread_control",
            "request_thread_control",
        )
        return [
            Route(method="GET", path="/cdn/{file}", run=self.cdn),
            Route(method="POST", path=f"{account}/messages", run=self.messages, sends=True),
            Route(method="POST", path=f"{account}/message_attachments", run=self.attach),
            *(Route(method="POST", path=f"{account}/{word}", run=self.control) for word in control),
            Route(method="GET", path=f"{account}/thread_owner", run=self.thread_owner),
            Route(method="POST", path=f"{account}/subscribed_apps", run=self.subscribed),
            Route(method="GET", path="/refresh_access_token", run=self.refresh),
            Route(method="GET", path="/{version}/{id}", run=self.profile),
        ]

    def _own(self, asked: Asked) -> None:
        self.check(asked)
        if asked.given["account"] not in ("me", self.form["account_id"]):
            why = f"Unsupported post request. Object with ID '{asked.given['account']}' does not exist"
            raise refused(100, why, subcode=33)

    # Sending.

    async def messages(self, asked: Asked) -> Told:
        self._own(asked)
        given, file = self._given(asked)
        phone = self.reach(given)
        if "sender_action" in given:
            return self._action(phone, given)
        checked(given, TOP, "message")
        self.check_window(phone, given)
        message = checked(
            given.get("message", {}),
            {"text", "attachment", "quick_replies", "metadata", "reply_to"},
            "message",
        )
        if ("text" in message) == ("attachment" in message):
            raise refused(
                100, "Message cannot be empty, must provide valid attachment or text", subcode=2018034
            )
        shown = await self._shown(phone, given, message, file)
        phone.typing_until = 0
        self.echo(phone, shown, message)
        return told({"recipient_id": phone.id, "message_id": shown.id})

    def _given(self, asked: Asked) -> tuple[Given, Part | None]:
        """The call's values, which a form holds as JSON texts, and its file."""
        parts = asked.parts()
        if not parts:
            return self.read(asked), None
        try:
            texts = {name: part.data.decode() for name, part in parts.items() if name != "filedata"}
            given = {
                name: msgspec.json.decode(text) if text[:1] in "{[" else text for name, text in texts.items()
            }
        except ValueError:
            raise refused(100, "a field of the form is no JSON") from None
        return given, parts.get("filedata")

    def reach(self, given: Given) -> Phone:
        phone = self.phones.get(str(given.get("recipient", {}).get("id")))
        if phone is None:
            raise refused(100, "No matching user found", subcode=2018001)
        if phone.notes.get("blocked"):
            raise refused(551, "This person isn't available right now.", subcode=1545041)
        return phone

    def check_window(self, phone: Phone, given: Given) -> None:
        kind, tag = given.get("messaging_type", "RESPONSE"), given.get("tag")
        if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG") or (kind == "MESSAGE_TAG") != (tag is not None):
            raise refused(
                100, "Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG with its tag"
            )
        if tag not in (None, "HUMAN_AGENT"):
            raise refused(100, "This message tag is deprecated")
        if tag and self.form["human_agent"] != "yes":
            raise refused(200, "Requires human_agent permission to manage the object", 403)
        if self.now() - phone.notes.get("said_at", 0) > (HUMAN_AGENT if tag else WINDOW):
            why = "This message is sent outside of allowed window."
            raise refused(10, why, subcode=self.subcode_window)
        if phone.notes.get("owner"):
            raise refused(10, "The app is not the thread owner", subcode=2018300)

    async def _shown(self, phone: Phone, given: Given, message: Given, file: Part | None) -> Shown:
        self._check_text(message)
        choices = [
            Choice(id=str(reply.get("payload", "")), label=str(reply.get("title", "")))
            for reply in message.get("quick_replies", [])
        ]
        if len(choices) > 13 or any(len(choice.label) > 20 for choice in choices):
            raise refused(100, "Param quick_replies: at most 13, titles of at most 20 characters")
        kind, text, kept = "text", message.get("text", ""), ""
        if "attachment" in message:
            kind, text, kept, buttons = await self._attachment(message["attachment"], file)
            choices += buttons
        reply = given.get("reply_to") or message.get("reply_to") or {}
        return phone.show(
            self.mid(), "us", kind, text, file=kept, quote=reply.get("mid", ""), choices=choices, raw=given
        )

    def _check_text(self, message: Given) -> None:
        if "text" not in message:
            return
        text = message["text"]
        if not isinstance(text, str) or not text:
            raise refused(100, "Message cannot be empty", subcode=2018034)
        size = len(text.encode()) if self.text_unit == "bytes" else len(text)
        if size > self.text_most:
            raise refused(
                100, f"Length of param message[text] must be less than or equal to {self.text_most}"
            )

    async def _attachment(self, given: Given, file: Part | None) -> tuple[str, str, str, list[Choice]]:
        """Kind, text, file and buttons."""
        checked(given, {"type", "payload"}, "attachment")
        kind, payload = str(given.get("type")), given.get("payload", {})
        if kind == "template":
            return ("text", *_template(payload))
        if kind not in BYTES:
            raise refused(100, "Param attachment[type] must be image, audio, video, file or template")
        if file is not None:
            return (
                SHOWN_AS.get(kind, kind),
                "",
                self._kept(kind, file.data, file.media_type, file.filename),
                [],
            )
        if id := payload.get("attachment_id"):
            if not self.attachments.good(str(id)):
                raise refused(100, "Attachment is expired or does not exist", subcode=2018074)
            return SHOWN_AS.get(kind, kind), "", self.attachments.owner(str(id)) or "", []
        checked(payload, {"url", "is_reusable"}, "payload")
        return SHOWN_AS.get(kind, kind), "", await self._fetched(kind, str(payload.get("url", ""))), []

    async def _fetched(self, kind: str, url: str) -> str:
        post = Post(url=url, method="GET")
        _, data, ok = await self.courier.call(post, 75, lambda status, _: status == 200)
        if not ok:
            raise refused(100, "Failed to fetch the file from the url", subcode=2018008)
        return self._kept(kind, data, "", url.rsplit("/", 1)[-1].partition("?")[0])

    def _kept(self, kind: str, data: bytes, media_type: str, name: str) -> str:
        if not 0 < len(data) <= BYTES[kind]:
            raise refused(100, "Attachment size exceeds allowable limit", subcode=2018047)
        return self.keep(data, media_type, name)

    def _action(self, phone: Phone, given: Given) -> Told:
        checked(given, {"recipient", "sender_action", "payload"}, "sender action")
        action = given["sender_action"]
        if action not in ACTIONS:
            raise refused(100, f"Param sender_action must be one of {ACTIONS}")
        if (
            action in ("react", "unreact")
            and phone.find(str(given.get("payload", {}).get("message_id"))) is None
        ):
            raise refused(100, "Invalid message id", subcode=2018063)
        if action.startswith("typing"):
            phone.typing_until = self.now() + 20 if action == "typing_on" else 0
        if action == "mark_seen":
            for shown in phone.chat:
                if shown.by == "customer" and shown.fate == "delivered":
                    shown.fate = "read"
        return told({"recipient_id": phone.id})

    def mid(self) -> str:
        return f"m_{letters(60)}"

    def echo(self, phone: Phone, shown: Shown, message: Given) -> None:
        """Tell the webhook of a message from our side, as of every other."""
        raise NotImplementedError

    async def attach(self, asked: Asked) -> Told:
        self._own(asked)
        given, file = self._given(asked)
        _, _, kept, _ = await self._attachment(given.get("message", {}).get("attachment", {}), file)
        return told({"attachment_id": self.attachments.issue(kept, ATTACHMENT)})

    async def cdn(self, asked: Asked) -> Told:
        """Public: attachments customers send."""
        file = self.files.get(asked.given["file"])
        return blob(file.data, file.media_type) if file else error(1, "URL signature expired", 403)

    # People and threads.

    async def profile(self, asked: Asked) -> Told:
        self.check(asked)
        id = asked.given["id"]
        if id in ("me", self.form["account_id"]):
            return told({"id": self.form["account_id"], "name": "客栈", "username": "kezhan"})
        phone = self.phones.get(id)
        if phone is None:
            raise refused(100, f"Unsupported get request. Object with ID '{id}' does not exist", subcode=33)
        if "said_at" not in phone.notes:
            raise refused(100, "No profile available for this user.", subcode=2018218)
        known = self.profile_of(phone)
        fields = asked.one("fields", "name").split(",")
        if unknown := set(fields) - set(known):
            raise refused(100, f"Tried accessing nonexisting field ({min(unknown)})")
        return told({**{field: known[field] for field in fields}, "id": id})

    def profile_of(self, phone: Phone) -> Given:
        raise NotImplementedError

    async def control(self, asked: Asked) -> Told:
        self._own(asked)
        given = self.read(asked)
        phone = self.reach(given)
        word = asked.path.rsplit("/", 1)[-1]
        if word == "pass_thread_control":
            target = str(given.get("target_app_id", ""))
            if not target:
                raise refused(100, "The parameter target_app_id is required.")
            phone.notes["owner"] = "" if target == self.form["app_id"] else target
        elif word == "take_thread_control":
            phone.notes["owner"] = ""
        elif word == "release_thread_control":
            phone.notes["owner"] = INBOX
        return told({"success": True})

    async def thread_owner(self, asked: Asked) -> Told:
        self._own(asked)
        phone = self.reach({"recipient": {"id": asked.one("recipient")}})
        owner = phone.notes.get("owner") or self.form["app_id"]
        return told({"data": [{"thread_owner": {"app_id": owner}}]})

    async def subscribed(self, asked: Asked) -> Told:
        self._own(asked)
        return told({"success": True})

    async def refresh(self, asked: Asked) -> Told:
        """Instagram's own log-in: the token gets sixty more days."""
        self.check(asked)
        if asked.one("grant_type") != "ig_refresh_token":
            raise refused(100, "Param grant_type must be ig_refresh_token")
        about: dict[str, Any] = {"token_type": "bearer", "expires_in": INSTAGRAM_TOKEN}
        return told({"access_token": self.form["access_token"], **about})


def _template(payload: Given) -> tuple[str, str, list[Choice]]:
    """Text, file and buttons of a button or a generic template."""
    kind = payload.get("template_type")
    cards = payload.get("elements", []) if kind == "generic" else [payload]
    if kind not in ("button", "generic") or not 1 <= len(cards) <= 10:
        raise refused(100, "Param template_type must be button or generic, with 1 to 10 elements")
    buttons = [button for card in cards for button in card.get("buttons", [])]
    if any(len(card.get("buttons", [])) > 3 for card in cards) or (kind == "button" and not buttons):
        raise refused(100, "At most 3 buttons")
    if any(len(str(button.get("title", ""))) not in range(1, 21) for button in buttons):
        raise refused(100, "Param title of a button must be at most 20 characters long")
    if any({"web_url": "url", "postback": "payload"}.get(b.get("type", ""), "") not in b for b in buttons):
        raise refused(100, "A button has a url or a payload")
    for card in cards:
        checked(card, TEMPLATES[kind], "template")
        for key, most in (("text", 640), ("title", 80), ("subtitle", 80)):
            if len(str(card.get(key, ""))) > most:
                raise refused(100, f"Param {key} must be at most {most} characters long")
    words = ("text", "title", "subtitle")
    text = "\n".join(str(card[word]) for card in cards for word in words if card.get(word))
    return (
        text,
        "",
        [Choice(id=str(b.get("payload") or b.get("url")), label=str(b.get("title"))) for b in buttons],
    )
