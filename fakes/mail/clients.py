"""Answers to a mail of ours as six clients write them: with all of ours quoted below, and the writer's
signature."""

import email.policy
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from secrets import token_hex
from typing import NamedTuple

_WEEK = "一二三四五六日"


class Writer(NamedTuple):
    """Who answers; a signature of several lines, or none."""

    name: str
    address: str
    signature: str = ""


class Ours(NamedTuple):
    """The mail that is answered, and when it had come."""

    message_id: str
    references: str
    subject: str
    sender: str
    text: str
    html: str
    at: datetime


def read_ours(raw: bytes, at: datetime) -> Ours:
    mail = BytesParser(policy=email.policy.default).parsebytes(raw)
    bodies = (mail.get_body((kind,)) for kind in ("plain", "html"))
    text, html = (_content(body) if isinstance(body, EmailMessage) else "" for body in bodies)
    fields = (str(mail[name] or "") for name in ("Message-ID", "References", "Subject", "From"))
    message_id, references, subject, sender = fields
    return Ours(message_id, references, subject, sender, text, html or _lines(text), at)


def first(by: Writer, subject: str, text: str) -> bytes:
    """What she writes before there is anything to answer."""
    return _mail(by, f"<{_mark(24)}@mail.example>", {"Subject": subject}, "utf-8", text, "")


def gmail(ours: Ours, by: Writer, words: str) -> bytes:
    above = f"{_plain_sender(ours)} 于{_day(ours)}周{_WEEK[ours.at.weekday()]} {ours.at:%H:%M}写道："
    text = f"{words}\n\n-- \n{by.signature}\n\n\n{above}\n\n{_marked(ours.text)}\n"
    link = f'&lt;<a href="mailto:{_address(ours)}">{_address(ours)}</a>&gt;'
    html = (
        f'<div dir="ltr">{_lines(words)}<div><br clear="all"></div><div><br></div>'
        '<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" '
        f'data-smartmail="gmail_signature"><div dir="ltr">{_lines(by.signature)}</div></div></div><br>'
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{_name(ours)} {link} 于{_day(ours)}周{_WEEK[ours.at.weekday()]} {ours.at:%H:%M}写道：<br></div>"
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
        f'rgb(204,204,204);padding-left:1ex">{ours.html.replace("kz-mail", "gmail-kz-mail")}'
        "</blockquote></div>"
    )
    return _reply(ours, by, "Re: ", f"<CAF7x1+{_mark(24)}@mail.gmail.example>", "utf-8", text, html)


def outlook(ours: Ours, by: Writer, words: str) -> bytes:
    """The one of Microsoft 365, in Chinese."""
    told = (
        f"发件人: {_plain_sender(ours)}\n发送时间: {_day(ours)} {ours.at:%H:%M}\n"
        f"收件人: {by.name} <{by.address}>\n主题: {ours.subject}"
    )
    text = f"{words}\n\n{by.signature}\n________________________________\n{told}\n\n{ours.text}\n"
    bold = "<br>\n".join(f"<b>{line.replace(': ', ':</b>&nbsp;', 1)}" for line in _escaped(told).split("\n"))
    font = "font-family: DengXian, Calibri, sans-serif; font-size: 11pt; color: rgb(0, 0, 0);"
    html = (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=gb2312">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n</head>\n'
        f'<body dir="ltr">\n<div class="elementToProof" style="{font}">\n{_lines(words)}</div>\n'
        f'<div class="elementToProof" style="{font}">\n<br>\n</div>\n'
        f'<div id="Signature" class="elementToProof" style="color: inherit;">\n<div style="{font}">'
        f"{_lines(by.signature)}</div>\n</div>\n"
        '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" '
        f'color="#000000">{bold}</font>\n<div>&nbsp;</div>\n</div>\n'
        f'<div class="BodyFragment">{ours.html}</div>\n</body>\n</html>'
    )
    name = f"<SEZPR06MB5505{_mark(38)}@SEZPR06MB5505.apcprd06.prod.outlook.example>"
    return _reply(ours, by, "回复: ", name, "gb18030", text, html)


