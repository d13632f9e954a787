"""What connects a mailbox."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field

Host = Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Security = Literal["tls", "starttls", "none"]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`address` is the mailbox customers write to; an empty `login` means the address. `server_name` is how
    our mail server calls itself in Authentication-Results; empty: what such fields say is not believed.
    `per_minute`: how many mails may go out in one minute. `ask_receipts`: her mail program is asked to tell
    when she has opened a reply. `reply_all`: whoever else got a mail is proposed for copies of its answer."""

    v: Literal[1] = 1
    address: Annotated[
        str, Meta(max_length=190, pattern=r"^([^\s@<>\"(),:;\\\[\]]+@[^\s@<>\"(),:;\\\[\]]+)?$")
    ] = ""
    name: Text = ""
    imap_host: Host = ""
    smtp_host: Host = ""
    auth: Literal["password", "oauth2"] = "password"
    signature: Annotated[str, Meta(max_length=1000, extra_json_schema={"format": "textarea"})] = ""
    subject: Text = "客服回复 / Customer service"
    login: Text = ""
    imap_port: Port = 993
    imap_security: Security = "tls"
    folder: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")] = "INBOX"
    smtp_port: Port = 465
    smtp_security: Security = "tls"
    poll_seconds: Annotated[int, Meta(ge=5, le=900)] = 60
    per_minute: Annotated[int, Meta(ge=1, le=10_000)] = 30
    ask_receipts: bool = False
    reply_all: bool = True
    server_name: Host = ""
    token_url: Annotated[str, Meta(max_length=2000, pattern=r"^(https?://.*)?$")] = ""
    client_id: Text = ""
    scope: Annotated[str, Meta(max_length=500)] = ""


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`password` for those that take one; the rest for OAuth 2."""

    password: Annotated[str, Meta(max_length=500, extra_json_schema={"format": "password"})] = ""
    client_secret: Annotated[str, Meta(max_length=500, extra_json_schema={"format": "password"})] = ""
    refresh_token: Annotated[str, Meta(max_length=4000, extra_json_schema={"format": "password"})] = ""


_SECURITY = {
    "tls": {"zh-CN": "SSL/TLS（推荐）", "en": "SSL/TLS (recommended)"},
    "starttls": {"zh-CN": "STARTTLS", "en": "STARTTLS"},
    "none": {"zh-CN": "不加密（密码会明文传输）", "en": "None (the password travels in the clear)"},
}


def _field(chinese: tuple[str, str], english: tuple[str, str], *, advanced: bool = False) -> Field:
    return Field(
        label={"zh-CN": chinese[0], "en": english[0]},
        help={"zh-CN": chinese[1], "en": english[1]},
        advanced=advanced,
    )


def _security(chinese: tuple[str, str], english: tuple[str, str]) -> Field:
    return Field(
        label={"zh-CN": chinese[0], "en": english[0]},
        help={"zh-CN": chinese[1], "en": english[1]},
        options=_SECURITY,
        advanced=True,
    )


FIELDS = {
    "address": _field(
        ("邮箱地址", "客户写信的地址，如 support@example.com。"),
        ("Mailbox address", "The address customers write to, such as support@example.com."),
    ),
    "name": _field(
        ("发件人名称", "客户看到的发件人，如“某某客服”；客服姓名会写在它前面。"),
        ("Sender's name", "Whom customers see as the sender; the agent's name is put before it."),
    ),
    "imap_host": _field(
        (
            "收信服务器（IMAP）",
            "在邮箱网页版“设置 → 客户端/POP3/IMAP/SMTP”里开启 IMAP 服务后可见。"
            "QQ 邮箱 imap.qq.com，163 邮箱 imap.163.com，腾讯企业邮 imap.exmail.qq.com，"
            "阿里企业邮 imap.qiye.aliyun.com，Gmail imap.gmail.com，Microsoft 365 outlook.office365.com。",
        ),
        (
            "Incoming server (IMAP)",
            "Shown in the mailbox's web page under Settings → POP/IMAP, once IMAP is switched on "
            "there. Gmail: imap.gmail.com, Microsoft 365: outlook.office365.com, QQ: imap.qq.com, "
            "163: imap.163.com.",
        ),
    ),
    "smtp_host": _field(
        (
            "发信服务器（SMTP）",
            "与 IMAP 在同一页。QQ 邮箱 smtp.qq.com，163 邮箱 smtp.163.com，"
            "腾讯企业邮 smtp.exmail.qq.com，阿里企业邮 smtp.qiye.aliyun.com，Gmail smtp.gmail.com，"
            "Microsoft 365 smtp.office365.com（端口 587、STARTTLS）。",
        ),
        (
            "Outgoing server (SMTP)",
            "On the same page as IMAP. Gmail: smtp.gmail.com, Microsoft 365: smtp.office365.com (port 587, "
            "STARTTLS), QQ: smtp.qq.com, 163: smtp.163.com.",
        ),
    ),
    "auth": Field(
        label={"zh-CN": "登录方式", "en": "Signing in"},
        help={
            "zh-CN": "QQ、163 及多数企业邮箱用授权码；Microsoft 365 和 Gmail 用 OAuth 2。",
            "en": "Most mailboxes take a password made for programs; Microsoft 365 and Gmail take OAuth 2.",
        },
        options={
            "password": {"zh-CN": "密码或授权码", "en": "Password"},
            "oauth2": {"zh-CN": "OAuth 2", "en": "OAuth 2"},
        },
    ),
    "signature": _field(
        ("签名", "附在每封回信末尾；留空则没有。"),
        ("Signature", "Put at the end of each reply; empty: none."),
    ),
    "subject": _field(
        ("默认主题", "主动写信、没有可回复的来信时用作主题。"),
        ("Default subject", "Where we write first and there is no mail to answer."),
        advanced=True,
    ),
    "login": _field(
        ("登录名", "留空则与邮箱地址相同；自建邮件服务器可能不同，请向邮件管理员确认。"),
        (
            "Login name",
            "Empty: the mailbox address. On servers of your own it may differ: ask who runs them.",
        ),
        advanced=True,
    ),
    "imap_port": _field(
        ("IMAP 端口", "SSL 为 993，STARTTLS 为 143；见邮箱的 IMAP 设置页。"),
        ("IMAP port", "993 with SSL, 143 with STARTTLS; on the mailbox's IMAP page."),
        advanced=True,
    ),
    "imap_security": _security(
        ("IMAP 加密", "邮箱的 IMAP 设置页写明；端口 993 用 SSL/TLS。"),
        ("IMAP encryption", "As the mailbox's IMAP page says; port 993 means SSL/TLS."),
    ),
    "folder": _field(
        ("收信文件夹", "通常为 INBOX；只读取这个文件夹，邮件不会被删除或标为已读。"),
        ("Folder", "INBOX as a rule; only this folder is read, and nothing in it is deleted or marked."),
        advanced=True,
    ),
    "smtp_port": _field(
        ("SMTP 端口", "SSL 为 465，STARTTLS 为 587；见邮箱的 SMTP 设置页。"),
        ("SMTP port", "465 with SSL, 587 with STARTTLS; on the mailbox's SMTP page."),
        advanced=True,
    ),
    "smtp_security": _security(
        ("SMTP 加密", "端口 465 用 SSL/TLS，587 用 STARTTLS。"),
        ("SMTP encryption", "Port 465 means SSL/TLS, 587 STARTTLS."),
    ),
    "poll_seconds": _field(
        ("查信间隔（秒）", "除邮箱即时推送（IDLE）外，每隔多久再查一次新邮件；有的邮箱推送不可靠或没有。"),
        (
            "Seconds between looks",
            "How often is looked for new mail besides, as not every mailbox pushes (IDLE).",
        ),
        advanced=True,
    ),
    "per_minute": _field(
        ("每分钟发信上限", "超出的回信会稍后发出；个人邮箱的限额较低，见邮箱服务商的“发信限制”说明。"),
        ("Mails per minute", "More wait a little; providers tell their limit under sending limits."),
        advanced=True,
    ),
    "ask_receipts": _field(
        (
            "请求已读回执",
            "回信里附上已读回执请求，客户同意后这里显示已读。多数客户的邮箱会先弹窗询问，也有的从不回执。",
        ),
        (
            "Ask for read receipts",
            "A reply asks her mail program to tell when it is opened, and she is asked whether it may. Some "
            "never tell.",
        ),
        advanced=True,
    ),
    "reply_all": _field(
        (
            "回复全部",
            "来信同时发给了别人时，回复框上方默认抄送给他们，发送前可增减；自动回信和评价链接只发给客户本人。"
            "发件人未经邮件服务器验证时，默认只抄送与其同一域名的地址。关闭后默认不抄送，仍可逐封添加。",
        ),
        (
            "Reply to all",
            "Where a mail went to others too, they stand under Cc above the reply, to be removed or added "
            "to; automatic replies and links to surveys go to the customer alone. Of a sender whom the mail "
            "server does not verify, only addresses of the same domain. Switched off, Cc begins empty.",
        ),
        advanced=True,
    ),
    "server_name": _field(
        (
            "邮件服务器标识",
            "打开一封来信的“原文/信头”，取 Authentication-Results: 后的第一个词（如 mx.google.com）；"
            "用于识别冒名来信：经它确认的发件人显示为“已验证身份”；留空则不判断，也没有人显示为已验证。",
        ),
        (
            "Mail server's own name",
            "Show the original of any mail received and take the first word after Authentication-Results: "
            "(such as mx.google.com). It tells forged senders: those it confirms are shown as verified; "
            "empty: nobody is judged, and nobody verified.",
        ),
        advanced=True,
    ),
    "token_url": _field(
        (
            "令牌地址",
            "仅 OAuth 2。Microsoft：https://login.microsoftonline.com/<租户 ID>/oauth2/v2.0/token；"
            "Google：https://oauth2.googleapis.com/token。",
        ),
        (
            "Token address",
            "OAuth 2 only. Microsoft: https://login.microsoftonline.com/<tenant id>/oauth2/v2.0/token; "
            "Google: https://oauth2.googleapis.com/token.",
        ),
        advanced=True,
    ),
    "client_id": _field(
        ("客户端 ID", "仅 OAuth 2。Microsoft Entra“应用注册 → 概述”或 Google Cloud“凭据”页中的 Client ID。"),
        (
            "Client ID",
            "OAuth 2 only. In Microsoft Entra under App registrations, in Google Cloud under Credentials.",
        ),
        advanced=True,
    ),
    "scope": _field(
        (
            "权限范围",
            "仅 OAuth 2，可留空。Microsoft：https://outlook.office.com/IMAP.AccessAsUser.All "
            "https://outlook.office.com/SMTP.Send offline_access。",
        ),
        (
            "Scope",
            "OAuth 2 only, may stay empty. Microsoft: https://outlook.office.com/IMAP.AccessAsUser.All "
            "https://outlook.office.com/SMTP.Send offline_access.",
        ),
        advanced=True,
    ),
    "password": _field(
        (
            "密码或授权码",
            "QQ：设置 → 账号 → 开启 IMAP/SMTP 服务 → 生成授权码。163：设置 → POP3/SMTP/IMAP → 新增授权密码。"
            "企业邮：客户端专用密码。用 OAuth 2 时留空。",
        ),
        (
            "Password",
            "QQ and 163: the authorisation code made on the IMAP page, not the password of the web page. "
            "Others: an app password. Empty with OAuth 2.",
        ),
    ),
    "client_secret": _field(
        (
            "客户端密钥",
            "仅 OAuth 2。与客户端 ID 在同一应用的“证书和密码”（Microsoft）或“凭据”（Google）页生成。",
        ),
        (
            "Client secret",
            "OAuth 2 only. Made beside the client id: Certificates & secrets (Microsoft), Credentials "
            "(Google).",
        ),
        advanced=True,
    ),
    "refresh_token": _field(
        ("刷新令牌", "仅 OAuth 2。用该应用完成一次授权（offline access）后得到的 refresh_token。"),
        ("Refresh token", "OAuth 2 only: the refresh_token of one consent to that app with offline access."),
        advanced=True,
    ),
}
