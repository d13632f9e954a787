"""Mail: a mailbox of ours on an IMAP and an SMTP server; six customers, each with another mail program."""

import asyncio
import email.policy
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from fakes.base import Misused, Platform, letters
from fakes.imap import ImapServer
from fakes.mail.clients import CLIENTS, Writer, first, read_ours
from fakes.mail.smtp import Posted, SmtpServer
from fakes.phone import Act, Box, Phone, Said, Shown, Words

ADDRESS = "support@kezhan.example"
_HOSTS = {
    "Gmail": "gmail.example",
    "Outlook": "outlook.example",
    "QQ 邮箱": "qq.example",
    "163 邮箱": "163.example",
    "Foxmail": "foxmail.example",
    "iPhone": "icloud.example",
}
_POLICY = email.policy.SMTP.clone(max_line_length=998)


def _read(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=_POLICY).parsebytes(raw)


def _writer(phone: Phone) -> Writer:
    name = phone.name.partition(" · ")[0]
    return Writer(name, phone.id, name)


class Mail(Platform):
    name = "email"
    label = Words("邮件", "Mail")
    rank = 45
    kinds = ("text", "mail", "image", "file")
    hooked = False
    hint = Words(
        "把这些值填进客栈的邮件渠道，两处加密方式都选“不加密”。"
        "六位客户各用一种邮件程序，回信时带着各自样式的引用。",
        "Put these values into a mail channel of Kezhan, both without encryption. Each of six customers has"
        " another mail program, and quotes as that does.",
    )
    people = tuple(f"{name} · {client}" for name, client in zip(
        ("林小满", "Tom Baker", "陈平", "周舟", "吴桐", "苏禾"), CLIENTS, strict=True
    ))  # fmt: skip

    def __init__(self) -> None:
        self._made = 0
        super().__init__()
        password = self.form["password"]
        self.box = ImapServer(login=ADDRESS, password=password)
        self.post = SmtpServer(self._taken, self._known, ADDRESS, password)

    def boxes(self) -> list[Box]:
        return [
            Box(name="address", label=Words("邮箱地址", "Address"), value=ADDRESS),
            Box(name="password", label=Words("授权码", "Password"), value=letters(16)),
            Box(name="imap_host", label=Words("收件服务器（IMAP）", "IMAP host"), value="127.0.0.1"),
            Box(name="imap_port", label=Words("收件端口", "IMAP port")),
            Box(name="smtp_host", label=Words("发件服务器（SMTP）", "SMTP host"), value="127.0.0.1"),
            Box(name="smtp_port", label=Words("发件端口", "SMTP port")),
        ]

    def acts(self) -> list[Act]:
        programs = Box(
            name="client", label=Words("邮件程序", "Program"), value="Gmail", options=list(CLIENTS)
        )
        return [
            Act(name="client", label=Words("换一种邮件程序", "Use another program"), boxes=[programs]),
            Act(name="away", label=Words("自动回复：不在办公室", "Out-of-office reply")),
        ]

    async def listen(self, beside: int) -> None:
        self.box.port, self.post.port = beside, beside and beside + 1
        await self.box.start()
        await self.post.start()
        self.form["imap_port"], self.form["smtp_port"] = str(self.box.port), str(self.post.port)

    async def close(self) -> None:
        await super().close()
        await self.box.stop()
        await self.post.stop()

    @property
    def ready(self) -> bool:
        return self.box.waiting > 0

    def customer_id(self) -> str:
        client = list(CLIENTS)[self._made % len(CLIENTS)]
        self._made += 1
        return f"{letters(8, 'abcdefghjkmnpqrstuvwxyz')}@{_HOSTS[client]}"

    def welcome(self, name: str) -> Phone:
        phone = super().welcome(name)
        phone.notes["client"] = next(one for one, host in _HOSTS.items() if phone.id.endswith(f"@{host}"))
        return phone

    def void_tokens(self) -> None:
        """Another password; whoever is connected has to sign in again."""
        self.form["password"] = self.box.password = self.post.password = letters(16)
        self.box.cut()

    async def act_client(self, phone: Phone, given: dict[str, str]) -> None:
        if given.get("client") not in CLIENTS:
            raise Misused("no such program")
        phone.notes["client"] = given["client"]

    async def act_away(self, phone: Phone, given: dict[str, str]) -> None:
        text = "我在休假，周一回来。"
        mail = _read(first(_writer(phone), "自动回复: 我在休假", text))
        mail["Auto-Submitted"] = "auto-replied"
        if (old := self._last(phone)) is not None:
            mail["In-Reply-To"] = old.id
        shown = phone.show(str(mail["Message-ID"]), "customer", "mail", text, title=str(mail["Subject"]))
        await self._bring(shown, mail)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        """An answer to what she answers, or to our last mail; a `mail` begins anew, with its own subject."""
        old = None if said.kind == "mail" else phone.find(said.quote) or self._last(phone)
        if old is None or old.by != "us":
            raw = first(_writer(phone), said.more.get("subject", ""), said.text)
        else:
            raw = CLIENTS[str(phone.notes["client"])](old.raw["mail"], _writer(phone), said.text)
            shown.quote = old.id
        mail = _read(raw)
        if said.data:
            main, _, sub = (said.media_type or "application/octet-stream").partition("/")
            mail.add_attachment(said.data, maintype=main, subtype=sub, filename=said.name or "file")
        shown.id, shown.title = str(mail["Message-ID"]), str(mail["Subject"] or "")
        await self._bring(shown, mail)

    async def _bring(self, shown: Shown, mail: EmailMessage) -> None:
        """Into our mailbox, with the trouble that is switched on; who listens there is told."""
        lost, twice = self.world.lots()
        shown.fate = "lost" if lost else "delivered"
        await asyncio.sleep(self.world.switches.delay)
        for _ in range(0 if lost else 1 + twice):
            self.box.deliver(mail.as_bytes())

    @staticmethod
    def _last(phone: Phone) -> Shown | None:
        return next((one for one in reversed(phone.chat) if one.by == "us"), None)

    # What we send.

    def _known(self, address: str) -> bool:
        return "@" in address

    async def _taken(self, mail: Posted) -> str:
        await asyncio.sleep(self.world.switches.delay)
        if code := self.world.switches.error:
            return code if code[:3].isdecimal() else f"550 5.7.1 {code}"
        if self.world.too_many():
            return "450 4.7.1 Too many mails, try again later"
        faulty = self.world.faulty()
        if faulty and self.world.dice.random() < 0.5:
            return "451 4.3.0 Temporary failure"
        self._show(mail)
        return "451 4.3.0 Temporary failure" if faulty else ""

    def _show(self, mail: Posted) -> None:
        """A mail that comes a second time under its name is one."""
        ours, found = read_ours(mail.raw, datetime.now().astimezone()), _read(mail.raw)
        named, text = ours.message_id, "\n".join(ours.text.splitlines())
        raw = {"mail": ours, "cc": str(found["Cc"] or "")}
        more: dict[str, Any] = {"title": ours.subject, "quote": str(found["In-Reply-To"] or ""), "raw": raw}
        for phone in [self.phones[one] for one in mail.to if one in self.phones]:
            if phone.find(named) is not None:
                continue
            if text or not any(found.iter_attachments()):
                phone.show(named, "us", "mail", text, **more)
            for number, file in enumerate(found.iter_attachments()):
                media_type = file.get_content_type()
                data = file.get_payload(decode=True)
                kept = self.keep(
                    data if isinstance(data, bytes) else b"", media_type, file.get_filename() or ""
                )
                kind = "image" if media_type.startswith("image/") else "file"
                name = file.get_filename() or "file"
                id = named if number == 0 and not text else f"{named}#{number}"
                phone.show(id, "us", kind, file=kept, name=name, **more)


PLATFORM = Mail
