"""Answers to a mail of ours as six clients write them: with all of ours quoted below, and the writer's
signature."""

import email.policy
from base64 import b64encode
from email.message import EmailMessage
from email.parser import BytesParser
from typing import NamedTuple

WRITER = "林夏"
ADDRESS = "lin.xia@mail.example"
SIGNATURE = "林夏 · 云栖茶社\n138 0013 8000"


class Ours(NamedTuple):
    """The mail that is answered."""

    message_id: str
    references: str
    subject: str
    sender: str
    text: str
    html: str


def read_ours(raw: bytes) -> Ours:
    mail = BytesParser(policy=email.policy.default).parsebytes(raw)
    bodies = (mail.get_body((kind,)) for kind in ("plain", "html"))
    text, html = (_content(body) if isinstance(body, EmailMessage) else "" for body in bodies)
    fields = (str(mail[name] or "") for name in ("Message-ID", "References", "Subject", "From"))
    message_id, references, subject, sender = fields
    return Ours(message_id, references, subject, sender, text, html)


def first(text: str) -> bytes:
    """What she writes before there is anything to answer."""
    return _mail("<first@mail.example>", {"Subject": "龙井有货吗"}, "utf-8", text, "")


def gmail(ours: Ours, words: str) -> bytes:
    above = f"{_plain_sender(ours)} 于2026年11月22日周日 16:20写道："
    text = f"{words}\n\n-- \n{SIGNATURE}\n\n\n{above}\n\n{_marked(ours.text)}\n"
    link = f'&lt;<a href="mailto:{_address(ours)}">{_address(ours)}</a>&gt;'
    html = (
        f'<div dir="ltr"><div>{words}</div><div><br clear="all"></div><div><br></div>'
        '<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" '
        f'data-smartmail="gmail_signature"><div dir="ltr">{_lines(SIGNATURE)}</div></div></div><br>'
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{_name(ours)} {link} 于2026年11月22日周日 16:20写道：<br></div>"
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
        f'rgb(204,204,204);padding-left:1ex">{ours.html.replace("kz-mail", "gmail-kz-mail")}'
        "</blockquote></div>"
    )
    return _reply(ours, "Re: ", "<CAF7x1+zh@mail.gmail.example>", "utf-8", text, html)


def outlook(ours: Ours, words: str) -> bytes:
    """The one of Microsoft 365, in Chinese."""
    told = (
        f"发件人: {_plain_sender(ours)}\n发送时间: 2026年11月22日 16:20\n"
        f"收件人: {WRITER} <{ADDRESS}>\n主题: {ours.subject}"
    )
    text = f"{words}\n\n{SIGNATURE}\n________________________________\n{told}\n\n{ours.text}\n"
    bold = "<br>\n".join(f"<b>{line.replace(': ', ':</b>&nbsp;', 1)}" for line in _escaped(told).split("\n"))
    font = "font-family: DengXian, Calibri, sans-serif; font-size: 11pt; color: rgb(0, 0, 0);"
    html = (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=gb2312">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n</head>\n'
        f'<body dir="ltr">\n<div class="elementToProof" style="{font}">\n{words}</div>\n'
        f'<div class="elementToProof" style="{font}">\n<br>\n</div>\n'
        f'<div id="Signature" class="elementToProof" style="color: inherit;">\n<div style="{font}">'
        f"{_lines(SIGNATURE)}</div>\n</div>\n"
        '<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" '
        f'color="#000000">{bold}</font>\n<div>&nbsp;</div>\n</div>\n'
        f'<div class="BodyFragment">{ours.html}</div>\n</body>\n</html>'
    )
    name = "<SEZPR06MB5505A1B2C3D4E5F60718293A4B5C6D7E8F90ABCDEF@SEZPR06MB5505.apcprd06.prod.outlook.example>"
    return _reply(ours, "回复: ", name, "gb18030", text, html)


