"""The Bot API's ground: token, envelopes, errors, parameters, chats, files."""

import asyncio
from typing import Any, TypeVar

import msgspec

from fakes.base import Platform, digits, letters
from fakes.deliver import Post
from fakes.phone import Phone, Shown
from fakes.platforms import telegram_shapes as shapes
from fakes.wire import Asked, Refused, Route, Told, blob, told

T = TypeVar("T")
Given = dict[str, Any]


WHY = {
    "401": "Unauthorized",
    "403": "Forbidden: bot was blocked by the user",
    "404": "Not Found",
    "413": "Request Entity Too Large",
    "500": "Internal Server Error",
}


class Wrong(Exception):
    """A call that is answered with `ok: false`."""

    def __init__(self, code: int, why: str, **parameters: int) -> None:
        super().__init__(why)
        self.told = error(code, why, **parameters)


def error(code: int, why: str, **parameters: int) -> Told:
    more = {"parameters": parameters} if parameters else {}
    return told({"ok": False, "error_code": code, "description": why, **more}, code)


def bad(why: str) -> Wrong:
    return Wrong(400, f"Bad Request: {why}")


class BotGround(Platform):
    """What every method needs."""

    def __init__(self) -> None:
        self.bot_id = digits(10)
        self.updates: list[Given] = []
        self.hook = shapes.SetWebhook(url="")
        self.allowed: list[str] = []
        self.arrived = asyncio.Event()
        self._polling = 0
        self.update_id = 10_000
        self._message_ids: dict[str, int] = {}
        self._paths: dict[str, tuple[str, float]] = {}
        self.queries: dict[str, Shown] = {}
        self._file_ids: dict[str, str] = {}
        self.last_error = ""
        self.answers: asyncio.Future[None] | None = None
        super().__init__()
        self.token = self.form["token"]

    def push(self, update: Given, shown: Shown | None = None) -> None:
        """Bring an update to the bot, by webhook or by keeping it for getUpdates."""
        raise NotImplementedError

    def void_tokens(self) -> None:
        """As BotFather's "revoke": the next token stands in the form."""
        self.token = self.form["token"] = f"{self.bot_id}:{letters(35)}"

    def refuse_rate(self) -> Told:
        return error(429, "Too Many Requests: retry after 1", retry_after=1)

    def refuse_fault(self) -> Told:
        return error(502, "Bad Gateway")

    def refuse_code(self, code: str) -> Told:
        if code == "429":
            return self.refuse_rate()
        return error(int(code) if code.isdigit() else 400, WHY.get(code, f"Bad Request: {code}"))

    def refuse_shape(self, why: str) -> Told:
        return error(400, f"Bad Request: {why}")

    def no_such_path(self) -> Told:
        return error(404, "Not Found")

    async def connect(self, form: dict[str, str]) -> Any:
        done = await super().connect(form)
        self.token = self.form["token"]
        if form.get("webhook"):
            self.hook = shapes.SetWebhook(url=form["webhook"], secret_token=self.form["secret"])
        return done

    def routes(self) -> list[Route]:
        paths = [("GET", self.call), ("POST", self.call)]
        return [
            *(Route(method=method, path="/bot{token}/{method}", run=run) for method, run in paths),
            Route(method="GET", path="/file/bot{token}/{path*}", run=self.download),
        ]

    # Calls of ours.

    def _check_token(self, token: str) -> None:
        if token != self.token:
            number, _, rest = token.partition(":")
            raise Wrong(401, "Unauthorized") if number.isdigit() and rest else Wrong(404, "Not Found")

    async def call(self, asked: Asked) -> Told:
        try:
            self._check_token(asked.given["token"])
            if asked.given["method"].startswith("send") and (code := self.world.switches.error):
                return self.refuse_code(code)
            return told({"ok": True, "result": await self.run(asked.given["method"], self._given(asked))})
        except Wrong as wrong:
            raise Refused(wrong.told) from None
        except (ValueError, msgspec.ValidationError) as fault:
            raise Refused(bad(str(fault)).told) from None

    def _given(self, asked: Asked) -> Given:
        """The call's parameters, and under "\\0name" the kept files that came with it."""
        kind = asked.headers.get("content-type", "")
        if kind.startswith("application/json") and asked.body:
            given = asked.json()
            if not isinstance(given, dict):
                raise ValueError("object expected as an argument")
            return given
        parts = asked.parts()
        fields = dict(asked.query) | (dict(asked.form()) if "urlencoded" in kind else {})
        fields |= {name: part.data.decode() for name, part in parts.items() if not part.filename}
        given = shapes.decoded(fields)
        for name, part in parts.items():
            if part.filename:
                given[f"\0{name}"] = self.keep(part.data, part.media_type, part.filename)
        return given

    async def run(self, method: str, given: Given) -> object:
        raise NotImplementedError

    def _read(self, shape: type[T], given: Given) -> T:
        return msgspec.convert({k: v for k, v in given.items() if k[0] != "\0"}, shape, strict=False)

    def _reach(self, chat_id: int | str, *, counted: bool = True) -> Phone:
        groups = {phone.notes["group"]: phone for phone in self.phones.values() if "group" in phone.notes}
        phone = self.phones.get(str(chat_id)) or groups.get(str(chat_id))
        if phone is None:
            raise bad("chat not found")
        if phone.notes.get("blocked"):
            raise Wrong(403, "Forbidden: bot was blocked by the user")
        if not phone.notes.get("started"):
            raise Wrong(403, "Forbidden: bot can't initiate conversation with a user")
        if counted:
            self._count(chat_id)
        return phone

    def _count(self, chat_id: int | str) -> None:
        """One message a second to one chat, where short bursts pass; twenty a minute to a group; thirty a
        second in all."""
        rates, group = self.world.calls, str(chat_id).startswith("-")
        if group and not rates.take(f"group {chat_id}", 20, 60):
            raise Wrong(429, "Too Many Requests: retry after 60", retry_after=60)
        if not rates.take(f"chat {chat_id}", 5, 5) or not rates.take("all", 30, 1):
            raise Wrong(429, "Too Many Requests: retry after 1", retry_after=1)

    def _show(
        self, target: shapes.Target, phone: Phone, kind: str, text: str, body: Given, file: str = ""
    ) -> Given:
        shapes.checked_markup(target.reply_markup)
        reply = target.reply_parameters
        quote = str(reply.message_id) if reply else ""
        if reply and phone.find(quote) is None:
            if not reply.allow_sending_without_reply:
                raise bad("message to be replied not found")
            quote = ""
        choices = shapes.choices(target.reply_markup)
        name = self.files[file].name if file else ""
        shown = phone.show(
            self.next_id(phone),
            "us",
            kind,
            text,
            file=file,
            name=name,
            quote=quote,
            choices=choices,
            raw=body,
        )
        phone.typing_until = 0
        if str(target.chat_id) == phone.notes.get("group"):
            phone.notes[f"group of {shown.id}"] = phone.notes["group"]
        return shapes.message(phone, shown, self.me(), body)

    def next_id(self, phone: Phone) -> str:
        self._message_ids[phone.id] = self._message_ids.get(phone.id, 0) + 1
        return str(self._message_ids[phone.id])

    def me(self) -> Given:
        return {
            "id": int(self.bot_id),
            "is_bot": True,
            "first_name": "客栈",
            "username": f"kezhan_{self.bot_id}_bot",
        }

    async def _source(self, field: str, source: str, given: Given) -> str:
        """The kept file of an upload (`attach://` and its name), a file id or an address that is fetched."""
        uploaded = source.startswith("attach://")
        if uploaded:
            source = given.get("\0" + source.removeprefix("attach://"), "")
        by_url = source.startswith(("http://", "https://"))
        if by_url:
            post = Post(url=source, method="GET")
            _, data, ok = await self.courier.call(post, 20, lambda status, _: status == 200)
            if not ok:
                raise bad("failed to get HTTP URL content")
            source = self.keep(data, "", source.rsplit("/", 1)[-1].partition("?")[0])
        source = source if uploaded or by_url else self._file_ids.get(source, "")
        if source not in self.files:
            raise bad("wrong file identifier/HTTP URL specified")
        size, photo = len(self.files[source].data), field == "photo"
        if uploaded and size > shapes.UPLOAD:
            raise Wrong(413, "Request Entity Too Large")
        if size > (shapes.PHOTO if photo else shapes.UPLOAD):
            raise bad("PHOTO_INVALID_DIMENSIONS" if photo else "file is too big")
        if by_url and size > (shapes.PHOTO_BY_URL if photo else shapes.BY_URL):
            raise bad("failed to get HTTP URL content")
        if not size:
            raise bad("file must be non-empty")
        return source

    def media(self, field: str, file: str) -> Given:
        """The file as a message carries it; the bot's own file ids are unlike the kept file's name."""
        kept = self.files[file]
        file_id = f"AgAC{letters(48)}"
        self._file_ids[file_id] = file
        made: Given = {"file_id": file_id, "file_unique_id": file[:15], "file_size": len(kept.data)}
        if field == "photo":
            small = {**made, "file_id": self._thumb(file), "width": 90, "height": 90, "file_size": 900}
            return {"photo": [small, {**made, "width": 800, "height": 600}]}
        if field != "video_note" and kept.media_type:
            made["mime_type"] = kept.media_type
        if field in ("voice", "video", "audio", "animation", "video_note"):
            made["duration"] = 3
        if field in ("video", "animation"):
            made |= {"width": 640, "height": 480}
        if field == "video_note":
            made["length"] = 240
        if field == "sticker":
            made = {k: v for k, v in made.items() if k != "mime_type"}
            made |= {
                "type": "regular",
                "emoji": "😀",
                "is_animated": False,
                "is_video": False,
                "width": 512,
                "height": 512,
            }
        if kept.name and field in ("document", "video", "audio", "animation"):
            made["file_name"] = kept.name
        return {field: made, "document": made} if field == "animation" else {field: made}

    def _thumb(self, file: str) -> str:
        small = self.keep(self.files[file].data[:900], self.files[file].media_type)
        file_id = f"AgAC{letters(48)}"
        self._file_ids[file_id] = small
        return file_id

    def _text(
        self, text: str, parse_mode: str, entities: list[shapes.Entity], most: int = shapes.TEXT
    ) -> str:
        try:
            text = shapes.parsed(text, parse_mode, entities)
        except ValueError as fault:
            raise bad(f"can't parse entities: {fault}") from None
        if most == shapes.TEXT and not text.strip():
            raise bad("message text is empty")
        if len(text) > most:
            raise bad("message is too long" if most == shapes.TEXT else "message caption is too long")
        return text

    async def download(self, asked: Asked) -> Told:
        try:
            self._check_token(asked.given["token"])
        except Wrong as wrong:
            raise Refused(wrong.told) from None
        file, until = self._paths.get(asked.given["path"], ("", 0.0))
        if until < self.now():
            raise Refused(error(404, "Not Found"))
        return blob(self.files[file].data, "application/octet-stream")
