"""Telegram by itself: what the hook is told, how it is polled, where its files come from."""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.telegram import fake
from kezhan.channels.adapters.telegram.hook import ALLOWED, connect, probe
from kezhan.channels.adapters.telegram.inbound import hook_secret, verify
from kezhan.channels.adapters.telegram.listen import listen
from kezhan.channels.adapters.telegram.media import media
from kezhan.channels.adapters.telegram.outbound import send
from kezhan.channels.adapters.telegram.settings import Secrets, Settings
from kezhan.channels.base import Account, Call, Forged, Malformed, Outbound, Request, Retry, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Heard, Platform, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def said(result: Any) -> Answer:
    return Answer(200, msgspec.json.encode({"ok": True, "result": result}))


def refused(status: int, description: str) -> Answer:
    told = {"ok": False, "error_code": status, "description": description}
    return Answer(status, msgspec.json.encode(told))


def polled(account: Account) -> Account:
    return structs.replace(account, settings=structs.replace(account.settings, mode="polling"))


# Signatures as published


def test_the_published_vector_of_a_web_app() -> None:
    data = "auth_date=1650385342&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Test%22%7D&query_id=test"
    pairs = sorted(unquote_plus(pair) for pair in data.split("&"))
    secret = hmac.digest(b"WebAppData", b"42:TEST", "sha256")
    found = hmac.digest(secret, "\n".join(pairs).encode(), "sha256").hex()
    assert found == "46d2ea5e32911ec8d30999b56247654460c0d20949b6277af519e76271182803"


def test_the_published_vector_of_the_login_widget() -> None:
    data = {
        "id": "42", "first_name": "John", "last_name": "Smith", "username": "username",
        "photo_url": "https://t.me/i/userpic/320/picname.jpg", "auth_date": "1565810688",
    }  # fmt: skip
    secret = hashlib.sha256(b"123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11").digest()
    pairs = "\n".join(f"{name}={data[name]}" for name in sorted(data))
    found = hmac.digest(secret, pairs.encode(), "sha256").hex()
    assert found == "c303db2b5a06fe41d23a9b14f7c545cfc11dcc7473c07c9c5034ae60062461ce"


# The hook


def test_the_hooks_secret_is_of_the_documented_letters_and_another_for_each_account() -> None:
    first, second = fake.account(), fake.account()
    assert hook_secret(first) == hook_secret(first)
    assert hook_secret(first) != hook_secret(second)
    assert hook_secret(first).isalnum()
    assert 1 <= len(hook_secret(first)) <= 256


def test_a_stranger_and_another_method_are_refused() -> None:
    account = fake.account()
    request = Request(method="GET", headers={}, query={}, body=b'{"update_id": 1}')
    with pytest.raises(Forged):
        verify(request, account, AT)
    with pytest.raises(Forged):
        verify(structs.replace(request, headers={"x-telegram-bot-api-secret-token": "ключ"}), account, AT)
    with pytest.raises(Malformed, match="POST"):
        verify(fake.signed(request, account, AT), account, AT)


def test_a_pressed_button_is_answered_with_the_call() -> None:
    account = fake.account()
    body = b'{"update_id": 1, "callback_query": {"id": "q1", "from": {"id": 42}, "data": "y"}}'
    request = fake.signed(Request(method="POST", headers={}, query={}, body=body), account, AT)
    admitted = verify(request, account, AT)
    assert admitted.dedup_key == "update:1"
    assert admitted.answer.media_type == "application/json"
    answered = {"method": "answerCallbackQuery", "callback_query_id": "q1"}
    assert msgspec.json.decode(admitted.answer.body) == answered


async def test_connecting_registers_the_hook_with_its_secret() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        account = fake.account(place.url)
        place.always = lambda _: said(True)
        await connect(line(account, http), "https://kezhan.example/hooks/k")
        await connect(line(polled(account), http), "https://kezhan.example/hooks/k")
    first, second = place.heard
    assert first.path == "/bot42:TEST/setWebhook"
    assert first.event == {
        "url": "https://kezhan.example/hooks/k",
        "secret_token": hook_secret(account),
        "allowed_updates": ALLOWED,
    }
    assert second.path == "/bot42:TEST/deleteWebhook"


async def test_the_bot_is_asked_for_its_name() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(said({"id": 1, "is_bot": True, "first_name": "客栈", "username": "kezhan_bot"}))
        found = await probe(line(fake.account(place.url), http))
    assert found.name == "@kezhan_bot"
    assert place.heard[0].path == "/bot42:TEST/getMe"