def qq(ours: Ours, words: str) -> bytes:
    """QQ Mail on the web, with its card for a signature."""
    told = (
        f'发件人:                                                                    "{_name(ours)}"  '
        f'<{_address(ours)}>;\n发送时间: 2026年11月22日(星期天) 下午4:20\n收件人: "{WRITER}"<{ADDRESS}>;\n'
        f"主题: {ours.subject}"
    )
    rule = f"{'-' * 18}&nbsp;原始邮件&nbsp;{'-' * 18}"
    text = f"{words}\n\n\n\n\n{WRITER}\n{ADDRESS}\n\n\n\n&nbsp;\n\n\n\n{rule}\n{told}\n\n\n\n{ours.text}"
    card = (
        '<div><hr align="left" style="margin: 0 0 10px 0;border: 0;border-bottom:1px solid #E4E5E6;height:0;'
        'line-height:0;font-size:0;padding: 20px 0 0 0;width: 50px;"><div style="font-size:14px;'
        'font-family:Verdana;color:#000;"><a class="xm_write_card" id="in_alias" style="white-space: normal; '
        'display: inline-block; text-decoration: none !important;" href="https://wx.mail.example/home/index'
        '?t=readmail_businesscard_midpage&amp;nocheck=true" target="_blank"><table style="white-space: '
        'normal;table-layout: fixed; padding-right: 20px;" contenteditable="false" cellpadding="0" '
        'cellspacing="0"><tbody><tr valign="top"><td style="padding: 10px 0 8px 10px;">'
        f'<div class="businessCard_name">{WRITER}</div><div class="businessCard_mail">{ADDRESS}</div></td>'
        "</tr></tbody></table></a></div></div>"
    )
    bold = "".join(f"<div><b>{line.replace(':', ':</b>', 1)}</div>" for line in _escaped(told).split("\n"))
    html = (
        f'<div style="min-height:22px;margin-bottom:8px;">{words}</div><div style="min-height:22px;'
        f'margin-bottom:8px;"><br></div><div id="original-content">{card}<div style="min-height:22px;'
        'margin-bottom:8px;">&nbsp;</div><div style="position: relative;"><div style="font-size: 12px;'
        f'font-family: Arial Narrow;padding:2px 0 2px 0;">{rule}</div><div style="font-size: 12px;'
        f'background:#efefef;padding:8px;">{bold}</div><div><br></div>{ours.html}</div></div>'
    )
    name = "<tencent_0A1B2C3D4E5F60718293A4B5C6D7E8F90A0B@qq.example>"
    return _reply(ours, "回复：", name, "gb18030", text, html, agent="QQMail 2.x")


def netease(ours: Ours, words: str) -> bytes:
    """163 on the web: of what it quotes in its text nothing is marked."""
    above = f'在 2026-11-22 16:20:00，"{_name(ours)}" <{_address(ours)}> 写道：'
    text = f"{words}\n\n\n\n\n\n--\n\n{SIGNATURE}\n\n\n\n\n{above}\n\n{ours.text}\n"
    html = (
        '<div style="line-height:1.7;color:#000000;font-size:14px;font-family:Arial"><div style="margin:0;">'
        f'{words}</div><p style="margin:0;"><br></p><p style="margin:0;"><br></p><div style="position:'
        f'relative;zoom:1">--<br><div>{_lines(SIGNATURE)}</div><div style="clear:both"></div></div>'
        '<div id="divNeteaseMailCard"></div><p style="margin: 0;"><br></p><pre>'
        f'{_escaped(above)}</pre><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px '
        f'0px 0.8ex; BORDER-LEFT: #ccc 1px solid">{ours.html}</blockquote></div>'
    )
    name = "<7f3a21bc.5d2e.18c1f0a1b2c.Coremail.lin.xia@163.example>"
    agent = "Coremail Webmail Server Version XT5.0.14"
    return _reply(ours, "回复:", name, "gb18030", text, html, agent=agent)


