"""The translation service: both shapes, its refusals, what is switched on."""

from typing import Any

import msgspec
import pytest

from fakes.platforms.translator import Translator
from fakes.wire import Asked, Told


def chat(text: str, key: str, into: str = "English") -> Asked:
    task = {"role": "system", "content": f"Translate the user's message into {into}."}
    body = {"model": "m", "messages": [task, {"role": "user", "content": text}]}
    return Asked(
        method="POST",
        path="/v1/chat/completions",
        headers={"authorization": f"Bearer {key}"},
        body=msgspec.json.encode(body),
    )


def read(told: Told) -> Any:
    return msgspec.json.decode(told.body)


async def test_it_translates_in_both_shapes() -> None:
    service = Translator()
    key = service.form["key"]
    for text, into, wanted in (
        ("可以退货吗？", "English", "Can I return it?"),
        ("Where is my order?", "Simplified Chinese", "我的订单到哪里了？"),
        ("xyz", "Simplified Chinese", "〔译〕xyz"),
        ("xyz", "French", "[French] xyz"),
    ):
        answer = read(await service.handle(chat(text, key, into)))
        assert answer["choices"][0]["message"] == {"role": "assistant", "content": wanted, "refusal": None}
    body = {"q": "谢谢", "source": "auto", "target": "en", "api_key": key}
    asked = Asked(method="POST", path="/translate", body=msgspec.json.encode(body))
    assert read(await service.handle(asked))["translatedText"] == "Thank you"
    models = Asked(method="GET", path="/v1/models", headers={"authorization": f"Bearer {key}"})
    assert read(await service.handle(models))["data"][0]["object"] == "model"


@pytest.mark.parametrize(
    ("switches", "key", "status", "code"),
    [
        ({}, "sk-wrong", 401, "invalid_api_key"),
        ({"error": "invalid_api_key"}, "", 401, "invalid_api_key"),
        ({"faults": 1.0}, "", 500, "server_error"),
    ],
)
async def test_it_refuses_as_the_real_one(switches: dict[str, Any], key: str, status: int, code: str) -> None:
    service = Translator()
    service.world.dice.seed(4)  # a fault before it is done
    service.switch(switches)
    told = await service.handle(chat("谢谢", key or service.form["key"]))
    assert (told.status, read(told)["error"]["code"]) == (status, code)


async def test_rates_shapes_and_nonsense() -> None:
    service = Translator()
    service.switch({"rate_limit": 1})
    answers = [await service.handle(chat("谢谢", service.form["key"])) for _ in range(2)]
    assert [one.status for one in answers] == [200, 429] and answers[1].headers["retry-after"] == "1"
    service.switch({"rate_limit": 0, "error": "nonsense"})
    told = await service.handle(chat("谢谢", service.form["key"]))
    assert (told.status, told.body[:6]) == (200, b"<html>")
    service.switch({"error": ""})
    asked = chat("谢谢", service.form["key"])
    asked.body = b"{}"
    assert (await service.handle(asked)).status == 400
