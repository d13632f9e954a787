"""The small readers: charsets, encoded words, HTML as text, quotes in text."""

import time

import pytest

from kezhan.channels.adapters.email.charsets import decoded
from kezhan.channels.adapters.email.headers import moment, read_fields, unpacked, value, words
from kezhan.channels.adapters.email.html import CUT, SIGNED, SIGNED_END, to_text
from kezhan.channels.adapters.email.mime import read
from kezhan.channels.adapters.email.quotes import own_words
from kezhan.channels.adapters.email.thread import plain_subject


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("龍".encode("gb18030"), "gb2312", "龍"),
        ("한국".encode("cp949"), "ks_c_5601-1987", "한국"),
        ("日本".encode("iso-2022-jp"), "ISO-2022-JP", "日本"),
        ("茶葉".encode("big5"), "big5", "茶葉"),
        ("“x”".encode("cp1252"), "iso-8859-1", "“x”"),
        ("茶叶".encode(), "us-ascii", "茶叶"),
        ("茶叶很好，谢谢".encode("gb18030"), "", "茶叶很好，谢谢"),
        ("茶叶".encode(), "no-such-charset", "茶叶"),
        ("茶叶".encode(), "hex", "茶叶"),
        (b"caf\\u0041", "unicode_escape", "caf\\u0041"),
        ("茶".encode()[:2], "utf-8", "�"),
        (b"\xef\xbb\xbfx", "utf-8", "x"),
        ("茶叶很好".encode("gb18030"), "utf-8", "茶叶很好"),
    ],
)
def test_bytes_are_read_by_what_they_are(data: bytes, charset: str, text: str) -> None:
    assert decoded(data, charset) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?Caf=C3=A9_x?= y", "Café x y"),
        ("=?gb2312?B?sujS?= =?gb2312?B?trrDwvA=?=", "茶叶好吗"),
        ("=?utf-8?B?6Iy2?= =?utf-8?B?5Y+2?=", "茶叶"),
        ("=?utf-8?B?6Iw=?= =?utf-8?B?tg==?=", "茶"),
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?bad", "=?bad"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?utf-8*zh?B?6Iy2?=", "茶"),
    ],
)
def test_encoded_words_are_read(value: str, text: str) -> None:
    assert words(value) == text


def test_raw_bytes_in_a_header_are_read() -> None:
    fields = read_fields("Subject: 茶叶\r\nX: y\r\n\r\n".encode("gb18030"))
    assert value(fields, "SUBJECT") == "茶叶"


