"""What connects a mini-program."""

from typing import Literal

from msgspec import Struct

from kezhan.channels.base import Account, Field
from kezhan.channels.vendors.tencent.form import (
    API_URL,
    MODES,
    WINDOW_MESSAGES,
    Address,
    AesKey,
    Messages,
    Mode,
    Word,
)
from kezhan.channels.vendors.tencent.push import Keys


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether pushes come as JSON or XML is seen from each of them."""

    v: Literal[1] = 1
    app_id: Word = ""
    mode: Mode = "safe"
    messages: Messages = 5
    api_url: Address = "https://api.weixin.qq.com"


class Secrets(Struct, frozen=True, kw_only=True):
    """`aes_key` is needed in safe mode only."""

    app_secret: Word
    token: Word
    aes_key: AesKey = ""


def keys(account: Account) -> Keys:
    secrets, settings = account.secrets, account.settings
    return Keys(
        token=secrets.token,
        aes_key=secrets.aes_key,
        receiver=settings.app_id,
        plain=settings.mode != "safe",
    )


_WHERE_ZH = "登录小程序后台 mp.weixin.qq.com →“开发与服务”→“开发管理”→“开发设置”"
_WHERE_EN = "mp.weixin.qq.com → Development and services → Development management → Development settings"
_PUSH_ZH = f"{_WHERE_ZH}→“消息推送”→“启用”或“修改”"
_PUSH_EN = f"{_WHERE_EN} → Message push → Enable or Modify"

FIELDS = {
    "app_id": Field(
        label={"zh-CN": "小程序 AppID", "en": "AppID"},
        help={
            "zh-CN": f"{_WHERE_ZH}，复制“AppID(小程序ID)”，以 wx 开头。",
            "en": f"{_WHERE_EN}: copy the AppID; it begins with wx.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "小程序密钥 (AppSecret)", "en": "AppSecret"},
        help={
            "zh-CN": f"{_WHERE_ZH}，点“AppSecret(小程序密钥)”旁的“生成”或“重置”，由管理员扫码后"
            "复制（只显示一次）。如果开启了“IP白名单”，要加上本服务器的公网 IP。",
            "en": f"{_WHERE_EN}: press Generate or Reset beside AppSecret, let the administrator scan, and"
            " copy it (shown once). Where the IP whitelist is on, add this server's public IP.",
        },
    ),
    "token": Field(
        label={"zh-CN": "令牌 (Token)", "en": "Token"},
        help={
            "zh-CN": f"{_PUSH_ZH}，自己填写一串 3–32 位的英文或数字，两边保持一致；"
            "URL 填本页显示的回调地址，数据格式 JSON 或 XML 均可。",
            "en": f"{_PUSH_EN}: make up 3 to 32 letters or digits, the same on both sides; as URL enter the"
            " address shown here; either data format will do.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "消息加密密钥 (EncodingAESKey)", "en": "EncodingAESKey"},
        help={
            "zh-CN": f"{_PUSH_ZH}，点“随机生成”得到 43 位字符后复制；明文模式可留空。",
            "en": f"{_PUSH_EN}: press Generate and copy the 43 characters; plain mode needs none.",
        },
    ),
    "mode": Field(
        label={"zh-CN": "消息加密方式", "en": "Encryption of messages"},
        help={
            "zh-CN": f"与{_PUSH_ZH}里选择的“消息加密方式”一致；选安全模式时未加密的消息一律拒收。",
            "en": f"The same as chosen in {_PUSH_EN}. In safe mode nothing unsealed is taken.",
        },
        options=MODES,
    ),
    "messages": WINDOW_MESSAGES,
    "api_url": API_URL,
}
