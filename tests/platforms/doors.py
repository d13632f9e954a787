"""What a person copies from each platform's console into our form, and the other way round."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Form = Mapping[str, str]
Json = dict[str, Any]


class Door(NamedTuple):
    """`fill`: our settings and secrets from the platform's console; `entered`: what goes into the console
    besides the hook's address, and `query` behind that; `frame`: the words a template puts before ours."""

    adapter: str
    fill: Callable[[Form, str], tuple[Json, Json]]
    entered: Form = MappingProxyType({})
    query: str = ""
    frame: str = ""


def _wechat(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {"app_secret": form["secret"], "token": form["token"], "aes_key": form["aes_key"]}
    return {"app_id": form["appid"], "mode": "safe", "api_url": url}, secrets


def _mini(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {"app_secret": form["secret"], "token": form["token"], "aes_key": form["aes_key"]}
    return {"app_id": form["appid"], "api_url": url}, secrets


def _kf(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {"secret": form["secret"], "token": form["token"], "aes_key": form["aes_key"]}
    return {"corp_id": form["corpid"], "open_kfid": form["open_kfid"], "api_url": url}, secrets


def _wecom(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {"secret": form["secret"], "token": form["token"], "aes_key": form["aes_key"]}
    return {"corp_id": form["corpid"], "agent_id": int(form["agentid"]), "api_url": url}, secrets


def _robot(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"robot_id": form["aibotid"], "robot_name": form["robot_name"], "api_url": url}
    return settings, {name: form[name] for name in ("token", "aes_key")}


def _telegram(form: Form, url: str) -> tuple[Json, Json]:
    return {"api_url": url}, {"bot_token": form["token"]}


def _whatsapp(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"phone_number_id": form["phone_number_id"], "business_id": form["waba_id"], "api_url": url}
    secrets = {name: form[name] for name in ("access_token", "app_secret", "verify_token")}
    return settings, secrets


def _feishu(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {name: form[name] for name in ("app_secret", "verification_token", "encrypt_key")}
    return {"app_id": form["app_id"], "api_url": url}, secrets


def _feishu_socket(form: Form, url: str) -> tuple[Json, Json]:
    settings, secrets = _feishu(form, url)
    return {**settings, "mode": "socket"}, {"app_secret": secrets["app_secret"]}


def _dingtalk(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"app_key": form["app_key"], "mode": "hook", "robot_code": form["robot_code"]}
    return {**settings, "api_url": url, "old_api_url": url}, {"app_secret": form["app_secret"]}


def _dingtalk_stream(form: Form, url: str) -> tuple[Json, Json]:
    settings, secrets = _dingtalk(form, url)
    return {**settings, "mode": "stream"}, secrets


def _messenger(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {name: form[name] for name in ("app_secret", "verify_token")}
    settings = {"page_id": form["account_id"], "app_id": form["app_id"], "api_url": url}
    return settings, {**secrets, "page_token": form["access_token"]}


def _instagram(form: Form, url: str) -> tuple[Json, Json]:
    secrets = {name: form[name] for name in ("app_secret", "verify_token", "access_token")}
    settings = {"account_id": form["account_id"], "app_id": form["app_id"], "api_url": url}
    return {**settings, "instagram_url": url}, secrets


def _line(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"channel_id": form["channel_id"], "api_url": url, "data_url": url}
    return settings, {name: form[name] for name in ("channel_secret", "access_token")}


def _slack(form: Form, url: str) -> tuple[Json, Json]:
    return {"api_url": f"{url}/api"}, {name: form[name] for name in ("signing_secret", "bot_token")}


def _slack_socket(form: Form, url: str) -> tuple[Json, Json]:
    settings, secrets = _slack(form, url)
    return {**settings, "mode": "socket"}, {**secrets, "app_token": form["app_token"]}


def _weibo(form: Form, url: str) -> tuple[Json, Json]:
    hosts = {
        "reply_url": f"{url}/2/messages/reply/biz.json",
        "profile_url": f"{url}/2/eps/user/info.json",
        "media_url": f"{url}/2/mss/msget",
    }
    return {"uid": form["uid"], **hosts}, {name: form[name] for name in ("app_secret", "access_token")}


def _douyin(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"client_key": form["client_key"], "open_id": form["open_id"], "api_url": url}
    return settings, {name: form[name] for name in ("client_secret", "code")}


def _twilio(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"account_sid": form["account_sid"], "from_number": form["number"], "api_url": url}
    return settings, {"auth_token": form["auth_token"]}


def _kuaishou(form: Form, url: str) -> tuple[Json, Json]:
    hosts = {"auth_url": f"{url}/oauth2/access_token", "send_url": f"{url}/openapi/im/message/send"}
    return {"app_id": form["app_id"], **hosts}, {"app_secret": form["app_secret"]}


def _xiaohongshu(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"app_id": form["app_id"], "user_id": form["user_id"], "api_url": url}
    secrets = {name: form[name] for name in ("aes_key", "app_secret", "auth_code")}
    return {**settings, "send_path": "/api/open/im/message/send"}, secrets


def _mail(form: Form, url: str) -> tuple[Json, Json]:
    settings: Json = {name: form[name] for name in ("address", "imap_host", "smtp_host")}
    settings |= {name: int(form[name]) for name in ("imap_port", "smtp_port")}
    plain = {"imap_security": "none", "smtp_security": "none", "per_minute": 1000}
    return {**settings, **plain}, {"password": form["password"]}


CALLBACK_KEY = "a-key-of-our-own-1"
LONGEST = "500"
FRAME = "【客栈茶庄】"


def _template(text: str) -> Form:
    """What an agent writes is all of it."""
    return {"template_text": text, "parameter": LONGEST}


def _aliyun(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"access_key_id": form["access_key"], "template_code": form["template"], "api_url": url}
    secrets = {"access_key_secret": form["access_secret"], "callback_key": CALLBACK_KEY}
    return {**settings, "sign_name": form["sign"], "text_length": int(LONGEST)}, secrets


def _tencent(form: Form, url: str) -> tuple[Json, Json]:
    settings = {"secret_id": form["secret_id"], "sdk_app_id": form["app_id"], "api_url": url}
    settings |= {"template_id": form["template"], "sign_name": form["sign"]}
    secrets = {"secret_key": form["secret_key"], "callback_key": CALLBACK_KEY}
    return {**settings, "text_length": int(LONGEST)}, secrets


DOORS = {
    "wechat_oa": Door("wechat_oa", _wechat),
    "wechat_miniprogram": Door("wechat_miniprogram", _mini),
    "wechat_kf": Door("wechat_kf", _kf),
    "wecom": Door("wecom", _wecom),
    "telegram": Door("telegram", _telegram),
    "whatsapp": Door("whatsapp", _whatsapp),
    "feishu": Door("feishu", _feishu),
    "dingtalk": Door("dingtalk", _dingtalk),
    "messenger": Door("messenger", _messenger),
    "instagram": Door("instagram", _instagram),
    "line": Door("line", _line),
    "slack": Door("slack", _slack),
    "weibo": Door("weibo", _weibo),
    "douyin": Door("douyin", _douyin),
    "kuaishou": Door("kuaishou", _kuaishou),
    "xiaohongshu": Door("xiaohongshu", _xiaohongshu),
    "email": Door("email", _mail),
    "sms_twilio": Door("sms_twilio", _twilio),
    "sms_aliyun": Door("sms_aliyun", _aliyun, _template("${content}"), f"?key={CALLBACK_KEY}", FRAME),
    "sms_tencent": Door("sms_tencent", _tencent, _template("{1}"), f"?key={CALLBACK_KEY}", FRAME),
    "wecom_robot": Door("wecom_robot", _robot),
    "dingtalk stream": Door("dingtalk", _dingtalk_stream, {"mode": "stream"}),
    "feishu socket": Door("feishu", _feishu_socket, {"mode": "socket"}),
    "slack socket": Door("slack", _slack_socket, {"mode": "socket"}),
}
