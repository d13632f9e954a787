"""The adapter in docs/develop/channel.md works as it stands there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from kezhan.channels import registry
from kezhan.channels.base import Channel
from kezhan.channels.kinds import form_fields
from kezhan.channels.tests.front import Front, open_front
from kezhan.channels.tests.platform import Answer, platform
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until

_PAGE = Path(__file__).parents[1] / "docs" / "develop" / "channel.md"


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """The page's files, as a package of somebody's own."""
    for code in re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL):
        path = tmp_path / code.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, "utf-8")
    (tmp_path / "pigeon" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    try:
        from pigeon.manifest import CHANNEL  # type: ignore[import-not-found]

        monkeypatch.setitem(registry.channels(), "pigeon", registry.checked("pigeon", CHANNEL))
        yield CHANNEL
    finally:
        for name in [one for one in sys.modules if one.partition(".")[0] == "pigeon"]:
            del sys.modules[name]


async def test_a_customer_of_the_imagined_platform_is_heard_and_answered(
    pigeon: Channel, access: Access, tmp_path: Path
) -> None:
    assert form_fields(pigeon) == set(pigeon.fields)
    async with open_front(access, tmp_path / "data") as front, platform() as place:
        place.always = lambda _: Answer(200, b'{"id": "p-1"}')
        form = {"adapter": "pigeon", "name": "P", "settings": {"api_url": place.url}}
        made = await front.owner.post("/api/channels", json={**form, "secrets": {"token": "coo-coo-coo"}})
        assert made.status_code == 201, made.text
        await _walk(front, made.json()["channel"]["public_key"])

        async def answered() -> bool:
            return bool(place.heard)

        await until(answered)
        assert place.heard[0].event == {"to": "b-7", "text": "有的。"}
        account = UUID(made.json()["channel"]["id"])
        items = (await front.owner.get(f"/api/channels/{account}/deliveries")).json()["items"]
        assert len(items) == 1


async def _walk(front: Front, key: str) -> None:
    http = await front.running.client()
    said = {"id": "m-1", "from": "b-7", "name": "陈平", "text": "有货吗？"}
    assert (await http.post(f"/hooks/{key}", json=said)).status_code == 401
    for _ in range(2):
        answer = await http.post(f"/hooks/{key}", json=said, headers={"x-pigeon-token": "coo-coo-coo"})
        assert (answer.status_code, answer.text) == (200, "ok")
    (message,) = await front.heard(1)
    assert message["body"] == "有货吗？"
    await front.reply((await front.conversations())[0]["id"], "有的。")
