"""Calls to the two platforms of a WeCom corporation, and its callbacks opened."""

from typing import Any

from fakes.tests.stage import Stage
from fakes.wechat.corp import CorpPlatform
from fakes.wechat.crypto import signature, unseal
from fakes.wechat.envelope import read_xml
from fakes.wire import Asked, Told, plain


async def token(stage: Stage[Any]) -> str:
    form = stage.platform.form
    query = {"corpid": form["corpid"], "corpsecret": form["secret"]}
    answer = (await stage.client.get("/cgi-bin/gettoken", params=query)).json()
    assert answer["errcode"] == 0 and 0 < answer["expires_in"] <= 7200
    return str(answer["access_token"])


async def call(stage: Stage[Any], path: str, body: object, access: str = "") -> dict[str, Any]:
    url = f"/cgi-bin/{path}?access_token={access or await token(stage)}"
    answer: dict[str, Any] = (await stage.client.post(url, json=body)).json()
    return answer


async def upload(stage: Stage[Any], kind: str, data: bytes, name: str = "a.png") -> dict[str, Any]:
    url = f"/cgi-bin/media/upload?access_token={await token(stage)}&type={kind}"
    answer: dict[str, Any] = (await stage.client.post(url, files={"media": (name, data)})).json()
    return answer


def opened(platform: CorpPlatform, asked: Asked) -> dict[str, Any]:
    outer = read_xml(asked.body)
    assert outer is not None and set(outer) == {"ToUserName", "AgentID", "Encrypt"}
    words = (platform.form["token"], asked.one("timestamp"), asked.one("nonce"), outer["Encrypt"])
    assert asked.one("msg_signature") == signature(*words)
    fields = read_xml(unseal(platform.form["aes_key"], outer["Encrypt"], platform.form["corpid"]))
    assert fields is not None and fields["ToUserName"] == platform.form["corpid"]
    return fields


def echo(platform: CorpPlatform, asked: Asked) -> Told:
    """What a good webhook answers to the handshake."""
    sealed = asked.one("echostr")
    words = (platform.form["token"], asked.one("timestamp"), asked.one("nonce"), sealed)
    assert asked.one("msg_signature") == signature(*words)
    return plain(unseal(platform.form["aes_key"], sealed, platform.form["corpid"]).decode())
