"""Robots by themselves: what is asked of them, what they are sent, and the one answer to each message."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.wecom_robot import fake
from kezhan.channels.adapters.wecom_robot.inbound import parse, verify
from kezhan.channels.adapters.wecom_robot.manifest import CHANNEL
from kezhan.channels.adapters.wecom_robot.media import media
from kezhan.channels.adapters.wecom_robot.outbound import send
from kezhan.channels.base import (
    Account,
    Forged,
    Inbound,
    Malformed,
    Media,
    Opening,
    Outbound,
    Request,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import fixture, line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.crypto import signature, unseal
from kezhan.kit.clock import now
from kezhan.kit.fetch import guarded_client

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
# "a file of hers", filled up to blocks of 32 and enciphered with the key below, by another program.
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CIPHERED = bytes.fromhex("57c8fc30dd546a221b9e08f585669496470210d8c240115a76ec2bdb6695af31")


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


# In


def called(value: object, of: Account) -> Request:
    request = Request(method="POST", headers={}, query={}, body=msgspec.json.encode(value))
    return fake.signed(request, of, AT)


def test_an_answer_the_platform_takes_for_begun_is_over_and_kept_nowhere() -> None:
    of = fake.account()
    asked = called({"msgid": "1", "msgtype": "stream", "stream": {"id": "s-1"}}, of)
    found = verify(asked, of, AT)
    assert (found.dedup_key, verify(asked, of, AT)) == (None, found)
    said = msgspec.json.decode(found.answer.body)
    assert said["msgsignature"] == signature(
        of.secrets.token, str(said["timestamp"]), said["nonce"], said["encrypt"]
    )
    assert msgspec.json.decode(unseal(of.secrets.aes_key, "", said["encrypt"])) == {
        "msgtype": "stream",
        "stream": {"id": "s-1", "finish": True, "content": ""},
    }


def test_another_robots_call_and_one_that_is_not_sealed_are_refused() -> None:
    of, told = fake.account(), fixture(CHANNEL, "in_text")["body"]
    assert verify(called(told, of), of, AT).dedup_key == told["msgid"]
    of = structs.replace(of, settings=structs.replace(of.settings, robot_id="aib-2"))
    with pytest.raises(Forged, match="another robot"):
        verify(called(told, of), of, AT)
    with pytest.raises(Forged, match="not sealed"):
        verify(structs.replace(called(told, of), body=msgspec.json.encode(told)), of, AT)
    with pytest.raises(Malformed):
        verify(structs.replace(called(told, of), method="PUT"), of, AT)


@pytest.mark.parametrize("told", [{}, {"msgid": "1", "msgtype": "text"}, {"from": {"userid": "a"}}, 5])
def test_what_tells_of_no_message_is_unreadable(told: object) -> None:
    of = fake.account()
    assert isinstance(parse(called(told, of), of), Unreadable)


@pytest.mark.parametrize("url", ["", "https://qyapi.weixin.qq.com/" + "x" * 2000, 5.5])
def test_a_message_without_an_address_that_can_be_kept_is_not_answered(url: object) -> None:
    of = fake.account()
    came = parse(called({**fixture(CHANNEL, "in_text")["body"], "response_url": url}, of), of)
    assert not isinstance(came, Unreadable)
    (one,) = came
    assert isinstance(one, Inbound)
    assert (one.text, one.ticket, one.opening) == ("打印机又坏了", "", Opening(seconds=0))


async def ask(place: Platform, what: Any, *given: Any, answers: list[Answer], **settings: Any) -> Any:
    of = fake.account(place.url)
    secrets = structs.replace(of.secrets, aes_key=KEY)
    of = structs.replace(of, settings=structs.replace(of.settings, **settings), secrets=secrets)
    place.answers.extend(answers)
    async with guarded_client(allow_private_hosts=True) as http:
        return await what(line(of, http), *given)


async def test_a_file_is_opened_with_the_robots_key(place: Platform) -> None:
    url = f"{place.url}/media/1"
    assert await ask(place, media, url, answers=[Answer(200, CIPHERED)]) == Media(data=b"a file of hers")
    for status, body in ((200, CIPHERED[:-1]), (200, b""), (403, b"expired")):
        with pytest.raises(Turned) as caught:
            await ask(place, media, url, answers=[Answer(status, body)])
        assert caught.value.fault == "media_error"


# Out


def outbound(**more: Any) -> Outbound:
    return msgspec.convert({**fixture(CHANNEL, "out_text")["outbound"], **more}, Outbound)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"ticket": ""}, "window_closed"),
        ({"ticket_at": now() - timedelta(hours=1)}, "window_closed"),
        ({"first": False}, "window_closed"),
        ({"what": "recalled"}, "not_allowed"),
        ({"what": "edited"}, "not_allowed"),
        ({"ticket": "https://weixin.qq.com.example/a"}, "bad_address"),
        ({"ticket": "https://evilweixin.qq.com/a"}, "bad_address"),
        ({"ticket": "http://[/a"}, "bad_address"),
    ],
)
async def test_what_cannot_be_answered_is_turned_and_nobody_asked(
    more: dict[str, Any], fault: str, place: Platform
) -> None:
    with pytest.raises(Turned) as caught:
        await ask(place, send, outbound(**more), answers=[])
    assert (caught.value.fault, place.heard) == (fault, [])


async def test_text_goes_as_text_where_a_company_may(place: Platform) -> None:
    young = outbound(ticket_at=now() - timedelta(minutes=59))
    await ask(place, send, young, answers=[Answer(200, b'{"errcode":0}')], answer_as="text")
    assert place.heard[0].event == {"msgtype": "text", "text": {"content": "马上去修。"}}