@pytest.mark.parametrize("token", ["", "abc", "42:", "42:a/b", "42:a\n", "42:a?b"])
def test_a_token_that_could_lead_elsewhere_is_refused(token: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"bot_token": token}, Secrets)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="https://"):
        Settings(api_url="ftp://a.example")


# Polling


class Kept:
    """What `listen` has had kept, and what the platform had heard by then."""

    def __init__(self, place: Platform) -> None:
        self.place = place
        self.calls: list[Call] = []
        self.cursors: list[str | None] = []
        self.heard: list[int] = []

    async def __call__(self, calls: Sequence[Call], cursor: str | None) -> None:
        self.calls += calls
        self.cursors.append(cursor)
        self.heard.append(len(self.place.heard))


def poll(rounds: list[Answer]) -> Any:
    """Answers getUpdates from the list and everything else with true."""

    def answer(heard: Heard) -> Answer:
        if not heard.path.endswith("/getUpdates"):
            return said(True)
        return rounds.pop(0) if rounds else refused(409, "Conflict")

    return answer


async def test_polling_confirms_only_what_is_kept() -> None:
    text = {"update_id": 7, "message": {"message_id": 1, "chat": {"id": 42}, "text": "你好"}}
    press = {"update_id": 9, "callback_query": {"id": "q1", "from": {"id": 42}, "data": "y"}}
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        kept = Kept(place)
        place.always = poll([said([text, press]), said([])])
        with pytest.raises(Retry):
            await listen(line(polled(fake.account(place.url)), http), "", kept)
    paths = [heard.path.rpartition("/")[2] for heard in place.heard]
    assert paths == ["deleteWebhook", "getUpdates", "answerCallbackQuery", "getUpdates", "getUpdates"]
    assert [heard.event.get("offset") for heard in place.heard if heard.path.endswith("getUpdates")] == [
        None, 10, 10,
    ]  # fmt: skip
    assert [call.dedup_key for call in kept.calls] == ["update:7", "update:9"]
    assert msgspec.json.decode(kept.calls[0].body) == text
    assert (kept.cursors, kept.heard) == (["10", "10"], [2, 4])


async def test_polling_goes_on_where_it_was() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.always = poll([])
        with pytest.raises(Retry):
            await listen(line(polled(fake.account(place.url)), http), "12", Kept(place))
    assert place.heard[-1].event["offset"] == 12


async def test_an_account_with_a_hook_is_not_polled() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await listen(line(fake.account(place.url), http), "", Kept(place))
    assert place.heard == []


# Files


async def test_a_file_is_asked_for_and_read() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(
            [said({"file_id": "f", "file_path": "photos/a.jpg"}), Answer(200, b"\xff\xd8", {})]
        )
        found = await media(line(fake.account(place.url), http), "f")
    assert found.data == b"\xff\xd8"
    assert place.heard[0].event == {"file_id": "f"}
    assert (place.heard[1].method, place.heard[1].path) == ("GET", "/file/bot42:TEST/photos/a.jpg")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([refused(400, "Bad Request: file is too big")], Turned),
        ([said({"file_id": "f"})], Turned),
        ([said({"file_id": "f", "file_path": "a"}), Answer(404)], Turned),
        ([said({"file_id": "f", "file_path": "a"}), Answer(500)], Retry),
    ],
)
async def test_a_file_that_cannot_be_had_says_so_without_its_address(
    answers: list[Answer], outcome: type[Turned | Retry]
) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(answers)
        with pytest.raises(outcome) as caught:
            await media(line(fake.account(place.url), http), "f")
    assert "42:TEST" not in str(caught.value)
    assert getattr(caught.value, "fault", "") == ("media_error" if outcome is Turned else "transient")


# What goes out


OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="42", seq=4, text="有的"
)  # fmt: skip


@pytest.mark.parametrize("external_id", ["", "abc", "42/", "c42", "42:1", "٤٢"])
async def test_what_is_no_chat_is_turned_without_a_call(external_id: str) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned):
            await send(line(fake.account(place.url), http), structs.replace(OUT, external_id=external_id))
    assert place.heard == []


async def test_a_message_without_a_name_there_cannot_be_edited() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned):
            await send(line(fake.account(place.url), http), structs.replace(OUT, what="edited"))


async def test_a_group_that_moves_for_ever_is_not_followed() -> None:
    moved = {"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -2}}
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.always = lambda _: Answer(400, msgspec.json.encode(moved))
        with pytest.raises(Turned):
            await send(line(fake.account(place.url), http), structs.replace(OUT, external_id="-1"))
    assert [heard.event["chat_id"] for heard in place.heard] == [-1, -2]
