"""Mails as clients and servers write them, whole: what each becomes."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.adapters.email import fake
from kezhan.channels.adapters.email.inbound import TOO_LARGE, key_of, parse
from kezhan.channels.adapters.email.manifest import others as others_of
from kezhan.channels.adapters.email.mime import PARTS
from kezhan.channels.adapters.email.thread import is_own, own_id, read_ticket
from kezhan.channels.base import (
    PULLED,
    Account,
    Came,
    Inbound,
    Request,
    Unreadable,
)

FOLDER = Path(__file__).parent / "fixtures"
EVENT = "01a20000-0000-7000-8000-000000000002"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def mail(name: str) -> bytes:
    return FOLDER.joinpath(f"{name}.eml").read_bytes()


def pulled(raw: bytes) -> Request:
    return Request(method=PULLED, headers={}, query={}, body=raw)


def become(raw: bytes, **changes: Any) -> list[Came]:
    account = fake.account()
    account = structs.replace(account, settings=structs.replace(account.settings, **changes))
    found = parse(pulled(raw), account)
    assert not isinstance(found, Unreadable)
    return found


def messages(raw: bytes, **changes: Any) -> list[Inbound]:
    found = become(raw, **changes)
    assert all(isinstance(one, Inbound) for one in found)
    return [one for one in found if isinstance(one, Inbound)]


def letter(body: str = "Hello", **fields: str) -> bytes:
    """A plain mail; a field named with `_` for `-`."""
    head = {"from": "lin.xia@gmail.example", "message-id": "<m1@gmail.example>", "subject": "Re: tea"}
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return "\r\n".join([*lines, "", body]).encode()


# What she has written


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gmail_zh", "好的，我要两罐。\n\n地址还是上次那个。"),
        ("gmail_en", "Two tins, please."),
        ("gmail_en_text", "Two tins, please."),
        ("outlook_zh", "我要两罐。\n\n赵磊"),
        ("outlook_en", "Two tins please."),
        ("outlook_web", "好的，我要两罐。"),
        ("qq", "好的，要两罐。\n谢谢！"),
        ("qq_card", "好的，我要两罐。"),
        ("netease_163", "请发顺丰。"),
        ("netease_163_en", "Please send by SF."),
        ("netease_master", "请尽快发货"),
        ("foxmail", "要两罐，开发票。"),
        ("iphone_zh", "好的，两罐。"),
        ("apple_en", "Two, thanks."),
        ("bottom_reply", "I take two tins of it, and would like them to be sent before Friday."),
        ("bottom_reply_html", "I take two tins."),
    ],
)
def test_of_a_reply_only_the_new_words_are_shown(name: str, text: str) -> None:
    (found,) = messages(mail(name))
    assert (found.kind, found.text, found.original_kind) == ("text", text, "mail")
    assert is_own(fake.account(), found.quote_id, found.external_id)


def test_answers_between_the_lines_keep_those_lines() -> None:
    (found,) = messages(mail("inline_answers"))
    assert [line for line in found.text.split("\n") if line][1:] == [
        "> 要几罐？",
        "Two.",
        "> 寄到哪里？",
        "To Berlin.",
    ]


def test_raw_bytes_of_the_larger_chinese_charset_are_read() -> None:
    (found,) = messages(mail("gb18030"))
    assert found.text == "茶叶受潮了\n\n收到的龍井受潮了，朱镕先生也说不行。𠀀"
    assert found.person is not None
    assert found.person.name == "李雷"


def test_words_come_first_then_pictures_and_files_in_their_order_and_quoted_pictures_not_at_all() -> None:
    text, *files = messages(mail("inline_images"))
    assert text.text == "罐子破了，看图：\n[正面.png]\n还有底部：[bottom.png]"
    shown = [(one.original_kind, one.file.name, one.file.media_type) for one in files if one.file]
    assert shown == [
        ("inline", "正面.png", "image/png"),
        ("inline", "bottom.png", "image/png"),
        ("attachment", "发票单.pdf", "application/pdf"),
    ]
    assert len({one.dedup_key for one in [text, *files]}) == 4
    assert [one.message_id for one in [text, *files]] == ["<tencent_img@qq.example>", "", "", ""]


def test_forwarded_mails_and_outlooks_parcels_are_files() -> None:
    _, forwarded = messages(mail("nested_forward"))
    _, parcel = messages(mail("tnef"))
    assert forwarded.file is not None
    assert parcel.file is not None
    assert (forwarded.file.name, forwarded.file.media_type) == ("订单 88.eml", "message/rfc822")
    assert b"Inner words." in (forwarded.file.data or b"")
    assert (parcel.file.name, parcel.file.data) == ("winmail.dat", bytes.fromhex("789f3e2201"))


def test_what_is_sent_on_is_shown_whole() -> None:
    body = "Please look.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Bob\r\nSubject: x\r\n\r\nHi"
    (found,) = messages(letter(body, subject="Fwd: x"))
    assert found.text.endswith(
        "Please look.\n\n---------- Forwarded message ---------\nFrom: Bob\nSubject: x\n\nHi"
    )


def test_what_a_reply_to_somebody_elses_mail_quotes_comes_as_a_file() -> None:
    body = "Where is it?\r\n\r\nOn Monday, Shop <a@b.example> wrote:\r\n> Order 88\r\n-- \r\nBob"
    text, original = messages(letter(body))
    assert text.text == "Where is it?"
    assert original.file is not None
    assert b"> Order 88" in (original.file.data or b"")
    assert (original.kind, original.original_kind, original.message_id) == ("file", "original", "")
    ours = own_id(fake.account(), EVENT, "lin.xia@gmail.example")
    assert len(messages(letter(body, in_reply_to=ours))) == 1
    assert len(messages(letter("Where is it?\r\n-- \r\nBob"))) == 1


# Who it is


def test_a_stranger_who_answers_our_mail_to_somebody_else_is_herself() -> None:
    (found,) = messages(mail("hijack"))
    assert (found.external_id, found.quote_id) == ("mallory@evil.example", "")
    assert own_id(fake.account(), EVENT, "lin.xia@gmail.example") in read_ticket(found.ticket).references


def test_a_forged_sender_is_said_to_be_one_and_her_answers_go_to_the_address_she_claims() -> None:
    (found,) = messages(mail("spoofed"))
    assert "未通过验证" in found.text
    assert "[Reply-To: lin.xia@evil.example]" in found.text
    assert read_ticket(found.ticket).reply_to == ""
    (unjudged,) = messages(mail("spoofed"), server_name="")
    assert "未通过验证" not in unjudged.text


@pytest.mark.parametrize(
    ("verdicts", "vouched"),
    [
        ("mx.kezhan.example; dmarc=pass header.from=gmail.example", True),
        ("mx.kezhan.example; dmarc=fail header.from=gmail.example", False),
        ("mx.kezhan.example; dmarc=none", False),
        ("mx.kezhan.example; spf=pass smtp.mailfrom=gmail.example", False),
        ("mx.evil.example; dmarc=pass header.from=gmail.example", False),
        ("mx.kezhan.example; dmarc=pass header.from=evil.example", False),
    ],
)
def test_a_sender_is_herself_only_where_our_own_server_says_so(verdicts: str, vouched: bool) -> None:
    raw = letter(authentication_results=verdicts)
    assert [one.person and one.person.vouched for one in messages(raw)] == [vouched]
    assert [one.person and one.person.vouched for one in messages(raw, server_name="")] == [False]


@pytest.mark.parametrize(
    ("verdicts", "to", "believed"),
    [
        ("mx.kezhan.example; dmarc=pass header.from=gmail.example", "x@other.example", "x@other.example"),
        ("mx.kezhan.example 1; dkim=pass header.d=gmail.example", "x@other.example", "x@other.example"),
        ("mx.kezhan.example; dkim=pass header.d=evil.example", "x@other.example", ""),
        ("mx.kezhan.example; spf=pass smtp.mailfrom=gmail.example", "x@other.example", ""),
        ("mx.evil.example; dmarc=pass header.from=gmail.example", "x@other.example", ""),
        ("mx.kezhan.example; dmarc=pass header.from=evil.example", "x@other.example", ""),
        ("mx.kezhan.example; dmarc=none", "team@gmail.example", "team@gmail.example"),
        ("mx.kezhan.example; none", "a@x.example, b@x.example", ""),
    ],
)
def test_answers_go_elsewhere_only_where_the_senders_domain_vouches(
    verdicts: str, to: str, believed: str
) -> None:
    (found,) = messages(letter(authentication_results=verdicts, reply_to=to))
    assert read_ticket(found.ticket).reply_to == believed


@pytest.mark.parametrize(
    ("sender", "external_id", "name"),
    [
        ("Lin Xia <Lin.Xia@Gmail.Example>", "lin.xia@gmail.example", "Lin Xia"),
        ("lin@x.example", "lin@x.example", ""),
        ('"Xia, Lin" <lin@x.example>', "lin@x.example", "Xia, Lin"),
        ("Xia, Lin <lin@x.example>", "lin@x.example", "Lin"),
        ("support@kezhan.example <lin@x.example>", "lin@x.example", ""),
        ("=?gb2312?B?wdbPxA==?= <lin@x.example>", "lin@x.example", "林夏"),
        ("=?utf-8?B?5p6X5aSP?= =?utf-8?Q?_?= <lin@x.example>", "lin@x.example", "林夏"),
        ("=?utf-8?B?5p6X5Q==?= =?utf-8?B?pI8=?= <lin@x.example>", "lin@x.example", "林夏"),
    ],
)
def test_the_customer_is_who_the_mail_is_from(sender: str, external_id: str, name: str) -> None:
    (found,) = messages(letter(**{"from": sender}))
    assert found.person is not None
    assert (found.external_id, found.person.email, found.person.name) == (external_id, external_id, name)


def test_a_mail_from_nobody_is_kept_unread() -> None:
    for sender in ("", "undisclosed", "<>"):
        assert isinstance(parse(pulled(letter(**{"from": sender})), fake.account()), Unreadable)


# Keys, the ticket, odd mails


def test_copies_of_a_mail_share_a_key_and_others_with_its_id_do_not() -> None:
    one = letter(date="Sun, 22 Nov 2026 16:30:00 +0800")
    assert key_of(one) == key_of(b"Received: by mx\r\n" + one)
    assert key_of(one) != key_of(letter(date="Sun, 22 Nov 2026 16:31:00 +0800"))
    assert key_of(letter(message_id="")) != key_of(letter("Bye", message_id=""))
    assert all(0 < len(key_of(mail(name))) <= 100 for name in NAMES)
    assert len(key_of(letter(message_id=f"<{'x' * 300}@y>"))) == 64


def test_a_ticket_keeps_the_first_and_the_newest_of_a_long_thread() -> None:
    thread = [f"<{number:03}{'x' * 200}@x.example>" for number in range(60)]
    (found,) = messages(letter(references=" ".join(thread)))
    kept = read_ticket(found.ticket)
    assert len(found.ticket) <= 4000
    assert kept.references[0] == thread[0]
    assert (kept.message_id, kept.subject) == ("<m1@gmail.example>", "Re: tea")


@pytest.mark.parametrize("text", ["", "x", "[]", '{"references": 5}'])
def test_a_ticket_that_cannot_be_read_is_an_empty_one(text: str) -> None:
    assert read_ticket(text).message_id == ""


def test_a_mail_without_words_or_files_is_shown_as_such() -> None:
    (found,) = messages(letter("", subject=""))
    assert (found.kind, found.original_kind) == ("unsupported", "empty")
    (titled,) = messages(letter("", subject="Re: call me"))
    assert (titled.kind, titled.text) == ("text", "Re: call me")


def test_of_a_mail_too_large_to_fetch_the_subject_is_shown() -> None:
    (found,) = messages(TOO_LARGE + b"41943040\r\n" + letter("", subject="Video"))
    assert (found.kind, found.text, found.original_kind) == ("unsupported", "Video (40 MB)", "too_large")


def test_parts_without_end_and_nesting_without_bottom_are_bounded() -> None:
    many = letter("--b\r\n\r\nx\r\n" * 5000, content_type="multipart/mixed; boundary=b")
    assert messages(many)[0].text.count("x") <= PARTS + 1
    deep = "x"
    for number in range(400):
        deep = (
            f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n{deep}\r\n--b{number}--"
        )
    found = messages(letter(subject="deep").split(b"\r\n\r\n")[0] + b"\r\n" + deep.encode())
    assert (found[0].text, found[0].external_id) == ("deep", "lin.xia@gmail.example")


def test_more_files_than_are_taken_are_told() -> None:
    part = "--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    found = messages(letter(part * 60, content_type="multipart/mixed; boundary=b"))
    assert found[0].text == "[+10 个附件未收取 · files left out]\nRe: tea"
    assert len(found) == 51


@settings(max_examples=300, deadline=None)
@given(data=some.data())
def test_broken_mails_raise_nothing(data: some.DataObject) -> None:
    raw = mail(data.draw(some.sampled_from(NAMES)))
    for _ in range(data.draw(some.integers(1, 4))):
        at = data.draw(some.integers(0, len(raw)))
        to = data.draw(some.integers(at, min(len(raw), at + 200)))
        raw = raw[:at] + data.draw(some.binary(max_size=30)) + raw[to:]
    found = parse(pulled(raw), fake.account())
    again = parse(pulled(raw), fake.account())
    assert found == again
    if isinstance(found, Unreadable):
        return
    for one in found:
        assert len(getattr(one, "ticket", "")) <= 4000
        assert 0 < len(getattr(one, "external_id", "")) <= 200
        msgspec.json.encode(one)


def test_another_account_does_not_take_our_ids_for_its_own() -> None:
    ours = fake.account()
    other = Account(
        id=ours.workspace_id,
        workspace_id=ours.id,
        settings=ours.settings,
        secrets=type(ours.secrets)(password="x"),
    )
    assert not is_own(other, own_id(ours, EVENT, "a@b.example"), "a@b.example")
    assert not is_own(ours, own_id(ours, EVENT, "a@b.example"), "c@b.example")
    assert own_id(ours, EVENT, "A@b.example") == own_id(ours, EVENT, "a@b.example")


@pytest.mark.parametrize(
    ("fields", "settings", "kept"),
    [
        ({}, {}, ["boss@gmail.example"]),
        ({"auto_submitted": "auto-replied"}, {}, []),
        ({"list_id": "<tea.lists.example>"}, {}, []),
        (
            {"authentication_results": "mx.kezhan.example; dmarc=pass header.from=gmail.example"},
            {"server_name": "mx.kezhan.example"},
            ["boss@gmail.example", "thief@evil.example"],
        ),
    ],
)
def test_who_else_got_a_mail_is_shown_and_gets_replies_only_where_nobody_can_have_forged_it(
    fields: dict[str, str], settings: dict[str, Any], kept: list[str]
) -> None:
    others = {"to": "support@kezhan.example, Boss <boss@gmail.example>", "cc": "thief@evil.example"}
    (found,) = messages(letter(**others, **fields), **settings)
    assert "also to: boss@gmail.example, thief@evil.example]" in found.text
    assert found.external_id == "lin.xia@gmail.example"
    assert read_ticket(found.ticket).copies == kept
    account = fake.account()
    assert others_of(account, found.ticket) == kept
    silent = structs.replace(account, settings=structs.replace(account.settings, reply_all=False))
    assert others_of(silent, found.ticket) == []


@pytest.mark.parametrize(
    "address", ["owner-tea@x.example", "tea-bounces@x.example", "tea@lists.x.example", "noreply@x.example"]
)
def test_a_list_or_a_machine_is_nobody_to_copy_a_reply_to(address: str) -> None:
    others = {"to": f"support@kezhan.example, {address.replace('x.example', 'gmail.example')}"}
    (found,) = messages(letter(**others))
    assert read_ticket(found.ticket).copies == []
