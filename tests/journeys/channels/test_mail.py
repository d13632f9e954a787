"""A mailbox connected by the wizard, a customer answered from the desk, and her answers from six clients:
what she writes is shown, what she quotes is not; real screens, a real mail server for what comes in."""

import email
import re
from datetime import datetime
from functools import partial

import pytest
from playwright.async_api import Page, expect

from fakes.mail.clients import CLIENTS, Client, Writer, first, iphone, read_ours
from kezhan.channels.adapters.email.conftest import Dovecot, Post, dovecot, post
from kezhan.channels.tests.platform import PNG
from kezhan.kit.testing import until
from tests.journeys.channels.conftest import begin, end, keep
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make, Walker

__all__ = ["dovecot", "post"]

WRITER = Writer("林夏", "lin.xia@mail.example", "林夏 · 云栖茶社\n138 0013 8000")
_ANSWER = "有的，今天就能发货。\n两罐起包邮，您要几罐？"
_QUOTED = ("写道", "发件人", "原始邮件", "138 0013", WRITER.address, "发自我的")


async def choose(page: Page, label: str, option: str) -> None:
    await page.get_by_label(label, exact=False).first.click()
    await page.get_by_role("option", name=re.compile(f"^{option}")).click()


async def connect(owner: Walker, imap_port: int, smtp_port: int) -> None:
    page = owner.page
    await begin(owner, "电子邮件", "客栈邮箱")
    await page.get_by_label("邮箱地址").fill("support@kezhan.example")
    await page.get_by_label("发件人名称").fill("客栈客服")
    for label in ("收信服务器（IMAP）", "发信服务器（SMTP）"):
        await page.get_by_label(label).fill("127.0.0.1")
    await page.get_by_label("签名").fill("客栈 · 杭州")
    await page.get_by_label("IMAP 端口").fill(str(imap_port))
    await page.get_by_label("SMTP 端口").fill(str(smtp_port))
    for label in ("IMAP 加密", "SMTP 加密"):
        await choose(page, label, "不加密")
    await page.get_by_label("密码或授权码").first.fill("code-1")
    await keep(owner)
    await end(owner)


@pytest.mark.parametrize("inn", [0.5], indirect=True)
async def test_a_customers_answers_from_six_mail_clients_show_what_she_wrote_and_stay_in_one_conversation(
    inn: Inn, dovecot: Dovecot, post: Post, walker: Make
) -> None:
    owner = await walker(inn.url)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    await connect(owner, dovecot.port, post.port)
    asked = first(WRITER, "龙井有货吗", "你好，想买龙井，有货吗？")
    named = str(email.message_from_bytes(asked)["Message-ID"])
    dovecot.deliver(asked)
    await owner.page.goto(owner.url + "/conversations/all")
    await owner.rows.filter(has_text="林夏").first.click()
    await expect(owner.thread.get_by_text("你好，想买龙井，有货吗？")).to_be_visible()
    await owner.reply(_ANSWER)

    async def posted() -> bool:
        return bool(post.mails)

    await until(posted)
    sender, recipients, raw = post.mails[0]
    ours = read_ours(raw, datetime.now().astimezone())
    assert (sender, recipients) == ("support@kezhan.example", [WRITER.address])
    assert (ours.subject, ours.references) == ("Re: 龙井有货吗", named)
    assert f"In-Reply-To: {named}".encode() in raw

    pictured: Client = partial(iphone, picture=PNG)
    for client, write in {**CLIENTS, "iPhone": pictured}.items():
        dovecot.deliver(write(ours, WRITER, f"我用 {client} 回信：要两罐。"))
    for client in CLIENTS:
        answer = owner.thread.locator("[data-seq]").filter(has_text=f"我用 {client} 回信").last
        await expect(answer.get_by_text("我用", exact=False).first).to_be_visible()
        # What she quotes of ours is a line above her words, which leads to it.
        await expect(answer.get_by_role("button", name="查看被引用的消息")).to_be_visible()
        said = await answer.inner_text()
        assert [word for word in _QUOTED if word in said] == [], said
    await expect(owner.thread.get_by_role("button", name="查看图片", exact=False)).to_be_visible()
    await owner.axe()
    await expect(owner.rows.filter(has_text="林夏")).to_have_count(1)
    await owner.page.set_viewport_size({"width": 390, "height": 844})
    await owner.page.emulate_media(color_scheme="dark")
    await expect(owner.thread.get_by_text("我用 iPhone 回信")).to_be_visible()
    await owner.axe()