def qq(ours: Ours, by: Writer, words: str) -> bytes:
    """QQ Mail on the web, with its card for a signature."""
    told = (
        f'发件人:                                                                    "{_name(ours)}"  '
        f"<{_address(ours)}>;\n发送时间: {_day(ours)}(星期{_WEEK[ours.at.weekday()]}) {ours.at:%H:%M}\n"
        f'收件人: "{by.name}"<{by.address}>;\n'
        f"主题: {ours.subject}"
    )
    rule = f"{'-' * 18}&nbsp;原始邮件&nbsp;{'-' * 18}"
    text = f"{words}\n\n\n\n\n{by.name}\n{by.address}\n\n\n\n&nbsp;\n\n\n\n{rule}\n{told}\n\n\n\n{ours.text}"
    card = (
        '<div><hr align="left" style="margin: 0 0 10px 0;border: 0;border-bottom:1px solid #E4E5E6;height:0;'
        'line-height:0;font-size:0;padding: 20px 0 0 0;width: 50px;"><div style="font-size:14px;'
        'font-family:Verdana;color:#000;"><a class="xm_write_card" id="in_alias" style="white-space: normal; '
        'display: inline-block; text-decoration: none !important;" href="https://wx.mail.example/home/index'
        '?t=readmail_businesscard_midpage&amp;nocheck=true" target="_blank"><table style="white-space: '
        'normal;table-layout: fixed; padding-right: 20px;" contenteditable="false" cellpadding="0" '
        'cellspacing="0"><tbody><tr valign="top"><td style="padding: 10px 0 8px 10px;">'
        f'<div class="businessCard_name">{by.name}</div>'
        f'<div class="businessCard_mail">{by.address}</div></td>'
        "</tr></tbody></table></a></div></div>"
    )
    bold = "".join(f"<div><b>{line.replace(':', ':</b>', 1)}</div>" for line in _escaped(told).split("\n"))
    html = (
        f'<div style="min-height:22px;margin-bottom:8px;">{_lines(words)}</div><div style="min-height:22px;'
        f'margin-bottom:8px;"><br></div><div id="original-content">{card}<div style="min-height:22px;'
        'margin-bottom:8px;">&nbsp;</div><div style="position: relative;"><div style="font-size: 12px;'
        f'font-family: Arial Narrow;padding:2px 0 2px 0;">{rule}</div><div style="font-size: 12px;'
        f'background:#efefef;padding:8px;">{bold}</div><div><br></div>{ours.html}</div></div>'
    )
    name = f"<tencent_{_mark(36)}@qq.example>"
    return _reply(ours, by, "回复：", name, "gb18030", text, html, agent="QQMail 2.x")


def netease(ours: Ours, by: Writer, words: str) -> bytes:
    """163 on the web: of what it quotes in its text nothing is marked."""
    above = f'在 {ours.at:%Y-%m-%d %H:%M:%S}，"{_name(ours)}" <{_address(ours)}> 写道：'
    text = f"{words}\n\n\n\n\n\n--\n\n{by.signature}\n\n\n\n\n{above}\n\n{ours.text}\n"
    html = (
        '<div style="line-height:1.7;color:#000000;font-size:14px;font-family:Arial"><div style="margin:0;">'
        f'{_lines(words)}</div><p style="margin:0;"><br></p><p style="margin:0;"><br></p>'
        '<div style="position:'
        f'relative;zoom:1">--<br><div>{_lines(by.signature)}</div><div style="clear:both"></div></div>'
        '<div id="divNeteaseMailCard"></div><p style="margin: 0;"><br></p><pre>'
        f'{_escaped(above)}</pre><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px '
        f'0px 0.8ex; BORDER-LEFT: #ccc 1px solid">{ours.html}</blockquote></div>'
    )
    name = f"<{_mark(8)}.5d2e.18c1f0a1b2c.Coremail.{by.address.partition('@')[0]}@163.example>"
    agent = "Coremail Webmail Server Version XT5.0.14"
    return _reply(ours, by, "回复:", name, "gb18030", text, html, agent=agent)


def foxmail(ours: Ours, by: Writer, words: str) -> bytes:
    told = (
        f"发件人： {_name(ours)}\n发送时间： {ours.at:%Y-%m-%d %H:%M}\n"
        f"收件人： {by.name}\n主题： {ours.subject}"
    )
    text = f"{words}\n\n\n\n{by.signature}\n \n{told}\n{ours.text}\n"
    bold = "".join(
        f"<div><b>{line.replace('： ', '：</b>&nbsp;', 1)}</div>" for line in _escaped(told).split("\n")
    )
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=GB2312"><style>body { '
        "line-height: 1.5; }blockquote { margin-top: 0px; margin-bottom: 0px; margin-left: 0.5em; }</style>"
        f"</head><body>\n<div><span></span>{_lines(words)}</div>\n<div><br></div>"
        '<hr style="width: 210px; height: '
        '1px;" color="#b5c4df" size="1" align="left">\n<div><span><div style="MARGIN: 10px; FONT-FAMILY: '
        f'verdana; FONT-SIZE: 10pt"><div>{_lines(by.signature)}</div></div></span></div>\n<blockquote '
        'style="margin-Top: 0px; margin-Bottom: 0px; margin-Left: 0.5em; margin-Right: inherit"><div>&nbsp;'
        '</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><div style="'
        "PADDING-RIGHT: 8px; PADDING-LEFT: 8px; FONT-SIZE: 12px;FONT-FAMILY:tahoma;COLOR:#000000; "
        f'BACKGROUND: #efefef; PADDING-BOTTOM: 8px; PADDING-TOP: 8px">{bold}</div></div>'
        f'<div><div class="FoxDiv2026">{ours.html}</div></div></blockquote>\n</body></html>'
    )
    name = f"<{ours.at:%Y%m%d%H%M}{_mark(8)}@mail.example>"
    return _reply(ours, by, "回复: ", name, "gb18030", text, html, agent="Foxmail 7.2.25.331[cn]")


