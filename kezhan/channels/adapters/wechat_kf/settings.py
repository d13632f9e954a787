"""What connects WeChat Customer Service."""

from typing import Literal

from msgspec import Struct

from kezhan.channels.base import Account, Field
from kezhan.channels.vendors.tencent.form import API_URL, WINDOW_MESSAGES, Address, AesKey, Messages, Word
from kezhan.channels.vendors.tencent.push import Keys


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`open_kfid`: the one service account that is served; empty: all that the app may manage.
    `end_sessions`: closing a conversation ends its session over there."""

    v: Literal[1] = 1
    corp_id: Word = ""
    open_kfid: Word = ""
    messages: Messages = 5
    end_sessions: bool = False
    api_url: Address = "https://qyapi.weixin.qq.com"


class Secrets(Struct, frozen=True, kw_only=True):
    """Nothing comes unsealed. `secret` may come later: the console shows it only once the callback stands."""

    token: Word
    aes_key: AesKey
    secret: Word = ""


def keys(account: Account) -> Keys:
    secrets = account.secrets
    return Keys(token=secrets.token, aes_key=secrets.aes_key, receiver=account.settings.corp_id)


_WHERE_ZH = "登录微信客服后台 kf.weixin.qq.com →“开发配置”"
_WHERE_EN = "kf.weixin.qq.com → Development configuration"
_WORK_ZH = "（由企业微信管理时：work.weixin.qq.com →“应用管理”→“微信客服”→“API”）"
_WORK_EN = " (managed by WeCom: work.weixin.qq.com → Apps → WeChat Customer Service → API)"

FIELDS = {
    "corp_id": Field(
        label={"zh-CN": "企业ID", "en": "Corp ID"},
        help={
            "zh-CN": f"{_WHERE_ZH}，复制“企业ID”，以 ww 开头；企业微信后台在“我的企业”→“企业信息”的最下方。",
            "en": f"{_WHERE_EN}: copy the corp id; it begins with ww. In WeCom: My company → Company"
            " information, at the bottom.",
        },
    ),
    "token": Field(
        label={"zh-CN": "令牌 (Token)", "en": "Token"},
        help={
            "zh-CN": f"{_WHERE_ZH}→“企业内部接入”→“回调配置”，点“随机获取”后复制；URL 填本页显示的回调地址。"
            "先在这里保存，再到后台点“完成”。",
            "en": f"{_WHERE_EN} → Internal access → Callback: press Random and copy it; as URL enter the"
            " address shown here. Save here first, then finish over there.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "EncodingAESKey", "en": "EncodingAESKey"},
        help={
            "zh-CN": f"{_WHERE_ZH}→“企业内部接入”→“回调配置”，点“随机获取”得到 43 位字符后复制。",
            "en": f"{_WHERE_EN} → Internal access → Callback: press Random and copy the 43 characters.",
        },
    ),
    "secret": Field(
        label={"zh-CN": "Secret", "en": "Secret"},
        help={
            "zh-CN": f"{_WHERE_ZH}→“企业内部接入”，点“Secret”旁的“查看”后复制{_WORK_ZH}；"
            "回调配置完成后才会显示，可以先留空，之后再补上。"
            "使用自建应用接入时，填“可调用接口的应用”里那个应用的 Secret，并在该应用的“企业可信IP”"
            "里加上本服务器的公网 IP。",
            "en": f"{_WHERE_EN} → Internal access: press View beside Secret and copy it{_WORK_EN}. It is"
            " shown once the callback stands: leave it empty until then. With an app of your own: the Secret"
            " of the app that may call the interface; add this server's public IP to its trusted IPs.",
        },
    ),
    "open_kfid": Field(
        label={"zh-CN": "客服账号ID (open_kfid)", "en": "Service account (open_kfid)"},
        help={
            "zh-CN": "可选，以 wk 开头。只接入一个客服账号时填写：微信客服后台→“客服账号”→ 打开该账号，"
            "复制“客服ID”；留空则接入全部有管理权限的客服账号。",
            "en": "Optional; begins with wk. To serve only one service account: kf.weixin.qq.com → Service"
            " accounts → open it and copy its id. Empty: all that may be managed.",
        },
    ),
    "end_sessions": Field(
        label={"zh-CN": "关闭会话时同时结束微信侧会话", "en": "End the session over there, too"},
        help={
            "zh-CN": "在客栈关闭会话后，微信侧也随之结束；之后要等客户再次发来消息才能回复。"
            "微信后台无需设置。",
            "en": "When a conversation is closed here its session ends in WeChat, too; then nothing can be"
            " sent until the customer writes again. Nothing is to be set over there.",
        },
        advanced=True,
    ),
    "messages": WINDOW_MESSAGES,
    "api_url": API_URL,
}
