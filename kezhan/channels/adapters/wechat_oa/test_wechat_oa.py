"""Official accounts by themselves: the three modes, published pushes, files, who a follower is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from kezhan.channels.adapters.wechat_oa import fake
from kezhan.channels.adapters.wechat_oa.inbound import parse, verify
from kezhan.channels.adapters.wechat_oa.manifest import CHANNEL, tuned
from kezhan.channels.adapters.wechat_oa.outbound import send
from kezhan.channels.adapters.wechat_oa.person import media, person, probe
from kezhan.channels.adapters.wechat_oa.settings import Secrets, Settings
from kezhan.channels.base import (
    Account,
    Expired,
    Forged,
    Inbound,
    Malformed,
    Media,
    Outbound,
    Person,
    Request,
    Retry,
    Turned,
    Unreadable,
    Window,
)
from kezhan.channels.tests.contract import fixture, line, request_of
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.channels.vendors.tencent.crypto import seal, signature
from kezhan.channels.vendors.tencent.test_crypto import LETTERS_KEY, V3_SEALED
from kezhan.kit.fetch import guarded_client
from kezhan.kit.film import Film
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
TEXT = (
    "<xml><FromUserName>o1</FromUserName><CreateTime>5</CreateTime><MsgType>text</MsgType><Content>{}</Content>\
<MsgId>77</MsgId></xml>"
)


def account(
    mode: str, *, signed_by: str = "test", app_id: str = "wx1", aes_key: str = LETTERS_KEY
) -> Account:
    settings = msgspec.convert({"app_id": app_id, "mode": mode}, Settings)
    secrets = Secrets(app_secret="s", token=signed_by, aes_key=aes_key)
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def plain(body: str, signed_by: str = "test", stamp: str = STAMP) -> Request:
    query = {"signature": signature(signed_by, stamp, "n"), "timestamp": stamp, "nonce": "n", "openid": "o1"}
    return Request(method="POST", headers={}, query=query, body=body.encode())


def sealed(content: str, *, around: str = "", receiver: str = "wx1") -> Request:
    cipher = seal(LETTERS_KEY, receiver, content.encode(), b"r" * 16)
    request = plain(f"<xml>{around}<Encrypt>{cipher}</Encrypt></xml>")
    stamped = {"msg_signature": signature("test", STAMP, "n", cipher), "encrypt_type": "aes"}
    return structs.replace(request, query={**request.query, **stamped})


def text_of(request: Request, of: Account) -> str:
    found = parse(request, of)
    assert not isinstance(found, Unreadable)
    (one,) = found
    assert isinstance(one, Inbound)
    return one.text


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


# In


def test_v1_the_published_handshake() -> None:
    at = datetime.fromtimestamp(1410685589, UTC)
    query = {
        "signature": "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff",
        "timestamp": "1410685589",
        "nonce": "test",
        "echostr": "abc 123",
    }
    request = Request(method="GET", headers={}, query=query, body=b"")
    assert verify(request, account("safe"), at).answer.body == b"abc+123"
    with pytest.raises(Forged):
        verify(request, account("safe", signed_by="tset"), at)
    with pytest.raises(Malformed):
        verify(structs.replace(request, query={**query, "echostr": ""}), account("safe"), at)


def test_v3_the_published_push_in_safe_mode() -> None:
    at, of = (
        datetime.fromtimestamp(1409735669, UTC),
        account("safe", signed_by="spamtest", app_id="wx2c2769f8efd9abc2"),
    )
    query = {
        "msg_signature": "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
        "timestamp": "1409735669",
        "nonce": "1320562132",
        "encrypt_type": "aes",
    }
    body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{V3_SEALED}]]></Encrypt></xml>"
    request = Request(method="POST", headers={}, query=query, body=body.encode())
    found = verify(request, of, at)
    assert (found.dedup_key, found.answer.body) == ("6054768590064713728", b"success")
    assert text_of(request, of) == "abcdteT"


@pytest.mark.parametrize("mode", ["plain", "compat"])
def test_a_plain_push_is_taken_where_the_mode_allows(mode: str) -> None:
    request, of = plain(TEXT.format("hi")), account(mode, aes_key="")
    assert verify(request, of, AT).dedup_key == "77"
    assert text_of(request, of) == "hi"


@pytest.mark.parametrize(
    ("request_", "of"),
    [
        (plain(TEXT.format("hi")), account("safe")),
        (plain(TEXT.format("hi"), signed_by="tset"), account("plain")),
        (plain(TEXT.format("hi"), signed_by=""), account("plain", signed_by="")),
        (plain(TEXT.format("hi"), stamp="soon"), account("plain")),
        (plain(TEXT.format("hi"), stamp=""), account("plain")),
        (plain("<xml><Encrypt>AAAA</Encrypt></xml>"), account("plain")),
        (sealed(TEXT.format("hi"), receiver="wx2"), account("safe")),
        (sealed(TEXT.format("hi")), account("safe", aes_key="")),
    ],
    ids=["safe", "token", "no token", "odd time", "no time", "unsigned seal", "receiver", "no key"],
)
def test_who_must_not_get_in(request_: Request, of: Account) -> None:
    with pytest.raises(Forged):
        verify(request_, of, AT)


def test_an_altered_seal_is_refused() -> None:
    request, of = sealed(TEXT.format("hi")), account("safe")
    verify(request, of, AT)
    altered = request.body.replace(b"<Encrypt>", b"<Encrypt>A")
    with pytest.raises(Forged):
        verify(structs.replace(request, body=altered), of, AT)


def test_in_compatible_mode_the_sealed_text_counts_and_not_the_one_beside_it() -> None:
    around = "<FromUserName>o2</FromUserName><Content>forged</Content><MsgId>1</MsgId>"
    request, of = sealed(TEXT.format("true"), around=around), account("compat")
    assert verify(request, of, AT).dedup_key == "77"
    assert text_of(request, of) == "true"
    # Whoever knows a good plain signature cannot have an unsigned seal taken.
    unsigned = structs.replace(request, query={**request.query, "msg_signature": ""})
    with pytest.raises(Forged):
        verify(unsigned, of, AT)


def test_what_cannot_be_read_is_kept_once() -> None:
    of = account("plain")
    first, again = (verify(plain("<xml>\x01"), of, AT + timedelta(seconds=5 * n)).dedup_key for n in (0, 1))
    assert first == again
    assert verify(plain("other"), of, AT).dedup_key != first
    for body in (
        "<xml>",
        "<xml/>",
        "<xml><MsgId>5</MsgId></xml>",
        "<xml><FromUserName>o</FromUserName></xml>",
    ):
        assert isinstance(parse(plain(body), of), Unreadable)
    assert isinstance(parse(sealed(TEXT), account("safe", aes_key="B" * 43)), Unreadable)


def test_another_method_is_refused() -> None:
    with pytest.raises(Malformed):
        verify(structs.replace(plain(TEXT), method="PUT"), account("plain"), AT)


def test_the_number_of_replies_is_the_accounts() -> None:
    of = account("safe")
    assert tuned(of).window == Window(seconds=172800, messages=5)
    of = structs.replace(of, settings=structs.replace(of.settings, messages=20))
    assert tuned(of).window == Window(seconds=172800, messages=20)


# Out


def outbound(**changes: Any) -> Outbound:
    return msgspec.convert({**fixture(CHANNEL, "out_text")["outbound"], **changes}, Outbound)


async def test_an_agents_account_is_named_where_one_is_set(place: Platform) -> None:
    of = fake.account(place.url)
    of = structs.replace(of, settings=structs.replace(of.settings, kf_account="kf2001@gh_1"))
    place.answers.append(Answer(200, b'{"errcode":0}'))
    async with guarded_client(allow_private_hosts=True) as http:
        await send(line(of, http), outbound())
    assert place.heard[0].event["customservice"] == {"kf_account": "kf2001@gh_1"}


async def test_chinese_goes_out_as_it_is(place: Platform) -> None:
    place.answers.append(Answer(200, b'{"errcode":0}'))
    async with guarded_client(allow_private_hosts=True) as http:
        await send(line(fake.account(place.url), http), outbound(text="你好😀"))
    assert "你好😀".encode() in place.heard[0].body
    assert b"\\u" not in place.heard[0].body


@pytest.mark.parametrize("what", ["recalled", "edited", "closed"])
async def test_what_the_platform_cannot_be_told_is_turned(what: str, place: Platform) -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned):
            await send(line(fake.account(place.url), http), outbound(what=what))
    assert not place.heard


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (b'{"errcode":40004,"errmsg":"invalid media type"}', Turned),
        (b'{"type":"image"}', Turned),
        (b'{"errcode":42001}', Expired),
        (b"oops", Retry),
    ],
)
async def test_a_file_that_is_not_taken(answer: bytes, raised: type[Exception], place: Platform) -> None:
    place.answers.append(Answer(200, answer))
    ready = fixture(CHANNEL, "out_image")["outbound"]
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(raised):
            await send(line(fake.account(place.url), http, b"x"), msgspec.convert(ready, Outbound))
    assert len(place.heard) == 1


# Looking up


async def ask(place: Platform, what: Any, answer: Answer, *given: str) -> Any:
    place.answers.append(answer)
    async with guarded_client(allow_private_hosts=True) as http:
        return await what(line(fake.account(place.url), http), *given)


async def test_a_follower_has_a_unionid_and_no_name(place: Platform) -> None:
    said = {"subscribe": 1, "openid": "o1", "language": "zh_CN", "unionid": "o6_bmasdasdsad6_2sgVt7hMZOPfL"}
    found = await ask(place, person, Answer(200, msgspec.json.encode({**said, "remark": "老客户"})), "o1")
    union = "wechat:o6_bmasdasdsad6_2sgVt7hMZOPfL"
    assert found == Person(name="老客户", language="zh-CN", union=union)
    assert place.heard[0].path == "/cgi-bin/user/info?access_token=T0KEN&openid=o1&lang=zh_CN"
    assert await ask(place, person, Answer(200, b'{"subscribe":0,"openid":"o1"}'), "o1") == Person()


async def test_a_file_comes_in_by_its_bytes_or_its_address(place: Platform) -> None:
    headers = {"content-type": "image/png", "content-disposition": 'attachment; filename="m.png"'}
    found = await ask(place, media, Answer(200, b"\x89PNG", headers), "media-1")
    assert found == Media(name="m.png", media_type="image/png", data=b"\x89PNG")
    assert place.heard[0].path == "/cgi-bin/media/get?access_token=T0KEN&media_id=media-1"
    headers = {"content-type": "application/json; charset=UTF-8"}
    found = await ask(place, media, Answer(200, b'{"video_url":"https://v.example/1"}', headers), "m")
    assert found == Media(url="https://v.example/1", media_type="video/mp4")


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        (b'{"errcode":40007,"errmsg":"invalid media_id"}', Turned),
        (b'{"errcode":40001,"errmsg":"invalid credential"}', Expired),
        (b'{"errcode":-1,"errmsg":"system error"}', Retry),
        (b"{}", Turned),
    ],
)
async def test_a_file_that_is_not_there(body: bytes, raised: type[Exception], place: Platform) -> None:
    with pytest.raises(raised):
        await ask(place, media, Answer(200, body, {"content-type": "text/plain"}), "m")


async def test_the_probe_tells_what_is_wrong(place: Platform) -> None:
    await ask(place, probe, Answer(200, b'{"access_token":"6_A","expires_in":7200}'))
    for answer, fault in (
        (b'{"errcode":40164,"errmsg":"invalid ip 203.0.113.7, not in whitelist"}', "not_allowed"),
        (b'{"errcode":40125,"errmsg":"invalid appsecret"}', "token_expired"),
        (b'{"errcode":40001,"errmsg":"invalid credential"}', "token_expired"),
    ):
        with pytest.raises(Turned) as caught:
            await ask(place, probe, Answer(200, answer))
        assert caught.value.fault == fault
    with pytest.raises(Turned, match="invalid ip") as caught:
        await ask(place, probe, Answer(200, b'{"errcode":40164,"errmsg":"invalid ip"}'))
    with pytest.raises(Retry):
        await ask(place, probe, Answer(200, b'{"access_token":"","expires_in":7200}'))


async def test_without_credentials_nothing_is_asked(place: Platform) -> None:
    of = fake.account(place.url)
    of = structs.replace(of, settings=structs.replace(of.settings, app_id=""))
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(Turned, match="missing"):
            await probe(line(of, http))
    assert not place.heard


def test_every_recorded_push_can_be_sealed_and_read() -> None:
    of = fake.account()
    request = request_of(fixture(CHANNEL, "in_text"))
    assert parse(fake.signed(request, of, AT), of) == parse(request, of)


@pytest.mark.parametrize(("size", "thumb"), [(9, {"thumb_media_id": "t"}), (70_000, {})])
async def test_a_video_goes_with_its_first_picture_where_that_is_small_enough(
    place: Platform, monkeypatch: pytest.MonkeyPatch, size: int, thumb: dict[str, str]
) -> None:
    shown = Film(3, b"x" * size)
    monkeypatch.setattr("kezhan.channels.adapters.wechat_oa.outbound.film", lambda data: shown)
    for answer in ({"media_id": "v"}, *([{"thumb_media_id": "t"}] if thumb else []), {"errcode": 0}):
        place.answers.append(Answer(200, msgspec.json.encode(answer)))
    outbound = msgspec.convert(fixture(CHANNEL, "out_video")["outbound"], Outbound)
    async with guarded_client(allow_private_hosts=True) as http:
        await send(line(fake.account(place.url), http, b"mp4"), outbound)
    assert place.heard[-1].event["video"] == {"media_id": "v", "title": "穿法.mp4", **thumb}
    assert [heard.path.split("type=")[1] for heard in place.heard[:-1]] == ["video", "thumb"][
        : 1 + bool(thumb)
    ]