def foxmail(ours: Ours, words: str) -> bytes:
    told = f"发件人： {_name(ours)}\n发送时间： 2026-11-22 16:20\n收件人： {WRITER}\n主题： {ours.subject}"
    text = f"{words}\n\n\n\n{SIGNATURE}\n \n{told}\n{ours.text}\n"
    bold = "".join(
        f"<div><b>{line.replace('： ', '：</b>&nbsp;', 1)}</div>" for line in _escaped(told).split("\n")
    )
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=GB2312"><style>body { '
        "line-height: 1.5; }blockquote { margin-top: 0px; margin-bottom: 0px; margin-left: 0.5em; }</style>"
        f'</head><body>\n<div><span></span>{words}</div>\n<div><br></div><hr style="width: 210px; height: '
        '1px;" color="#b5c4df" size="1" align="left">\n<div><span><div style="MARGIN: 10px; FONT-FAMILY: '
        f'verdana; FONT-SIZE: 10pt"><div>{_lines(SIGNATURE)}</div></div></span></div>\n<blockquote '
        'style="margin-Top: 0px; margin-Bottom: 0px; margin-Left: 0.5em; margin-Right: inherit"><div>&nbsp;'
        '</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><div style="'
        "PADDING-RIGHT: 8px; PADDING-LEFT: 8px; FONT-SIZE: 12px;FONT-FAMILY:tahoma;COLOR:#000000; "
        f'BACKGROUND: #efefef; PADDING-BOTTOM: 8px; PADDING-TOP: 8px">{bold}</div></div>'
        f'<div><div class="FoxDiv2026">{ours.html}</div></div></blockquote>\n</body></html>'
    )
    name = "<2026112216300012345610@mail.example>"
    return _reply(ours, "回复: ", name, "gb18030", text, html, agent="Foxmail 7.2.25.331[cn]")


def iphone(ours: Ours, words: str, picture: bytes) -> bytes:
    """With a photograph between her words and the quote."""
    above = f"在 2026年11月22日，16:20，{_plain_sender(ours)} 写道："
    quoted = _marked(f"{above}\n\n{ours.text}")
    text = f"{words}\n\n\n发自我的iPhone\n\n{quoted}\n"
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body '
        f'dir="auto"><div dir="ltr"></div><div dir="ltr">{words}</div><div dir="ltr"><br></div>'
        '<div dir="ltr"><img src="cid:7D3E2A10-0001" alt="IMG_0421.PNG"></div>'
        '<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">发自我的iPhone</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{_escaped(above)}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">\ufeff{ours.html}</div></blockquote></body></html>'
    )
    made = BytesParser(policy=email.policy.SMTP).parsebytes(
        _reply(
            ours, "Re: ", "<1B2C3D4E-5F60@icloud.example>", "utf-8", text, html, agent="iPhone Mail (22B91)"
        )
    )
    shown = made.get_body(("html",))
    assert isinstance(shown, EmailMessage)
    shown.add_related(picture, "image", "png", cid="<7D3E2A10-0001>", filename="IMG_0421.PNG")
    return made.as_bytes()


def _reply(
    ours: Ours, again: str, name: str, charset: str, text: str, html: str, *, agent: str = ""
) -> bytes:
    fields = {
        "Subject": again + ours.subject.removeprefix("Re: "),
        "In-Reply-To": ours.message_id,
        "References": f"{ours.references}\r\n {ours.message_id}",
    }
    return _mail(name, {**fields, "X-Mailer": agent} if agent else fields, charset, text, html)


def _mail(name: str, fields: dict[str, str], charset: str, text: str, html: str) -> bytes:
    """Written by hand, so that nothing of it is made nicer."""
    head = {
        "From": f"{_encoded(WRITER, charset)} <{ADDRESS}>",
        "To": "support@kezhan.example",
        **fields,
        "Subject": _encoded(fields["Subject"], charset),
        "Date": "Sun, 22 Nov 2026 16:30:00 +0800",
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
    return "".join(f"<div>{line}</div>" for line in text.split("\n"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
