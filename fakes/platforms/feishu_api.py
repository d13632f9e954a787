"""Feishu's open platform as an app calls it: token, messages, files, people."""

import hashlib
from base64 import b64encode
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fakes.base import Platform, letters
from fakes.phone import Choice, Phone, Shown
from fakes.platforms.feishu_stream import CONFIG, Stream
from fakes.wire import Asked, Refused, Route, Told, blob, told
from fakes.world import Tokens

Given = dict[str, Any]
TOKEN, SAME_WHILE = 7200, 1800
IDEMPOTENT, RECALL = 3600, 24 * 3600
TEXT, RICH = 150 * 1024, 30 * 1024
IMAGE, FILE = 10 << 20, 30 << 20
FILE_TYPES = {"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"}
HEX = "0123456789abcdef"
SENT = {
    *("text", "post", "image", "file", "audio", "media", "sticker", "interactive"),
    *("share_chat", "share_user", "system"),
}
SHOWN_AS = {
    "audio": "voice",
    "media": "video",
    "post": "text",
    "interactive": "text",
    "share_user": "contact",
}


def sealed(encrypt_key: str, text: bytes, iv: bytes) -> str:
    """What stands under "encrypt": base64 of the vector and AES-256-CBC."""
    size = 16 - len(text) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(encrypt_key.encode()).digest()), modes.CBC(iv)).encryptor()
    return b64encode(iv + cipher.update(text + bytes([size]) * size) + cipher.finalize()).decode()


