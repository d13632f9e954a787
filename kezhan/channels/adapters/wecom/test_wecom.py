"""WeCom apps by themselves: published handshakes and pushes, who a member is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.wecom import fake
from kezhan.channels.adapters.wecom.inbound import parse, verify
from kezhan.channels.adapters.wecom.manifest import CHANNEL
from kezhan.channels.adapters.wecom.outbound import send
from kezhan.channels.adapters.wecom.person import media, person, probe
from kezhan.channels.adapters.wecom.settings import Secrets, Settings
from kezhan.channels.base import (
    Account,
    Forged,
    Inbound,
    Media,
    Outbound,
    Person,
    Request,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import fixture, line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.test_crypto import (
    W1_ECHO,
    W1_KEY,
    W2_ECHO,
    W2_KEY,
    W3_SEALED,
    W4_ECHO,
    W4_KEY,
)
from kezhan.kit.fetch import guarded_client
from kezhan.kit.ids import new_id


def account(corp_id: str, token: str, aes_key: str) -> Account:
    secrets = Secrets(secret="s", token=token, aes_key=aes_key)
    settings = Settings(corp_id=corp_id)
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


OF_W1 = account("wx5823bf96d3bd56c7", "QDG6eK", W1_KEY)
OF_W2 = account("ww1436e0e65a779aee", "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", W2_KEY)
OF_W4 = account("wx49f0ab532d5d035a", "123456", W4_KEY)


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


# In


def called(method: str, stamp: str, nonce: str, signed: str, *, echo: str = "", body: str = "") -> Request:
    query = {"msg_signature": signed, "timestamp": stamp, "nonce": nonce}
    query |= {"echostr": echo} if echo else {}
    return Request(method=method, headers={}, query=query, body=body.encode())


@pytest.mark.parametrize(
    ("of", "request_", "answer"),
    [
        pytest.param(
            OF_W1,
            called(
                "GET",
                "1409659589",
                "263014780",
                "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
                echo=W1_ECHO,
            ),
            b"1616140317555161061",
            id="W1",
        ),
        pytest.param(
            OF_W2,
            called(
                "GET",
                "1476416373",
                "47744683",
                "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb",
                echo=W2_ECHO,
            ),
            b"1288432023552776189",
            id="W2",
        ),
        pytest.param(
            OF_W4,
            called(
                "GET",
                "1411443780",
                "437374425",
                "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
                echo=W4_ECHO,
            ),
            b"5927782489442352469",
            id="W4",
        ),
    ],
)
def test_the_published_handshakes(of: Account, request_: Request, answer: bytes) -> None:
    at = datetime.fromtimestamp(int(request_.query["timestamp"]), UTC)
    assert verify(request_, of, at).answer.body == answer
    # A proxy that reads a plus as a blank does no harm.
    blank = request_.query["echostr"].replace("+", " ")
    assert verify(structs.replace(request_, query={**request_.query, "echostr": blank}), of, at).answer.body
    with pytest.raises(Forged):
        verify(structs.replace(request_, query={**request_.query, "nonce": "1"}), of, at)


def test_w3_the_published_push() -> None:
    body = f"<xml><ToUserName>ww1436e0e65a779aee</ToUserName><AgentID>1000002</AgentID><Encrypt>{W3_SEALED}"
    request = called(
        "POST",
        "1476422779",
        "1597212914",
        "0c3914025cb4b4d68103f6bfc8db550f79dcf48e",
        body=f"{body}</Encrypt></xml>",
    )
    found = verify(request, OF_W2, datetime.fromtimestamp(1476422779, UTC))
    assert (found.dedup_key, found.answer.body) == ("1456453720", b"success")
    came = parse(request, OF_W2)
    assert not isinstance(came, Unreadable)
    (one,) = came
    assert isinstance(one, Inbound)
    assert (one.external_id, one.text) == ("ChenJiaShun", "你好")
    with pytest.raises(Forged):
        verify(request, OF_W2, datetime.fromtimestamp(1476422779 + 301, UTC))


def test_an_open_push_is_refused_even_if_its_plain_signature_is_good() -> None:
    of, at = fake.account(), datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    request = Request(method="POST", headers={}, query={}, body=b"<xml><MsgId>1</MsgId></xml>")
    signed = fake.signed(request, of, at)
    with pytest.raises(Forged, match="not sealed"):
        verify(structs.replace(signed, body=request.body), of, at)


@pytest.mark.parametrize("body", [b"<xml/>", b"{}", b"<xml><FromUserName>a</FromUserName></xml>", b"-"])
def test_what_is_neither_message_nor_event_is_unreadable(body: bytes) -> None:
    request = Request(method="POST", headers={}, query={}, body=body)
    assert isinstance(parse(request, fake.account()), Unreadable)


# Out and looking up


async def ask(place: Platform, what: Any, *given: Any, answers: list[Answer]) -> Any:
    place.answers.extend(answers)
    async with guarded_client(allow_private_hosts=True) as http:
        return await what(line(fake.account(place.url), http), *given)


@pytest.mark.parametrize("what", ["edited", "closed"])
async def test_what_the_platform_cannot_be_told_is_turned(what: str, place: Platform) -> None:
    ready = msgspec.convert({**fixture(CHANNEL, "out_text")["outbound"], "what": what}, Outbound)
    with pytest.raises(Turned):
        await ask(place, send, ready, answers=[])
    assert not place.heard


async def test_a_recall_that_comes_too_late_is_turned(place: Platform) -> None:
    ready = msgspec.convert(fixture(CHANNEL, "out_recalled")["outbound"], Outbound)
    with pytest.raises(Turned, match="too late"):
        await ask(place, send, ready, answers=[Answer(200, b'{"errcode":41064,"errmsg":"too late"}')])


async def test_a_member_has_a_name_where_the_app_may_see_it(place: Platform) -> None:
    said = b'{"errcode":0,"userid":"zhangsan","name":"\xe5\xbc\xa0\xe4\xb8\x89","mobile":"13800000000",\
"biz_mail":"zhangsan@corp.example"}'
    found = await ask(place, person, "zhangsan", answers=[Answer(200, said)])
    assert found == Person(name="张三", phone="13800000000", email="zhangsan@corp.example")
    assert place.heard[0].path == "/cgi-bin/user/get?access_token=T0KEN&userid=zhangsan"
    with pytest.raises(Turned):
        await ask(place, person, "nobody", answers=[Answer(200, b'{"errcode":60111}')])


async def test_a_file_comes_in(place: Platform) -> None:
    headers = {"content-type": "audio/amr", "content-disposition": "attachment; filename=a.amr"}
    found = await ask(place, media, "media-2", answers=[Answer(200, b"#!AMR", headers)])
    assert found == Media(name="a.amr", media_type="audio/amr", data=b"#!AMR")


async def test_the_probe_tells_what_is_wrong(place: Platform) -> None:
    await ask(place, probe, answers=[Answer(200, b'{"errcode":0,"access_token":"a","expires_in":7200}')])
    refused = Answer(200, b'{"errcode":60020,"errmsg":"not allow to access from your ip"}')
    with pytest.raises(Turned, match="your ip") as caught:
        await ask(place, probe, answers=[refused])
    assert caught.value.fault == "not_allowed"
    of = fake.account(place.url)
    of = structs.replace(of, settings=structs.replace(of.settings, agent_id=0))
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned, match="AgentId"):
            await probe(line(of, http))
