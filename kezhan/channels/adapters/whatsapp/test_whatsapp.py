"""WhatsApp by itself: the published signature, files, templates, batches with something odd in them."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.whatsapp import fake
from kezhan.channels.adapters.whatsapp.blanks import shape_of
from kezhan.channels.adapters.whatsapp.inbound import parse, verify
from kezhan.channels.adapters.whatsapp.manifest import CHANNEL
from kezhan.channels.adapters.whatsapp.media import media
from kezhan.channels.adapters.whatsapp.outbound import send
from kezhan.channels.adapters.whatsapp.probe import connect, probe
from kezhan.channels.adapters.whatsapp.templates import Component, TemplateIn, _read, templates
from kezhan.channels.base import (
    Account,
    Expired,
    Forged,
    Inbound,
    Malformed,
    Outbound,
    OutboundFile,
    Rate,
    Request,
    Retry,
    Template,
    TemplateUse,
    Turned,
    Unreadable,
)
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.channels.vendors.meta.webhook import HEADER
from kezhan.kit.fetch import FETCH_BYTES, guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PUBLISHED = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":{"mes'
    b'saging_product":"whatsapp","metadata":{"display_phone_number":"15550953877","phone_number_id":"2'
    b'77321005464405"},"contacts":[{"profile":{"name":"PyWa Tests"},"wa_id":"972544401243"}],"messages'
    b'":[{"from":"972544401243","id":"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4Nj'
    b'Q4QzM4ODAxM0YA","timestamp":"1730231903","text":{"body":"Hey there! I am using PyWa."},"type":"t'
    b'ext"}]},"field":"messages"}]}]}'
)


def said(body: Any, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(body))


def with_secrets(**changes: str) -> Account:
    account = fake.account()
    return structs.replace(account, secrets=structs.replace(account.secrets, **changes))


def request(body: bytes = b"", **more: Any) -> Request:
    return Request(**{"method": "POST", "headers": {}, "query": {}, "body": body, **more})


# What comes in


def test_the_published_vector() -> None:
    account = with_secrets(app_secret="1222e786b144d0e85b9f365372d93676")
    header = {HEADER: "sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441"}
    assert verify(request(PUBLISHED, headers=header), account, AT).dedup_key
    found = parse(request(PUBLISHED), account)
    assert not isinstance(found, Unreadable)
    (one,) = found
    assert isinstance(one, Inbound)
    assert (one.external_id, one.text) == ("972544401243", "Hey there! I am using PyWa.")


def test_an_account_without_its_secrets_admits_nobody() -> None:
    account = with_secrets(app_secret="", verify_token="")
    with pytest.raises(Forged):
        verify(fake.signed(request(PUBLISHED), account, AT), account, AT)
    with pytest.raises(Forged):
        verify(request(method="GET", query={"hub.mode": "subscribe", "hub.verify_token": ""}), account, AT)


def test_other_methods_and_modes_are_told_so() -> None:
    account = fake.account()
    for wrong in (request(method="PUT"), request(method="GET", query={"hub.mode": "unsubscribe"})):
        with pytest.raises(Malformed):
            verify(fake.signed(wrong, account, AT), account, AT)


def test_what_cannot_be_read_is_kept_all_the_same() -> None:
    account = fake.account()
    assert verify(fake.signed(request(b"{"), account, AT), account, AT).dedup_key
    assert isinstance(parse(request(b"{"), account), Unreadable)


def test_a_repeat_that_is_packed_otherwise_has_the_same_key() -> None:
    account = fake.account()
    escaped = PUBLISHED.replace(b"Hey", b"\\u0048ey")
    keys = {
        verify(fake.signed(request(body), account, AT), account, AT).dedup_key
        for body in (PUBLISHED, escaped)
    }
    assert len(keys) == 1


def test_a_message_that_is_not_as_documented_leaves_the_others_alone() -> None:
    body = msgspec.json.decode(PUBLISHED)
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    odd = {"from": "1", "id": "wamid.odd", "type": "image", "timestamp": "soon", "image": {"id": 5}}
    messages.insert(0, odd)
    found = parse(request(msgspec.json.encode(body)), fake.account())
    assert not isinstance(found, Unreadable)
    assert [(one.kind, one.original_kind) for one in found if isinstance(one, Inbound)] == [
        ("unsupported", "image"),
        ("text", "text"),
    ]


def test_the_numbers_own_pace_is_a_setting() -> None:
    account = fake.account()
    assert CHANNEL.able(account).rate == Rate(calls=80)
    shared = structs.replace(account, settings=structs.replace(account.settings, per_second=20))
    assert CHANNEL.able(shared).rate == Rate(calls=20)


# Files


async def test_a_file_is_asked_for_and_read_with_the_token() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        found = {"url": f"{place.url}/cdn/a?x=1", "mime_type": "audio/ogg; codecs=opus", "id": "m1"}
        place.answers.extend([said(found), Answer(200, b"OggS")])
        got = await media(line(fake.account(place.url), http), "m1")
    assert (got.data, got.media_type) == (b"OggS", "audio/ogg")
    assert [(one.method, one.path) for one in place.heard] == [("GET", "/v24.0/m1"), ("GET", "/cdn/a?x=1")]
    assert {one.headers["authorization"] for one in place.heard} == {"Bearer T0KEN"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(404), Turned),
        (Answer(401), Expired),
        (Answer(503), Retry),
        (Answer(200, b"x" * (FETCH_BYTES + 1)), Turned),
        (Answer(200, b"short", {"content-length": "9"}), Retry),
    ],
)
async def test_a_file_that_cannot_be_had_says_why(answer: Answer, outcome: type[Exception]) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend([said({"url": f"{place.url}/cdn/a"}), answer])
        with pytest.raises(outcome):
            await media(line(fake.account(place.url), http), "m1")


async def test_a_file_without_an_address_is_gone() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(said({"url": "file:///etc/passwd"}))
        with pytest.raises(Turned) as caught:
            await media(line(fake.account(place.url), http), "m1")
    assert caught.value.fault == "media_error"


async def test_a_long_caption_follows_its_file() -> None:
    file = OutboundFile(url="https://a.example/f", name="茶.png", media_type="image/png", size=3)
    outbound = Outbound(
        event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="8613800000000", seq=4,
        kind="file", text="长" * 1025, file=file,
    )  # fmt: skip
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        sent = said({"messages": [{"id": "wamid.1"}]})
        place.answers.extend([said({"id": "m1"}), sent, sent])
        await send(line(fake.account(place.url), http), outbound)
    assert "caption" not in place.heard[1].event["image"]
    assert place.heard[2].event["text"]["body"] == "长" * 1025
    ours = [one.event.get("biz_opaque_callback_data") for one in place.heard[1:]]
    assert ours == [None, "d-1"], "word of the file alone is not word of the message"


@pytest.mark.parametrize("code", [190, 2])
async def test_a_file_is_not_sent_again_for_the_text_that_did_not_follow_it(code: int) -> None:
    file = OutboundFile(url="https://a.example/f", name="茶.png", media_type="image/png", size=3)
    outbound = Outbound(
        event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="8613800000000", seq=4,
        kind="file", text="长" * 1025, file=file,
    )  # fmt: skip
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        refusal = Answer(401, msgspec.json.encode({"error": {"code": code, "message": "no"}}))
        place.answers.extend([said({"id": "m1"}), said({"messages": [{"id": "wamid.1"}]}), refusal])
        with pytest.raises(Turned) as caught:
            await send(line(fake.account(place.url), http), outbound)
    assert caught.value.fault == "unsure"


# The connection


async def test_the_number_is_asked_for_its_name() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(said({"display_phone_number": "+1 555", "verified_name": "茶庄", "id": "100"}))
        assert (await probe(line(fake.account(place.url), http))).name == "茶庄 +1 555"
        bare = fake.account(place.url)
        bare = structs.replace(bare, settings=structs.replace(bare.settings, phone_number_id=""))
        with pytest.raises(Turned):
            await probe(line(bare, http))
    assert [one.path for one in place.heard] == ["/v24.0/100?fields=display_phone_number%2Cverified_name"]


def template(name: str, *components: dict[str, Any], status: str = "APPROVED") -> dict[str, Any]:
    return {
        "name": name, "language": "zh_CN", "status": status, "category": "UTILITY",
        "components": list(components),
    }  # fmt: skip


async def listed(*found: dict[str, Any]) -> list[Template]:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(said({"data": found}))
        return await templates(line(fake.account(place.url), http))


async def filled(template: Template, *values: str, file: OutboundFile | None = None) -> dict[str, Any]:
    """What goes out for it."""
    used = TemplateUse(name=template.name, language="zh_CN", values=values, shape=template.shape)
    outbound = Outbound(
        event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="8613800000000", seq=4,
        text="…", template=used, file=file,
    )  # fmt: skip
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend([said({"id": "m1"})] if file is not None else [])
        place.answers.append(said({"messages": [{"id": "wamid.1"}]}))
        await send(line(fake.account(place.url), http, b"data"), outbound)
        found: dict[str, Any] = place.heard[-1].event
    return found["template"]  # type: ignore[no-any-return]


BODY = {"type": "BODY", "text": "{{1}} 的订单 {{ 2 }} 已发出", "example": {"body_text": [["小满", "A1"]]}}


async def test_the_templates_that_can_be_filled_in_are_listed_over_all_pages() -> None:
    foot = {"type": "FOOTER", "text": "回复 T 退订"}
    first = [
        template("ready", {"type": "HEADER", "format": "TEXT", "text": "通知"}, BODY, foot),
        template("draft", BODY, status="PENDING"),
    ]
    last = [template("hello", {"type": "BODY", "text": "你好"})]
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(
            [
                said({"data": first, "paging": {"cursors": {"after": "a1"}, "next": "https://graph"}}),
                said({"data": last, "paging": {"cursors": {"after": "a2"}}}),
            ]
        )
        found = await templates(line(fake.account(place.url), http))
    assert [(one.name, one.text) for one in found] == [
        ("ready", "通知\n{{1}} 的订单 {{2}} 已发出\n回复 T 退订"),
        ("hello", "你好"),
    ]
    assert [[one.example for one in each.variables] for each in found] == [["小满", "A1"], []]
    assert "after=a1" in place.heard[1].path


def buttons(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(found)}


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "BODY", "text": "{{2}} 你好"}],
        [{"type": "HEADER", "format": "LOCATION"}, BODY],
        [BODY, {"type": "FOOTER", "text": "{{1}}"}],
        [BODY, {"type": "CAROUSEL"}],
        [BODY, buttons({"type": "FLOW", "text": "登记"})],
        [{"type": "HEADER", "format": "TEXT", "text": "通知"}],
        [{"type": "BODY", "text": "{{" + "x" * 4000 + "}}"}],
    ],
)
async def test_what_wants_more_than_words_and_a_file_is_not_listed(parts: list[dict[str, Any]]) -> None:
    assert await listed(template("odd", *parts)) == []


async def test_one_with_names_is_numbered_here_and_filled_by_name() -> None:
    head = {
        "type": "HEADER", "format": "TEXT", "text": "订单 {{order}}",
        "example": {"header_text_named_params": [{"param_name": "order", "example": "A1"}]},
    }  # fmt: skip
    body = {
        "type": "BODY", "text": "{{name}}，{{order}} 已发出。{{name}}，再见。",
        "example": {"body_text_named_params": [{"param_name": "name", "example": "小满"}, "odd"]},
    }  # fmt: skip
    (found,) = await listed(template("named", body, head))
    assert found.text == "订单 {{1}}\n{{2}}，{{3}} 已发出。{{2}}，再见。"
    assert [(one.label, one.example) for one in found.variables] == [
        ("order", "A1"), ("name", "小满"), ("order", ""),
    ]  # fmt: skip
    assert (await filled(found, "A1", "小满", "A2"))["components"] == [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "order", "text": "A1"}]},
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "name", "text": "小满"},
                {"type": "text", "parameter_name": "order", "text": "A2"},
            ],
        },
    ]


async def test_buttons_stand_below_and_what_is_open_in_them_is_filled_too() -> None:
    below = buttons(
        {"type": "QUICK_REPLY", "text": "改地址"},
        {
            "type": "URL",
            "text": "物流",
            "url": "https://a.example/{{1}}",
            "example": ["https://a.example/SF1"],
        },
        {"type": "COPY_CODE", "text": "复制", "example": "TEA20"},
        {"type": "PHONE_NUMBER", "text": "致电", "phone_number": "+86571"},
    )
    (found,) = await listed(template("below", BODY, below))
    assert found.text == (
        "{{1}} 的订单 {{2}} 已发出\n▸ 改地址\n▸ 物流 https://a.example/{{3}}\n▸ 复制 {{4}}\n▸ 致电 +86571"
    )
    assert [(one.label, one.example) for one in found.variables[2:]] == [("物流", "SF1"), ("复制", "TEA20")]
    _, *pressed = (await filled(found, "小满", "A1", "SF2", "TEA30"))["components"]
    assert pressed == [
        {
            "type": "button", "sub_type": "url", "index": "1",
            "parameters": [{"type": "text", "text": "SF2"}],
        },
        {
            "type": "button", "sub_type": "copy_code", "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": "TEA30"}],
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "name", "media_type", "part"),
    [
        ("IMAGE", "a.jpg", "image/jpeg", {"type": "image", "image": {"id": "m1"}}),
        ("VIDEO", "a.mp4", "video/mp4", {"type": "video", "video": {"id": "m1"}}),
        (
            "DOCUMENT",
            "a.pdf",
            "application/pdf",
            {"type": "document", "document": {"id": "m1", "filename": "a.pdf"}},
        ),
    ],
)
async def test_a_header_is_brought_up_first(header: str, name: str, media_type: str, part: Any) -> None:
    (found,) = await listed(template("picture", {"type": "HEADER", "format": header}, BODY))
    assert found.header == header.lower()
    file = OutboundFile(url="https://a.example/f", name=name, media_type=media_type, size=4)
    first, second = (await filled(found, "小满", "A1", file=file))["components"]
    assert (first, second["type"]) == ({"type": "header", "parameters": [part]}, "body")


@given(text=some.text("a1{} ", max_size=30), values=some.lists(some.text(), max_size=5))
def test_whatever_a_body_is_it_is_read_or_left_out(text: str, values: list[str]) -> None:
    read = _read(TemplateIn("odd", "en", components=[Component("BODY", text=text)]))
    if read is not None:
        shape = shape_of(TemplateUse(name="odd", language="en", values=values, shape=read.shape))
        assert len(shape.blanks) == len(read.variables)


async def test_a_shape_that_cannot_be_read_is_no_ones_template() -> None:
    with pytest.raises(Turned, match="shape"):
        await filled(Template(name="t", language="zh_CN", text="", shape="odd"))


@pytest.mark.parametrize(
    ("example", "shown"),
    [(None, ""), ({"body_text": None}, ""), ({"body_text": ["a"]}, "a"), ({"body_text": [[]]}, "")],
)
async def test_examples_are_taken_as_far_as_they_are_there(example: Any, shown: str) -> None:
    body = {"type": "BODY", "text": "{{1}} 你好", "example": example}
    (found,) = await listed(template("hello", body))
    assert [one.example for one in found.variables] == [shown]


async def test_without_the_business_account_there_are_no_templates() -> None:
    account = fake.account("")
    bare = structs.replace(account, settings=structs.replace(account.settings, business_id=""))
    assert [CHANNEL.able(one).templates for one in (account, bare)] == [True, False]
    async with guarded_client() as http:
        with pytest.raises(Turned):
            await templates(line(bare, http))


async def test_the_hook_is_registered_where_the_business_is_known() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.always = lambda _: said({"success": True})
        account = fake.account(place.url)
        await connect(line(account, http), "https://kezhan.example/hooks/k")
        unknown = structs.replace(account, settings=structs.replace(account.settings, business_id=""))
        await connect(line(unknown, http), "https://kezhan.example/hooks/k")
    (heard,) = place.heard
    assert heard.path == "/v24.0/200/subscribed_apps"
    assert heard.event == {
        "override_callback_uri": "https://kezhan.example/hooks/k",
        "verify_token": account.secrets.verify_token,
    }


@pytest.mark.parametrize(
    ("answers", "outcome", "sure"),
    [
        ([Answer(500)], Retry, True),
        ([said({"id": "m1"}), Answer(500)], Retry, False),
        ([said({"id": "m1"}), said({"messages": [{"id": "wamid.1"}]}), Answer(500)], Turned, None),
    ],
)
async def test_it_is_known_whether_a_file_has_gone(
    answers: list[Answer], outcome: type[Exception], sure: bool | None
) -> None:
    file = OutboundFile(url="https://a.example/f", name="a.ogg", media_type="audio/ogg", size=3)
    outbound = Outbound(
        event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="8613800000000", seq=4,
        kind="file", text="听", file=file,
    )  # fmt: skip
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.extend(answers)
        with pytest.raises(outcome) as caught:
            await send(line(fake.account(place.url), http), outbound)
    assert getattr(caught.value, "sure", None) is sure
