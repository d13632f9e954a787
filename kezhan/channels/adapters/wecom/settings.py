"""What connects an app of a company's WeCom."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Account, Field
from kezhan.channels.vendors.tencent.form import API_URL, Address, AesKey, Word
from kezhan.channels.vendors.tencent.push import Keys


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`agent_id` is the app's number; 0: not given yet."""

    v: Literal[1] = 1
    corp_id: Word = ""
    agent_id: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    api_url: Address = "https://qyapi.weixin.qq.com"


class Secrets(Struct, frozen=True, kw_only=True):
    """All three are needed: nothing comes unsealed."""

    secret: Word
    token: Word
    aes_key: AesKey


def keys(account: Account) -> Keys:
    secrets = account.secrets
    return Keys(token=secrets.token, aes_key=secrets.aes_key, receiver=account.settings.corp_id)


_APP_ZH = "登录企业微信管理后台 work.weixin.qq.com →“应用管理”→“自建”→ 打开（或“创建应用”）该应用"
_APP_EN = "work.weixin.qq.com → Apps → Self-built → open the app, or create one"
_PUSH_ZH = f"{_APP_ZH}→“接收消息”→“设置API接收”"
_PUSH_EN = f"{_APP_EN} → Receive messages → Set up API"

FIELDS = {
    "corp_id": Field(
        label={"zh-CN": "企业ID", "en": "Corp ID"},
        help={
            "zh-CN": "登录企业微信管理后台 work.weixin.qq.com →“我的企业”→“企业信息”，最下方的“企业ID”，以"
            " ww 开头。",
            "en": "work.weixin.qq.com → My company → Company information, at the bottom; it begins with ww.",
        },
    ),
    "agent_id": Field(
        label={"zh-CN": "应用 AgentId", "en": "AgentId of the app"},
        help={
            "zh-CN": f"{_APP_ZH}，复制“AgentId”，例如 1000002。",
            "en": f"{_APP_EN}: copy the AgentId, for example 1000002.",
        },
    ),
    "secret": Field(
        label={"zh-CN": "应用 Secret", "en": "Secret of the app"},
        help={
            "zh-CN": f"{_APP_ZH}，点“Secret”旁的“查看”，在企业微信里收到后复制。同一页的“企业可信IP”"
            "里要加上本服务器的公网 IP。",
            "en": f"{_APP_EN}: press View beside Secret and copy it from the message you get in WeCom. Add"
            " this server's public IP to the trusted IPs of the same page.",
        },
    ),
    "token": Field(
        label={"zh-CN": "令牌 (Token)", "en": "Token"},
        help={
            "zh-CN": f"{_PUSH_ZH}，点 Token 旁的“随机获取”后复制；URL 填本页显示的回调地址。先在这里保存，"
            "再到后台点“保存”。",
            "en": f"{_PUSH_EN}: press Random beside Token and copy it; as URL enter the address shown here."
            " Save here first, then over there.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "EncodingAESKey", "en": "EncodingAESKey"},
        help={
            "zh-CN": f"{_PUSH_ZH}，点 EncodingAESKey 旁的“随机获取”得到 43 位字符后复制。",
            "en": f"{_PUSH_EN}: press Random beside EncodingAESKey and copy the 43 characters.",
        },
    ),
    "api_url": API_URL,
}
