"""An inn and platforms that reach each other on one machine, and a channel between them, made by hand or by a
call."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Shown
from fakes.serve import standing
from kezhan.channels import connections
from kezhan.channels.accounts import create_account
from kezhan.channels.schemas import ChannelMake
from kezhan.kit.postgres import Access
from kezhan.workspaces.first_run import demo_workspace
from tests.journeys.conftest import Inn, opened_inn
from tests.journeys.walk import Walker
from tests.platforms.doors import DOORS


@pytest.fixture
async def inn(
    request: pytest.FixtureRequest,
    access: Access,
    tmp_path: Path,
    assets: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Inn]:
    """The inn, allowed to reach platforms on this machine. A parameter: how many seconds it takes at the most
    until what is to be pulled or listened to is begun with."""
    if hasattr(request, "param"):
        monkeypatch.setattr(connections, "_BEAT_SECONDS", request.param)
    async with opened_inn(access, tmp_path, assets, inside_networks=("127.0.0.0/8",)) as inn:
        yield inn


@pytest.fixture
async def wechat() -> AsyncIterator[Platform]:
    async with standing("wechat_oa") as platform:
        yield platform


def ours(platform: Platform, customer: str) -> list[Shown]:
    """What her phone shows of what the inn has written."""
    return [one for one in platform.seen(customer) if one.by == "us"]


# A channel made by a call


async def join(inn: Inn, platform: Platform, name: str) -> UUID:
    """The id of the demo's channel of that name, its address known to the platform."""
    house, door = inn.house.house, DOORS[platform.name]
    settings, secrets = door.fill(platform.form, f"{platform.base}/{platform.name}")
    form = ChannelMake(adapter=door.adapter, name=name, settings=settings, secrets=secrets)
    workspace_id = await demo_workspace(house.db)
    assert workspace_id is not None
    async with house.db.tx(workspace_id) as tx:
        channel = (await create_account(tx, house.keyring, None, form)).channel
    assert (await platform.connect({"webhook": f"{inn.url}{channel.hook}"})).ok
    return channel.id


# A channel made by the wizard, as a person does it


async def begin(owner: Walker, label: str, name: str) -> None:
    """As far as the form of that kind of channel, the name written."""
    page = owner.page
    await page.goto(owner.url + "/settings/channels/new")
    await page.get_by_role("searchbox").or_(page.get_by_placeholder("搜索渠道")).first.fill(label)
    await page.get_by_role("link", name=label).first.click()
    await page.get_by_label("名称", exact=False).first.fill(name)
    await page.get_by_text("高级", exact=False).first.click()


async def keep(owner: Walker) -> None:
    await owner.axe()
    await owner.page.get_by_role("button", name="保存并继续").click()


async def end(owner: Walker) -> None:
    """From the step of our address to the last."""
    page = owner.page
    await page.get_by_role("link", name="下一步").click()
    await page.get_by_role("button", name="测试连接").click()
    await expect(page.get_by_text("连接正常").first).to_be_visible()
    await page.get_by_role("link", name="下一步").click()


async def connect(owner: Walker, platform: Platform, label: str) -> None:
    """A WeChat account: each value from the console, our address back into it."""
    page, form = owner.page, platform.form
    await begin(owner, label, f"客栈{label}")
    await page.get_by_label("AppID", exact=False).first.fill(form["appid"])
    await page.get_by_label("接口地址", exact=False).first.fill(f"{platform.base}/{platform.name}")
    await page.get_by_label("AppSecret", exact=False).first.fill(form["secret"])
    await page.get_by_label("Token", exact=False).first.fill(form["token"])
    await page.get_by_label("EncodingAESKey", exact=False).first.fill(form["aes_key"])
    await keep(owner)
    address = page.get_by_text("/hooks/kzp_").first
    await expect(address).to_be_visible()
    hook = (await address.text_content() or "").strip()
    assert (await platform.connect({"webhook": owner.url + hook[hook.index("/hooks/") :]})).ok
    await end(owner)