def signed(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    return hashlib.sha256((timestamp + nonce + encrypt_key).encode() + body).hexdigest()


def buttons(card: object) -> list[Choice]:
    """The buttons anywhere in a card; their id is the JSON text of their value, or the page they open."""
    if isinstance(card, list):
        return [choice for part in card for choice in buttons(part)]
    if not isinstance(card, dict):
        return []
    if card.get("tag") != "button":
        return [choice for part in card.values() for choice in buttons(part)]
    label = card.get("text", {}).get("content", "")
    if "value" not in card:
        return [Choice(id=str(card.get("url", "")), label=label)]
    return [Choice(id=msgspec.json.encode(card["value"]).decode(), label=label)]


def _ids(phone: Phone, kind: str) -> list[str]:
    """Her ids of this kind; her chats are the single one and the group she last wrote in."""
    if kind == "chat_id":
        return [phone.notes["chat_id"], phone.notes.get("group", "")]
    return [phone.id if kind == "open_id" else phone.notes[kind]]


def refused(code: int, msg: str, status: int = 400, **headers: str) -> Refused:
    return Refused(told({"code": code, "msg": msg}, status, **headers))


def good(data: object) -> Told:
    return told({"code": 0, "msg": "success", "data": data})


class OpenApis(Platform):
    """What is called; what the customer does is in `feishu`."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = Stream(self.world, self.log)
        self.tokens = Tokens(self.world.clock, "t-g1", 38)
        self.sent: dict[str, tuple[float, Told]] = {}
        """Answers by `uuid`, for an hour."""
        self.uploads: dict[str, str] = {}
        """Type by key."""
        self.reacted: dict[str, dict[str, tuple[str, str, str]]] = {}
        """By message and reaction id: the operator's id and type, and the emoji."""

    def routes(self) -> list[Route]:
        messages = "/open-apis/im/v1/messages"
        return [
            Route(method="POST", path="/open-apis/auth/v3/tenant_access_token/internal", run=self.token),
            Route(method="POST", path="/callback/ws/endpoint", run=self.endpoint),
            Route(method="POST", path=messages, run=self.send, sends=True),
            Route(method="POST", path=f"{messages}/{{id}}/reply", run=self.reply, sends=True),
            Route(method="PUT", path=f"{messages}/{{id}}", run=self.edit),
            Route(method="PATCH", path=f"{messages}/{{id}}", run=self.edit),
            Route(method="DELETE", path=f"{messages}/{{id}}", run=self.recall),
            Route(method="GET", path=f"{messages}/{{id}}/read_users", run=self.read_users),
            Route(method="GET", path=f"{messages}/{{id}}/resources/{{key}}", run=self.resource),
            Route(method="POST", path=f"{messages}/{{id}}/reactions", run=self.react),
            Route(method="GET", path=f"{messages}/{{id}}/reactions", run=self.reactions),
            Route(method="DELETE", path=f"{messages}/{{id}}/reactions/{{reaction}}", run=self.unreact),
            Route(method="POST", path="/open-apis/im/v1/images", run=self.images),
            Route(method="POST", path="/open-apis/im/v1/files", run=self.upload),
            Route(method="GET", path="/open-apis/contact/v3/users/{id}", run=self.user),
            Route(method="GET", path="/open-apis/bot/v3/info", run=self.bot),
        ]

    def void_tokens(self) -> None:
        self.tokens.void_all()

    def refuse_rate(self) -> Told:
        return told(
            {"code": 99991402, "msg": "request trigger frequency limit"}, 429, x_ogw_ratelimit_reset="1"
        )

    def refuse_fault(self) -> Told:
        return told({"code": 2200, "msg": "Internal Error"}, 500)

    def refuse_code(self, code: str) -> Told:
        status = 429 if code == "99991402" else 400
        return told({"code": int(code), "msg": "refused on purpose"}, status)

    def refuse_shape(self, why: str) -> Told:
        return told({"code": 99992402, "msg": f"field validation failed: {why}"}, 400)

    def no_such_path(self) -> Told:
        return told({"code": 404, "msg": "404 page not found"}, 404)

    # Ground.

    async def token(self, asked: Asked) -> Told:
        given = self.body(asked)
        if given != {"app_id": self.form["app_id"], "app_secret": self.form["app_secret"]}:
            raise refused(10014, "app secret invalid", 200)
        owner = self.form["app_id"]
        token, left = self.tokens.current(owner, SAME_WHILE) or (self.tokens.issue(owner, TOKEN), TOKEN)
        return told({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(left)})

    async def endpoint(self, asked: Asked) -> Told:
        """Where the long connection is to be opened, which only an app in this mode has."""
        given = self.body(asked)
        if (given.get("AppID"), given.get("AppSecret")) != (self.form["app_id"], self.form["app_secret"]):
            raise refused(514, "authorization failed", 200)
        url = self.url(f"/connect?{self.stream.open(self.form['app_id'])}").replace("http", "ws", 1)
        return good({"URL": url, "ClientConfig": CONFIG})

    def check(self, asked: Asked) -> None:
        token = asked.headers.get("authorization", "")
        if not token.startswith("Bearer "):
            raise refused(99991661, "Missing access token for authorization")
        if not self.tokens.good(token := token.removeprefix("Bearer ")):
            known = self.tokens.owner(token)
            raise refused(99991663 if known else 99991668, "Invalid access token for authorization")

    def body(self, asked: Asked) -> Given:
        try:
            given = asked.json()
        except ValueError:
            raise refused(9499, "Invalid parameter: body is no JSON") from None
        if not isinstance(given, dict):
            raise refused(9499, "Invalid parameter: body is no object")
        return given

    def _mine(self, id: str) -> tuple[Phone, Shown]:
        """A message and whose phone it is on."""
        for phone in self.phones.values():
            if (shown := phone.find(id)) is not None and shown.fate != "recalled":
                return phone, shown
        raise refused(230011 if self._recalled(id) else 230001, "The message is not there")

    def _recalled(self, id: str) -> bool:
        return any(phone.find(id) for phone in self.phones.values())

    # Messages.

    async def send(self, asked: Asked) -> Told:
        self.check(asked)
        given, kind = self.body(asked), asked.one("receive_id_type")
        if kind not in ("open_id", "user_id", "union_id", "email", "chat_id"):
            raise refused(99992402, "field validation failed: receive_id_type is required")
        to = given.get("receive_id")
        phone = next((phone for phone in self.phones.values() if to and to in _ids(phone, kind)), None)
        if phone is None:
            raise refused(230002 if kind == "chat_id" else 230001, "invalid receive_id")
        return self._send(phone, given, {"receive_id"})

    async def reply(self, asked: Asked) -> Told:
        self.check(asked)
        phone, shown = self._mine(asked.given["id"])
        return self._send(phone, self.body(asked), {"reply_in_thread"}, quote=shown.id)

    def _send(self, phone: Phone, given: Given, more: set[str], quote: str = "") -> Told:
        if unknown := set(given) - {"msg_type", "content", "uuid"} - more:
            raise refused(99992402, f"field validation failed: {min(unknown)}")
        uuid = given.get("uuid", "")
        if not isinstance(uuid, str) or len(uuid) > 50:
            raise refused(99992402, "field validation failed: the max len is 50: uuid")
        since, answer = self.sent.get(uuid, (0.0, None))
        if uuid and answer is not None and self.now() - since < IDEMPOTENT:
            return answer
        if phone.notes.get("unavailable"):
            raise refused(230013, "Bot has NO availability to this user.")
        kind, content = given.get("msg_type"), given.get("content")
        text, file = self._content(kind, content)
        if not self.world.calls.take(phone.id, 5, 1):
            raise refused(230020, "This operation triggers the frequency limit.")
        shown = phone.show(
            f"om_{letters(32, HEX)}",
            "us",
            SHOWN_AS.get(str(kind), str(kind)),
            text,
            file=file,
            quote=quote,
            raw=given,
        )
        if file:
            shown.name = self.files[file].name
        if kind == "interactive":
            shown.choices = buttons(msgspec.json.decode(str(content)))
        made = good(self.described(phone, shown, str(kind), str(content)))
        if uuid:
            self.sent[uuid] = (self.now(), made)
        return made

    def described(self, phone: Phone, shown: Shown, kind: str, content: str) -> Given:
        stamp = str(int(shown.at * 1000))
        about = {"message_id": shown.id, "msg_type": kind, "chat_id": phone.notes["chat_id"]}
        if shown.quote:
            about |= {"root_id": shown.quote, "parent_id": shown.quote}
        sender = {
            "id": self.form["app_id"],
            "id_type": "app_id",
            "sender_type": "app",
            "tenant_key": "tenant",
        }
        times = {"create_time": stamp, "update_time": stamp, "deleted": False, "updated": shown.edited}
        return {**about, **times, "sender": sender, "body": {"content": content}}

    def _content(self, kind: object, content: object) -> tuple[str, str]:
        """Text and file of a message of ours."""
        if kind not in SENT:
            raise refused(230001, "invalid msg_type")
        if not isinstance(content, str):
            raise refused(230001, "content is not a string in json format")
        if len(content.encode()) > (
            TEXT if kind == "text" else RICH if kind in ("post", "interactive") else TEXT
        ):
            raise refused(
                230021 if kind == "text" else 230022, "The length of the message content reaches its limit."
            )
        try:
            given = msgspec.json.decode(content)
        except ValueError:
            raise refused(230001, "content is not a string in json format") from None
        if not isinstance(given, dict):
            raise refused(230001, "content is not an object")
        return self._read(str(kind), given)

    def _read(self, kind: str, given: Given) -> tuple[str, str]:
        if kind == "text":
            if not isinstance(given.get("text"), str) or not given["text"] or set(given) != {"text"}:
                raise refused(230001, "text is empty")
            return given["text"], ""
        if kind == "post":
            return self._post(given), ""
        if kind == "interactive":
            return "\n".join(self._card(given)), ""
        field = {"image": "image_key", "audio": "file_key", "media": "file_key", "file": "file_key"}.get(kind)
        if field is None:
            return msgspec.json.encode(given).decode(), ""
        key = str(given.get(field, ""))
        wanted = {"image": {"image"}, "audio": {"opus"}, "media": {"mp4"}}.get(kind, FILE_TYPES)
        if self.uploads.get(key) not in wanted:
            raise refused(
                230055 if key in self.uploads else 230001, f"{field} is not one of an upload for {kind}"
            )
        if kind == "media" and "image_key" in given and self.uploads.get(given["image_key"]) != "image":
            raise refused(230001, "image_key is not one of an uploaded picture")
        return "", key

    def _card(self, part: object) -> list[str]:
        """What can be read on a card; its pictures must be there, its buttons tell or open something."""
        if isinstance(part, list):
            return [line for one in part for line in self._card(one)]
        if not isinstance(part, dict):
            return []
        if part.get("tag") == "img" and self.uploads.get(part.get("img_key", "")) != "image":
            raise refused(230099, "Failed to create card content, ErrMsg: image key is invalid")
        if part.get("tag") == "button":
            if not ({"value", "url"} & set(part)) or not part.get("text", {}).get("content"):
                raise refused(230099, "Failed to create card content, ErrMsg: button is invalid")
            return []
        if part.get("tag") in ("plain_text", "lark_md"):
            return [str(part.get("content", ""))]
        return [line for one in part.values() for line in self._card(one)]

    @staticmethod
    def _post(given: Given) -> str:
        """A sent post stands under its language."""
        posts = [post for language, post in given.items() if language in ("zh_cn", "en_us", "ja_jp")]
        if not posts or len(posts) != len(given) or not isinstance(posts[0].get("content"), list):
            raise refused(230001, "post content is wrong: a language, then title and content")
        lines = ["".join(part.get("text", "") for part in line) for line in posts[0]["content"]]
        return "\n".join(filter(None, [posts[0].get("title", ""), *lines]))

    async def edit(self, asked: Asked) -> Told:
        self.check(asked)
        phone, shown = self._mine(asked.given["id"])
        given = self.body(asked)
        kind = given.get("msg_type", "interactive" if asked.method == "PATCH" else "")
        if shown.by != "us":
            raise refused(230027, "Lack of necessary permissions")
        if kind not in (("interactive",) if asked.method == "PATCH" else ("text", "post")):
            raise refused(230001, "this kind of message can not be edited so")
        shown.text, _ = self._content(kind, given.get("content"))
        shown.edited = True
        return good(self.described(phone, shown, kind, given["content"]))

    async def recall(self, asked: Asked) -> Told:
        self.check(asked)
        _, shown = self._mine(asked.given["id"])
        if shown.by != "us" or self.now() - shown.at > RECALL:
            raise refused(230026, "No permission to recall this message")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        return good({})

    async def read_users(self, asked: Asked) -> Told:
        self.check(asked)
        phone, shown = self._mine(asked.given["id"])
        stamp = str(int(shown.at * 1000))
        reader = {"user_id_type": "open_id", "user_id": phone.id, "timestamp": stamp, "tenant_key": "tenant"}
        return good({"items": [reader] if shown.fate == "read" else [], "has_more": False})

    async def react(self, asked: Asked) -> Told:
        self.check(asked)
        phone, _ = self._mine(asked.given["id"])
        emoji = self.body(asked).get("reaction_type", {}).get("emoji_type")
        if not emoji:
            raise refused(231001, "reaction type is invalid.")
        if emoji == "Typing":
            phone.typing_until = self.now() + 60
        id = self.put(asked.given["id"], self.form["app_id"], "app", str(emoji))
        return good(self._reaction(id, *self.reacted[asked.given["id"]][id]))

    def put(self, message: str, who: str, kind: str, emoji: str) -> str:
        """A reaction's id; of one person the same emoji stands once."""
        there = self.reacted.setdefault(message, {})
        for id, known in there.items():
            if known == (who, kind, emoji):
                return id
        id = letters(40)
        there[id] = (who, kind, emoji)
        return id

    @staticmethod
    def _reaction(id: str, who: str, kind: str, emoji: str) -> Given:
        operator = {"operator_id": who, "operator_type": kind}
        return {"reaction_id": id, "operator": operator, "reaction_type": {"emoji_type": emoji}}

    async def reactions(self, asked: Asked) -> Told:
        self.check(asked)
        self._mine(asked.given["id"])
        found = self.reacted.get(asked.given["id"], {}).items()
        items = [self._reaction(id, *known) for id, known in found]
        return good({"items": items, "has_more": False, "page_token": ""})

    async def unreact(self, asked: Asked) -> Told:
        self.check(asked)
        phone, _ = self._mine(asked.given["id"])
        phone.typing_until = 0
        known = self.reacted.get(asked.given["id"], {}).get(asked.given["reaction"])
        if known is None or known[0] != self.form["app_id"]:
            raise refused(231007, "The operator has no permission to delete this reaction.")
        del self.reacted[asked.given["id"]][asked.given["reaction"]]
        return good(self._reaction(asked.given["reaction"], *known))

    # Files and people.

    async def images(self, asked: Asked) -> Told:
        self.check(asked)
        parts = asked.parts()
        if {"image_type", "image"} - set(parts) or parts["image_type"].data not in (b"message", b"avatar"):
            raise refused(234001, "Invalid request param.")
        data = parts["image"].data
        if not 0 < len(data) <= IMAGE:
            raise refused(234006 if data else 234010, "The file size exceed the max value.")
        return good({"image_key": self._kept("img_v3_", "image", parts["image"].media_type, data, "")})

    async def upload(self, asked: Asked) -> Told:
        self.check(asked)
        parts = asked.parts()
        if {"file_type", "file_name", "file"} - set(parts) or parts[
            "file_type"
        ].data.decode() not in FILE_TYPES:
            raise refused(234001, "Invalid request param.")
        file, name = parts["file"], parts["file_name"].data.decode()
        if not 0 < len(file.data) <= FILE:
            raise refused(234006 if file.data else 234010, "The file size exceed the max value.")
        kind = parts["file_type"].data.decode()
        return good({"file_key": self._kept("file_v3_", kind, file.media_type, file.data, name)})

    def _kept(self, prefix: str, kind: str, media_type: str, data: bytes, name: str) -> str:
        key = prefix + letters(32, HEX)
        self.files[key] = self.files.pop(self.keep(data, media_type, name))
        self.uploads[key] = kind
        return key

    async def resource(self, asked: Asked) -> Told:
        self.check(asked)
        _, shown = self._mine(asked.given["id"])
        key, kind = asked.given["key"], asked.one("type")
        if shown.file != key or key not in self.files:
            raise refused(234003, "File not in msg.")
        if kind not in ("image", "file") or (kind == "image") != (shown.kind == "image"):
            raise refused(234001, "Invalid request param.")
        return blob(self.files[key].data, self.files[key].media_type, "file")

    async def user(self, asked: Asked) -> Told:
        self.check(asked)
        kind, id = asked.one("user_id_type", "open_id"), asked.given["id"]
        for phone in self.phones.values():
            if (phone.id if kind == "open_id" else phone.notes.get(kind)) == id:
                ids = {
                    "open_id": phone.id,
                    "union_id": phone.notes["union_id"],
                    "user_id": phone.notes["user_id"],
                }
                return good({"user": {**ids, "name": phone.name, "avatar": {"avatar_72": ""}, "mobile": ""}})
        raise refused(41012, "user id invalid")

    async def bot(self, asked: Asked) -> Told:
        self.check(asked)
        return told(
            {"code": 0, "msg": "ok", "bot": {"app_name": "客栈", "open_id": "ou_bot", "activate_status": 2}}
        )