def iphone(ours: Ours, by: Writer, words: str, picture: bytes = b"") -> bytes:
    """With a photograph between her words and the quote, where there is one."""
    above = f"在 {_day(ours)}，{ours.at:%H:%M}，{_plain_sender(ours)} 写道："
    photograph = '<div dir="ltr"><img src="cid:7D3E2A10-0001" alt="IMG_0421.PNG"></div>' if picture else ""
    quoted = _marked(f"{above}\n\n{ours.text}")
    text = f"{words}\n\n\n发自我的iPhone\n\n{quoted}\n"
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body '
        f'dir="auto"><div dir="ltr"></div><div dir="ltr">{_lines(words)}</div><div dir="ltr"><br></div>'
        f"{photograph}"
        '<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">发自我的iPhone</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{_escaped(above)}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">\ufeff{ours.html}</div></blockquote></body></html>'
    )
    made = BytesParser(policy=email.policy.SMTP).parsebytes(
        _reply(
            ours,
            by,
            "Re: ",
            f"<{_mark(8)}-5F60@icloud.example>",
            "utf-8",
            text,
            html,
            agent="iPhone Mail (22B91)",
        )
    )
    shown = made.get_body(("html",))
    if picture and isinstance(shown, EmailMessage):
        shown.add_related(picture, "image", "png", cid="<7D3E2A10-0001>", filename="IMG_0421.PNG")
    return made.as_bytes()


def _reply(
    ours: Ours, by: Writer, again: str, name: str, charset: str, text: str, html: str, *, agent: str = ""
) -> bytes:
    fields = {
        "Subject": again + ours.subject.removeprefix("Re: "),
        "In-Reply-To": ours.message_id,
        "References": f"{ours.references}\r\n {ours.message_id}",
    }
    return _mail(by, name, {**fields, "X-Mailer": agent} if agent else fields, charset, text, html)


def _mail(by: Writer, name: str, fields: dict[str, str], charset: str, text: str, html: str) -> bytes:
    """Written by hand, so that nothing of it is made nicer."""
    head = {
        "From": f"{_encoded(by.name, charset)} <{by.address}>",
        "To": "support@kezhan.example",
        **fields,
        "Subject": _encoded(fields["Subject"], charset) if fields["Subject"] else "",
        "Date": format_datetime(datetime.now().astimezone()),
        "Message-ID": name,
        "MIME-Version": "1.0",
    }
    lines = [f"{field}: {value}" for field, value in head.items()]
    plain = _part("plain", text, charset)
    if not html:
        return "\r\n".join([*lines, *plain]).encode()
    mark = "----=_NextPart_6A21B3C4"
    both = [f"--{mark}", *plain, f"--{mark}", *_part("html", html, charset), f"--{mark}--", ""]
    kind = f'Content-Type: multipart/alternative; boundary="{mark}"'
    return "\r\n".join([*lines, kind, "", *both]).encode()


def _part(kind: str, text: str, charset: str) -> list[str]:
    packed = b64encode(text.replace("\n", "\r\n").encode(charset)).decode()
    rows = [packed[at : at + 76] for at in range(0, len(packed), 76)]
    head = f'Content-Type: text/{kind}; charset="{charset}"'
    return [head, "Content-Transfer-Encoding: base64", "", *rows, ""]


def _encoded(text: str, charset: str) -> str:
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode()}?="


def _content(body: EmailMessage) -> str:
    return str(body.get_content()).replace("\r\n", "\n").strip()


def _name(ours: Ours) -> str:
    return ours.sender.partition("<")[0].strip(' "')


def _address(ours: Ours) -> str:
    return ours.sender.partition("<")[2].strip(">")


def _plain_sender(ours: Ours) -> str:
    return f"{_name(ours)} <{_address(ours)}>"


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _lines(text: str) -> str:
    return "".join(f"<div>{line or '<br>'}</div>" for line in _escaped(text).split("\n"))


def _day(ours: Ours) -> str:
    return f"{ours.at.year}年{ours.at.month}月{ours.at.day}日"


def _mark(size: int) -> str:
    return token_hex(size)[:size].upper()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


Client = Callable[[Ours, Writer, str], bytes]
CLIENTS: dict[str, Client] = {
    "Gmail": gmail,
    "Outlook": outlook,
    "QQ 邮箱": qq,
    "163 邮箱": netease,
    "Foxmail": foxmail,
    "iPhone": iphone,
}
