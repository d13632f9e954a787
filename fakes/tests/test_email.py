"""Mail: what six programs make of an answer, and what the two servers say."""

import email
import email.policy
import smtplib
from asyncio import to_thread
from collections.abc import AsyncIterator

import pytest

from fakes.mail.clients import CLIENTS
from fakes.phone import Said
from fakes.platforms.email import ADDRESS, Mail
from fakes.serve import standing


@pytest.fixture
async def platform() -> AsyncIterator[Mail]:
    async with standing("email") as platform:
        assert isinstance(platform, Mail)
        yield platform


def ours(platform: Mail, to: str, text: str = "有的") -> str:
    """What the post says to a mail of ours."""
    head = f"From: {ADDRESS}\r\nTo: {to}\r\nSubject: Re: tea\r\nMessage-ID: <o-1@kezhan.example>\r\n"
    body = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    try:
        with smtplib.SMTP("127.0.0.1", int(platform.form["smtp_port"]), timeout=20) as post:
            post.login(ADDRESS, platform.form["password"])
            post.sendmail(ADDRESS, [to], f"{head}{body}\r\n{text}\r\n".encode())
    except smtplib.SMTPException as fault:
        return str(fault)
    return ""


async def test_each_program_quotes_in_its_own_way(platform: Mail) -> None:
    assert {phone.notes["client"] for phone in platform.phones.values()} == set(CLIENTS)
    for phone in platform.phones.values():
        await platform.say(phone.id, Said(kind="mail", text="龙井？", more={"subject": "tea"}))
        assert await to_thread(ours, platform, phone.id) == ""
        (shown,) = [one for one in platform.seen(phone.id) if one.by == "us"]
        assert (shown.text, shown.title) == ("有的", "Re: tea")
        await platform.say(phone.id, Said(text="两罐"))
        mail = email.message_from_bytes(platform.box.letters[-1].raw, policy=email.policy.default)
        assert (mail["In-Reply-To"], mail["Subject"][-3:]) == ("<o-1@kezhan.example>", "tea")
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            assert body is not None
            said = body.get_content()
            assert said.index("两罐") < said.index("有的"), phone.notes["client"]


async def test_who_may_not_send_to_whom_and_what_is_wrong_is_said(platform: Mail) -> None:
    (first, *_) = platform.phones
    platform.switch({"error": "554 5.7.1 spam"})
    assert "spam" in await to_thread(ours, platform, first)
    platform.switch({"error": ""})
    assert "5.1.1" in await to_thread(ours, platform, "nobody")
    console = platform.form["password"]
    platform.switch({"token_expired": True})
    assert platform.form["password"] != console
    assert [one for one in platform.seen(first) if one.by == "us"] == []
    for _ in range(2):  # the same mail again is shown once
        assert await to_thread(ours, platform, first) == ""
    assert len([one for one in platform.seen(first) if one.by == "us"]) == 1
