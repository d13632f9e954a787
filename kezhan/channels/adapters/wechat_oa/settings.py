"""What connects an official account."""

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
    """`kf_account` (name@account) is whose name and picture customers see; empty: the account's own."""

    v: Literal[1] = 1
    app_id: Word = ""
    mode: Mode = "safe"
    messages: Messages = 5
    kf_account: Word = ""
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


_WHERE_ZH = "登录微信公众平台 mp.weixin.qq.com →“设置与开发”→“开发接口管理”→“基本配置”"
_WHERE_EN = "mp.weixin.qq.com → Settings and development → Developer interface → Basic configuration"

FIELDS = {
    "app_id": Field(
        label={"zh-CN": "开发者ID (AppID)", "en": "AppID"},
        help={
            "zh-CN": f"{_WHERE_ZH}，复制“开发者ID(AppID)”，以 wx 开头。",
            "en": f"{_WHERE_EN}: copy the developer id (AppID); it begins with wx.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "开发者密码 (AppSecret)", "en": "AppSecret"},
        help={
            "zh-CN": f"{_WHERE_ZH}，点“开发者密码(AppSecret)”旁的“启用”或“重置”，由管理员扫码后"
            "复制（只显示一次）。同一页的“IP白名单”里要加上本服务器的公网 IP。",
            "en": f"{_WHERE_EN}: press Enable or Reset beside AppSecret, let the administrator scan, and copy"
            " it (shown once). Add this server's public IP to the IP whitelist of the same page.",
        },
    ),
    "token": Field(
        label={"zh-CN": "令牌 (Token)", "en": "Token"},
        help={
            "zh-CN": f"{_WHERE_ZH}→“服务器配置”→“修改配置”，自己填写一串 3–32 位的英文或数字，"
            "两边保持一致；URL 填本页显示的回调地址。保存并“启用”后生效。",
            "en": f"{_WHERE_EN} → Server configuration → Modify: make up 3 to 32 letters or digits, the same"
            " on both sides; as URL enter the address shown here. Save, then press Enable.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "消息加解密密钥 (EncodingAESKey)", "en": "EncodingAESKey"},
        help={
            "zh-CN": f"{_WHERE_ZH}→“服务器配置”，点“随机生成”得到 43 位字符后复制；明文模式可留空。",
            "en": f"{_WHERE_EN} → Server configuration: press Generate and copy the 43 characters; plain mode"
            " needs none.",
        },
    ),
    "mode": Field(
        label={"zh-CN": "消息加解密方式", "en": "Encryption of messages"},
        help={
            "zh-CN": f"与{_WHERE_ZH}→“服务器配置”里选择的“消息加解密方式”一致；"
            "选安全模式时未加密的消息一律拒收。",
            "en": f"The same as chosen in {_WHERE_EN} → Server configuration. In safe mode nothing unsealed"
            " is taken.",
        },
        options=MODES,
    ),
    "messages": WINDOW_MESSAGES,
    "kf_account": Field(
        label={"zh-CN": "客服账号", "en": "Agent account"},
        help={
            "zh-CN": "可选。登录微信公众平台→“客服功能”，填写形如 kf2001@gh_id 的账号，"
            "客户会看到该客服的昵称和头像。",
            "en": "Optional. mp.weixin.qq.com → Customer service: an account such as kf2001@gh_id, whose name"
            " and picture customers then see.",
        },
        advanced=True,
    ),
    "api_url": API_URL,
}
