"""A translation service: OpenAI's chat completions and LibreTranslate, by a small phrase book. No channel:
what is typed on its phone is put to it as a question."""

import re
import time
from typing import Any, ClassVar

import msgspec

from fakes.base import Connected, Platform, letters
from fakes.phone import Box, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, plain, told

NONSENSE = "nonsense"
"""As the switch `error`: it answers well, and what it answers is no translation."""
LONGEST = 8_000
_INTO = re.compile(r"\binto ([A-Z]\w+(?: [A-Z]\w+)?)")
_CODES = {"zh": "Chinese", "zh-Hans": "Chinese", "zh-Hant": "Chinese", "ja": "Japanese", "en": "English"}
_BOOK = (
    ("您好，请问有什么可以帮您？", "Hello, how can I help you?", "こんにちは、ご用件をお伺いします。"),
    ("您好", "Hello", "こんにちは"),
    ("谢谢", "Thank you", "ありがとうございます"),
    ("我的订单到哪里了？", "Where is my order?", "注文した商品は今どこですか？"),
    ("您的订单明天送达。", "Your order will arrive tomorrow.", "ご注文の商品は明日届きます。"),
    ("可以退货吗？", "Can I return it?", "返品できますか？"),
    ("可以，七天内都能退。", "Yes, within seven days.", "はい、七日以内なら返品できます。"),
)
_COLUMN = {"Chinese": 0, "English": 1, "Japanese": 2}


def phrase(text: str, language: str) -> str:
    """`text` in `language` (an English name): from the book, else marked as having been through our hands."""
    name = language.rpartition(" ")[2]
    column = _COLUMN.get(name)
    for line in _BOOK:
        if text.strip() in line and column is not None:
            return line[column]
    return f"〔译〕{text}" if name == "Chinese" else f"[{language}] {text}"


class Translator(Platform):
    name: ClassVar[str] = "translator"
    label: ClassVar[Words] = Words("翻译服务", "Translation service")
    rank: ClassVar[int] = 95
    quotes: ClassVar[bool] = False
    people: ClassVar[tuple[str, ...]] = ("试一试", "Try it")
    hint: ClassVar[Words] = Words(
        "这不是渠道。在客栈“设置 › 翻译”里填：地址为本平台地址加 /v1，模型任意，密钥如右；LibreTranslate 则填"
        "本平台地址。把开关“错误码”设为 nonsense，它就答非所问。",
        "No channel. In Kezhan's settings, under Translation: this API address with /v1 behind it, any "
        "model, the key here; for LibreTranslate the API address itself. With the error code nonsense it "
        "answers beside the question.",
    )

    def boxes(self) -> list[Box]:
        return [Box(name="key", label=Words("密钥", "Key"), value="sk-" + letters(32))]

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/v1/chat/completions", run=self.complete, sends=True),
            Route(method="GET", path="/v1/models", run=self.models),
            Route(method="POST", path="/translate", run=self.libre, sends=True),
        ]

    async def handshake(self) -> Connected:
        return Connected(ok=bool(self.form["key"]))

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.fate = "delivered"
        to = "English" if re.search(r"[\u4e00-\u9fff]", said.text) else "Simplified Chinese"
        phone.show(letters(20), "us", "text", phrase(said.text, to))

    def _fault(self, status: int, kind: str, code: str, message: str, **headers: str) -> Told:
        error = {"message": message, "type": kind, "param": None, "code": code}
        return told({"error": error}, status, **headers)

    def refuse_rate(self) -> Told:
        return self._fault(429, "requests", "rate_limit_exceeded", "Rate limit reached", retry_after="1")

    def refuse_fault(self) -> Told:
        return self._fault(500, "server_error", "server_error", "The server had an error")

    def refuse_code(self, code: str) -> Told:
        if code == NONSENSE:
            return plain("<html><body>It works!</body></html>", media_type="text/html")
        if code == "invalid_api_key":
            return self._fault(401, "invalid_request_error", code, "Incorrect API key provided")
        return self._fault(400, "invalid_request_error", code, code)

    def refuse_shape(self, why: str) -> Told:
        return self._fault(400, "invalid_request_error", "invalid_request", why)

    def _authorize(self, given: str) -> None:
        if given != self.form["key"]:
            raise Refused(self.refuse_code("invalid_api_key"))

    async def complete(self, asked: Asked) -> Told:
        self._authorize(asked.headers.get("authorization", "").removeprefix("Bearer "))
        body = asked.json()
        messages: list[dict[str, Any]] = body["messages"]
        task = next(one["content"] for one in messages if one["role"] == "system")
        text = next(one["content"] for one in reversed(messages) if one["role"] == "user")
        if len(text) > LONGEST:
            raise Refused(self._fault(400, "invalid_request_error", "context_length_exceeded", "Too long"))
        into = _INTO.search(task)
        answer = phrase(text, into[1] if into else "English")
        usage = {"prompt_tokens": len(task) + len(text), "completion_tokens": len(answer)}
        return told(
            {
                "id": f"chatcmpl-{letters(29)}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": body["model"],
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": answer, "refusal": None},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {**usage, "total_tokens": sum(usage.values())},
            }
        )

    async def models(self, asked: Asked) -> Told:
        self._authorize(asked.headers.get("authorization", "").removeprefix("Bearer "))
        model = {"id": "phrase-book", "object": "model", "created": 1700000000, "owned_by": "kezhan"}
        return told({"object": "list", "data": [model]})

    async def libre(self, asked: Asked) -> Told:
        try:
            body = asked.json()
            text, target = body["q"], body["target"]
        except (msgspec.DecodeError, KeyError):
            raise Refused(told({"error": "Invalid request: missing q parameter"}, 400)) from None
        if body.get("api_key") != self.form["key"]:
            raise Refused(told({"error": "Invalid API key"}, 403))
        found = phrase(text, _CODES.get(target, target))
        return told({"translatedText": found, "detectedLanguage": {"confidence": 90, "language": "en"}})


PLATFORM = Translator
