"""Six mail programs, each with its own way of putting what is answered below the answer."""

import html
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

_DAYS = "一二三四五六日"


class Quoted(NamedTuple):
    """What is answered."""

    by: str
    address: str
    to: str
    subject: str
    text: str
    at: datetime


class Written(NamedTuple):
    """The two bodies of a mail, and the charset they go in."""

    plain: str
    rich: str
    charset: str = "utf-8"


def _rich(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _day(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日"


def gmail(text: str, old: Quoted) -> Written:
    when = f"{_day(old.at)}周{_DAYS[old.at.weekday()]} {old.at:%H:%M}"
    above = f"{old.by} <{old.address}> 于{when}写道："
    linked = html.escape(f"{old.by} <{old.address}> 于{when}写道：")
    return Written(
        f"{text}\n\n{above}\n\n{_marked(old.text)}\n",
        f'<div dir="ltr">{_rich(text)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{linked}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid'
        f' rgb(204,204,204);padding-left:1ex">{_rich(old.text)}</blockquote></div>',
    )


def _headed(old: Quoted, mark: str = ":") -> list[tuple[str, str]]:
    """The lines that some programs put above what is answered."""
    return [
        (f"发件人{mark}", f"{old.by} <{old.address}>"),
        (f"发送时间{mark}", f"{_day(old.at)} {old.at:%H:%M}"),
        (f"收件人{mark}", old.to),
        (f"主题{mark}", old.subject),
    ]


def outlook(text: str, old: Quoted) -> Written:
    lines = _headed(old)
    head = "<br>".join(f"<b>{name}</b> {html.escape(value)}" for name, value in lines)
    body = "".join(f'<p class="MsoNormal">{html.escape(line)}</p>' for line in text.split("\n"))
    plain = "\n".join(f"{name} {value}" for name, value in lines)
    return Written(
        f"{text}\n\n{plain}\n\n{old.text}\n",
        f'<html><body lang="ZH-CN"><div class="WordSection1">{body}<div>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
        f'<p class="MsoNormal">{head}</p></div></div>{_rich(old.text)}</div></body></html>',
    )


def qq(text: str, old: Quoted) -> Written:
    lines = _headed(old)
    head = "".join(f"<div><b>{name}</b>&nbsp;{html.escape(value)};</div>" for name, value in lines)
    plain = "\n".join(f"{name} {value};" for name, value in lines)
    return Written(
        f"{text}\n\n\n------------------ 原始邮件 ------------------\n{plain}\n\n{old.text}\n",
        f"{_rich(text)}<div><br></div><div><br></div>"
        '<div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">'
        "------------------&nbsp;原始邮件&nbsp;------------------</div>"
        f'<div style="font-size: 12px;background:#efefef;padding:8px;">{head}</div>'
        f"<div><br></div>{_rich(old.text)}",
        "gb18030",
    )


def netease(text: str, old: Quoted) -> Written:
    above = f'在 {old.at:%Y-%m-%d %H:%M:%S}，"{old.by}" <{old.address}> 写道：'
    return Written(
        f"{text}\n\n\n\n\n\n{above}\n\n{old.text}\n",
        f'<div style="line-height:1.7;color:#000000;font-size:14px;font-family:Arial">{_rich(text)}'
        f'<br><p>{html.escape(above)}</p><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex;'
        f' MARGIN: 0px 0px 0px 0.8ex; BORDER-LEFT: #ccc 1px solid">{_rich(old.text)}</blockquote></div>',
        "gbk",
    )


def foxmail(text: str, old: Quoted) -> Written:
    lines = _headed(old, "：")
    head = "".join(f"<div><b>{name}</b>&nbsp;{html.escape(value)}</div>" for name, value in lines)
    plain = "\n".join(f"{name} {value}" for name, value in lines)
    return Written(
        f"{text}\n\n\n\n{plain}\n{old.text}\n",
        f'<html><body>{_rich(text)}<div><br></div><hr style="width: 210px; height: 1px;" color="#b5c4df"'
        ' size="1" align="left"><blockquote style="margin-Top: 0px; margin-Bottom: 0px; margin-Left: 0.5em">'
        '<div>&nbsp;</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        '<div style="PADDING-RIGHT: 8px; PADDING-LEFT: 8px; FONT-SIZE: 12px; BACKGROUND: #efefef">'
        f"{head}</div></div><div><br></div>{_rich(old.text)}</blockquote></body></html>",
        "gb18030",
    )


def iphone(text: str, old: Quoted) -> Written:
    above = f"在 {_day(old.at)}，{old.at:%H:%M}，{old.by} <{old.address}> 写道："
    return Written(
        f"{text}\n\n发自我的iPhone\n\n> {above}\n> \n{_marked(old.text)}\n",
        f'<html><body dir="auto">{_rich(text)}<br id="lineBreakAtBeginningOfSignature">'
        '<div dir="ltr">发自我的iPhone</div><div dir="ltr"><br><blockquote type="cite">'
        f"{html.escape(above)}<br><br></blockquote></div>"
        f'<blockquote type="cite"><div dir="ltr">{_rich(old.text)}</div></blockquote></body></html>',
    )


CLIENTS: dict[str, Callable[[str, Quoted], Written]] = {
    "Gmail": gmail,
    "Outlook": outlook,
    "QQ 邮箱": qq,
    "163 邮箱": netease,
    "Foxmail": foxmail,
    "iPhone": iphone,
}


def alone(client: str, text: str) -> Written:
    """A mail that answers none."""
    signed = f"{text}\n\n发自我的iPhone\n" if client == "iPhone" else f"{text}\n"
    return Written(signed, _rich(signed.rstrip("\n")))
