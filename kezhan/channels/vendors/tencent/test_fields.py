"""What a push's body becomes, however odd it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kezhan.channels.vendors.tencent.fields import lines, moment, part, place, read, word


def test_the_two_formats_say_the_same() -> None:
    xml = "<xml><MsgType><![CDATA[text]]></MsgType><MsgId>12</MsgId><Box><Lat>1.5</Lat></Box></xml>"
    found = [read(body.encode()) for body in (xml, '{"MsgType":"text","MsgId":12,"Box":{"Lat":1.5}}')]
    for fields in found:
        assert fields is not None
        assert (word(fields, "MsgType"), word(fields, "MsgId")) == ("text", "12")
        assert word(part(fields, "Box"), "Lat") == "1.5"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"<xml><Content><![CDATA[a\x08b\x00]]></Content></xml>", "ab"),
        (b"<xml><Content><![CDATA[a\xffb]]></Content></xml>", "a\ufffdb"),
        ('<?xml version="1.0" encoding="GBK"?><xml><Content>你好</Content></xml>'.encode(), "你好"),
        ("\ufeff<xml><Content>😀</Content></xml>".encode(), "😀"),
    ],
    ids=["control characters", "bad encoding", "another encoding announced", "byte order mark"],
)
def test_odd_characters_cost_no_message(body: bytes, content: str) -> None:
    found = read(body)
    assert found is not None
    assert word(found, "Content") == content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<xml>",
        b"[]",
        b"{]",
        b'"text"',
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
        b'<!DOCTYPE x SYSTEM "http://example.com/x"><xml/>',
        b'{"a":' * 5000,
    ],
)
def test_what_is_neither_is_none(body: bytes) -> None:
    assert read(body) is None


def test_a_tower_of_elements_is_cut() -> None:
    found = read(b"<xml>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</xml>")
    assert found is not None
    assert word(found, "a") == ""


@given(some.binary())
def test_any_bytes_are_read_or_not(body: bytes) -> None:
    assert read(body) is None or isinstance(read(body), dict)


def test_fields_of_another_shape_are_empty() -> None:
    fields = {"a": True, "b": None, "c": [1], "d": {"e": 1}, "f": " x "}
    assert [word(fields, name) for name in "abcdfg"] == ["", "", "", "", "x", ""]
    assert part(fields, "f") == {}


@pytest.mark.parametrize("value", ["", "-1", "soon", "9" * 11, "1.5", "١٢٣"])
def test_a_moment_that_is_none(value: str) -> None:
    assert moment({"CreateTime": value}, "CreateTime") is None


def test_moments_and_lines() -> None:
    assert moment({"CreateTime": 1795336200}, "CreateTime") == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert lines("", "a", "", "b") == "a\nb"
    assert (place("23.1", "113.3"), place("", "113.3")) == ("23.1, 113.3", "")
