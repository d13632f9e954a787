"""Ways in beside a password: an app's code, a passkey, the company's own sign-in."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import expect

from kezhan.kit.postgres import Access
from kezhan.workspaces.first_run import DemoAccount
from kezhan.workspaces.single_sign_on.tests.factories import Provider, running_provider
from kezhan.workspaces.single_sign_on.tests.provider import CLIENT, SECRET
from tests.journeys.conftest import opened_inn
from tests.journeys.walk import PHONE, Make, Walker

CONVERSATIONS = re.compile("会话")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


async def test_people_come_in_by_app_passkey_and_company(
    access: Access, tmp_path: Path, assets: Path, walker: Make, provider: Provider
) -> None:
    async with opened_inn(access, tmp_path, assets, inside_networks=("127.0.0.0/8",)) as inn:
        address = inn.url.replace("127.0.0.1", "localhost")  # passkeys are bound to names
        owner, supervisor, agent = inn.people[:3]
        desk = await walker(address)
        await _app(desk, supervisor)
        await _passkey(await walker(address, **PHONE), agent)
        await _company(desk, owner, agent, provider)
        # The provider is no part of the installation, and was where she was to be sent.
        assert desk.strange and all(one.startswith(provider.url) for one in desk.strange)
        desk.strange.clear()


async def _in(one: Walker) -> None:
    await expect(one.page.get_by_role("heading", name=CONVERSATIONS).first).to_be_visible()


async def _anew(one: Walker) -> None:
    """She has signed in nowhere."""
    await one.context.clear_cookies()
    await one.page.goto(f"{one.url}/sign-in")


async def _prove(one: Walker, person: DemoAccount, row: str, act: str) -> None:
    """She begins at a row of her own page, and gives her password where she is asked for it."""
    await one.follow("/me")
    await one.page.get_by_role("listitem").filter(has_text=row).get_by_role("button", name=act).click()
    dialog = one.page.get_by_role("dialog", name="确认是你本人")
    shown = one.page.get_by_role("dialog").first
    await expect(shown).to_be_visible()
    if await dialog.is_visible():
        await dialog.get_by_label("密码").fill(person.password)
        await dialog.get_by_role("button", name="确认").click()


async def _codes(one: Walker) -> None:
    dialog = one.page.get_by_role("dialog", name="保存好恢复码")
    await expect(dialog).to_be_visible()
    await one.axe()
    await dialog.get_by_role("button", name="我已保存").click()
    await expect(dialog).to_have_count(0)


async def _app(one: Walker, person: DemoAccount) -> None:
    await one.sign_in(person.email, person.password)
    await _prove(one, person, "验证器应用", "设置")
    dialog = one.page.get_by_role("dialog", name="设置验证器应用")
    await expect(dialog.get_by_role("img")).to_be_visible()
    await one.axe()
    key = re.search(r"(?:[A-Z2-7]{4} ){4,}[A-Z2-7]{1,4}", await dialog.inner_text())
    assert key is not None
    app = pyotp.TOTP(key.group().replace(" ", ""))
    await dialog.get_by_label("应用显示的 6 位数字").fill("000000")
    await dialog.get_by_role("button", name="完成设置").click()
    await expect(dialog.get_by_text("验证码不正确")).to_be_visible()
    await dialog.get_by_label("应用显示的 6 位数字").fill(app.now())
    await dialog.get_by_role("button", name="完成设置").click()
    await _codes(one)
    await _anew(one)
    await one.page.get_by_label("邮箱").fill(person.email)
    await one.page.get_by_label("密码", exact=True).fill(person.password)
    await one.page.keyboard.press("Enter")
    await expect(one.page.get_by_label("验证码")).to_be_visible()
    await one.axe()
    await one.page.get_by_label("验证码").fill(app.at(time.time() + 30))  # each works once
    await one.page.get_by_role("button", name="验证").click()
    await _in(one)


async def _passkey(one: Walker, person: DemoAccount) -> None:
    cdp = await one.context.new_cdp_session(one.page)
    await cdp.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    await one.sign_in(person.email, person.password)
    await _prove(one, person, "用指纹、面容", "添加")
    await _codes(one)
    await expect(one.page.get_by_text("尚未使用")).to_be_visible()
    await _anew(one)
    await one.axe()
    await one.page.get_by_role("button", name="使用通行密钥登录").click()
    await _in(one)


async def _company(one: Walker, owner: DemoAccount, agent: DemoAccount, provider: Provider) -> None:
    await _anew(one)
    await one.sign_in(owner.email, owner.password)
    await one.follow("/settings/access")
    form = one.page.locator("form").filter(has=one.page.get_by_label("Issuer"))
    await form.get_by_label("Issuer").fill(provider.url)
    await form.get_by_label("客户端 ID").fill(CLIENT)
    await form.get_by_label("客户端密钥").fill(SECRET)
    await form.get_by_label("邮箱域名").fill(agent.email.partition("@")[2])
    await form.get_by_role("button", name="连接").click()
    await expect(form.get_by_role("button", name="移除")).to_be_visible()
    provider.told(user={"sub": "s-1", "email": agent.email, "email_verified": True})
    await _anew(one)
    await one.page.get_by_role("link", name="用企业账号登录").click()
    await one.page.get_by_label("邮箱").fill(agent.email)
    await one.axe()
    await one.page.keyboard.press("Enter")
    await _in(one)
    # Who is nobody here is told so at the door.
    provider.told(user={"sub": "s-2", "email": "nobody@elsewhere.example", "email_verified": True})
    await _anew(one)
    await one.page.get_by_role("link", name="用企业账号登录").click()
    await one.page.get_by_label("邮箱").fill(agent.email)
    await one.page.keyboard.press("Enter")
    await expect(one.page.get_by_role("alert")).to_contain_text("成员")