@pytest.mark.parametrize("raw", [b"aGk=", b"aGk", b"a Gk=\r\n", b"aGk=!"])
def test_base64_is_read_as_far_as_it_goes(raw: bytes) -> None:
    assert unpacked(raw) == b"hi"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Mon, 99 Nov 2026 25:00:00", "Sun, 22 Nov 99999 16:30:00 +0800"]
)
def test_dates_nobody_can_read_are_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b", "a\n\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a &lt;b&gt; &amp;&nbsp;c", "a <b> & c"),
        ("<style>p{}</style><script>alert('<p>')</script>x", "x"),
        ("<a href='https://x.example/y'>here</a>", "here (https://x.example/y)"),
        ("<a href='https://x.example/'>x.example</a>", "x.example"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<img src='https://track.example/1.gif'>x", "x"),
        ("<a title='1 > 0' href='https://x.example'>y</a>", "y (https://x.example)"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a < b and c > d", "a < b and c > d"),
        ("a <b", "a <b"),
        ("a<!-- <p>no</p> -->b", "ab"),
        ("<blockquote type=cite>q<div>r</div></blockquote>s", "> q\n> r\ns"),
        ("<div class='gmail_quote'><div>q</div></div><div>s</div>", "> q\ns"),
        ("x<!-- originalMessage -->y", f"x\n{CUT}\ny"),
        ("x<div id=appendonsend></div>y", f"x\n{CUT}\ny"),
        (f"x{CUT}y", "xy"),
        ("x<div id=Signature>Bob<div>IT</div></div>y", f"x\n{SIGNED}\nBob\nIT\n{SIGNED_END}\ny"),
        ("x<div id=Signature>Bob<div class=gmail_quote>q</div>", f"x\n{SIGNED}\nBob\n{SIGNED_END}\n> q"),
        ("x<div xmail-signature>Bob", f"x\n{SIGNED}\nBob\n{SIGNED_END}"),
        ("<div class=gmail_quote>q<div id=Signature>Bob</div></div>y", "> q\n> Bob\ny"),
    ],
)
def test_html_becomes_lines(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "above",
    [
        "On Wed, May 1, 2024 at 10:00 AM Shop <a@b.example> wrote:",
        "On Wed, May 1, 2024 at 10:00 AM Shop\n<a@b.example> wrote:",
        "张三 <a@b.example> 于2024年5月1日周三 10:00写道：",
        "张三 <a@b.example>\n于2024年5月1日周三 10:00写道：",
        '在 2024-05-01 10:00:00，"客服" <a@b.example> 写道：',
        'At 2024-05-01 10:00:00, "客服" <a@b.example> wrote:',
        "在 2024年5月1日，10:00，客服 <a@b.example> 写道：",
        "------------------ 原始邮件 ------------------",
        "------------------ Original ------------------",
        "------------------&nbsp;原始邮件&nbsp;------------------",
        "-----Original Message-----",
        "---- 回复的原邮件 ----",
        "---------- Forwarded message ---------",
        "发件人: 客服 <a@b.example>\n发送时间: 2024年5月1日 10:00\n收件人: 张三",
        "发件人： 客服\n发送时间： 2024-05-01\n主题： 茶",
        "*发件人:* 客服\n*日期:* 2024-05-01",
        "From: Shop <a@b.example>\nSent: Wednesday\nTo: Mary",
        "________________________________\nFrom: Shop\nSent: Wednesday",
        "Am 01.05.24 um 10:00 schrieb Shop:",
        "Le mer. 1 mai 2024 à 10:00, Shop <a@b.example> a écrit :",
    ],
)
@pytest.mark.parametrize("mark", ["", "> "])
def test_what_stands_above_a_quote_is_known_in_every_clients_words(above: str, mark: str) -> None:
    assert (
        own_words(f"我要两罐。\n谢谢！\n\n{above}\n\n{mark}您好，\n{mark}龙井有货。\n")
        == "我要两罐。\n谢谢！"
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hi\n-- \nBob\n+49 30", "Hi"),
        ("Hi\n\n发自我的iPhone", "Hi"),
        ("Hi\n\nSent from my iPhone", "Hi"),
        ("Hi\n\n发自我的小米手机\n", "Hi"),
        ("Hi\nGet Outlook for Android", "Hi"),
        ("Hi\n\n&nbsp;\n", "Hi"),
        (f"Hi\n{SIGNED}\nBob\n{SIGNED_END}", "Hi"),
        (f"Hi\n{SIGNED}\nBob\n{SIGNED_END}\nThere", "Hi\nThere"),
        (f"{SIGNED}\nBob\n{SIGNED_END}", "Bob"),
        ("-- \nBob", "--\nBob"),
        ("发自我的iPhone", "发自我的iPhone"),
        ("> only quoted", "> only quoted"),
        ("On Monday he wrote: come!", "On Monday he wrote: come!"),
        ("From: here\nto there", "From: here\nto there"),
        ("请在 2024年5月1日 前写道：谢谢", "请在 2024年5月1日 前写道：谢谢"),
        ("> quoted\n\nanswer", "answer"),
        ("I ask:\n> which?\nThis one.", "I ask:\n\n> which?\n\nThis one."),
        ("", ""),
    ],
)
def test_signatures_go_and_her_own_words_stay(text: str, kept: str) -> None:
    assert own_words(text) == kept


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Re: tea", "tea"),
        ("RE: 回复：答复: Fwd: tea", "tea"),
        ("Re[2]: tea", "tea"),
        ("转发：茶", "茶"),
        ("Rebate", "Rebate"),
        ("Re:", ""),
    ],
)
def test_a_subject_is_told_from_what_stands_before_it(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


def test_lines_broken_on_the_way_are_put_together() -> None:
    raw = b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\none \r\ntwo\r\n"
    raw += b"-- \r\nBob\r\n> a \r\n> b\r\n"
    assert read(raw).plain == "onetwo\n-- \nBob\n> a \n> b"


def test_some_write_words_between_pictures() -> None:
    part = "--b\r\nContent-Type: {}\r\n\r\n{}\r\n"
    pieces = [("text/plain", "one"), ("image/png", "x"), ("text/plain", "two")]
    body = "".join(part.format(*piece) for piece in pieces)
    found = read(f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}--b--".encode())
    assert (found.plain, [file.number for file in found.files]) == ("one\ntwo", ["2"])


@pytest.mark.parametrize(
    "html",
    [
        "<a" * 200_000,
        "<!--" * 100_000,
        '<a b="' * 60_000 + ">",
        '<a b=">' * 60_000,
        "<td>x" * 80_000,
        '<a href="http://x.example"><div>' * 12_000,
        "<blockquote type=cite>a" * 17_000,
        "&" * 400_000,
    ],
)
def test_no_html_takes_long(html: str) -> None:
    began = time.process_time()
    to_text(html)
    assert time.process_time() - began < 6


@pytest.mark.parametrize(
    "line", ["a:\n", "From:\n", "> a\nb\n", "于2024年写道x：\n", "--\n", "On a wrote:\n"]
)
def test_no_text_takes_long(line: str) -> None:
    began = time.process_time()
    own_words(line * (200_000 // len(line)))
    assert time.process_time() - began < 6
