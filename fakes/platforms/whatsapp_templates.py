"""WhatsApp's templates: what the business account has, and what fills one."""

import re
from typing import Any

from fakes.phone import Choice
from fakes.platforms.meta_graph import Given, checked, refused

TEMPLATES: list[Given] = [
    {"id": "1001", "name": "hello_world", "language": "en_US", "status": "APPROVED", "category": "UTILITY",
     "parameter_format": "POSITIONAL",
     "components": [{"type": "BODY", "text": "Welcome! This message shows that all is well."}]},
    {"id": "1002", "name": "order_update", "language": "zh_CN", "status": "APPROVED", "category": "UTILITY",
     "parameter_format": "POSITIONAL",
     "components": [{"type": "BODY", "text": "您好 {{1}}，订单 {{2}} 已发货。",
                     "example": {"body_text": [["小满", "A1024"]]}}]},
    {"id": "1003", "name": "spring_sale", "language": "en", "status": "PAUSED", "category": "MARKETING",
     "parameter_format": "POSITIONAL",
     "components": [{"type": "BODY", "text": "Spring sale!"}]},
    {"id": "1004", "name": "parcel_on_its_way", "language": "zh_CN", "status": "APPROVED",
     "category": "UTILITY", "parameter_format": "NAMED",
     "components": [
         {"type": "HEADER", "format": "TEXT", "text": "订单 {{order_id}}",
          "example": {"header_text_named_params": [{"param_name": "order_id", "example": "A1024"}]}},
         {"type": "BODY", "text": "{{customer_name}}，您的包裹由{{carrier}}送出，请留意电话。",
          "example": {"body_text_named_params": [{"param_name": "customer_name", "example": "小满"},
                                                 {"param_name": "carrier", "example": "顺丰"}]}},
         {"type": "FOOTER", "text": "松下客栈"},
         {"type": "BUTTONS", "buttons": [
             {"type": "URL", "text": "查看物流", "url": "https://example.com/track/{{1}}",
              "example": ["https://example.com/track/SF1024"]},
             {"type": "QUICK_REPLY", "text": "改地址"}]}]},
    {"id": "1005", "name": "new_tea", "language": "zh_CN", "status": "APPROVED", "category": "MARKETING",
     "parameter_format": "POSITIONAL",
     "components": [
         {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://example.com/tea.jpg"]}},
         {"type": "BODY", "text": "{{1}}，明前新茶到店，出示此码。", "example": {"body_text": [["小满"]]}},
         {"type": "BUTTONS", "buttons": [
             {"type": "COPY_CODE", "text": "复制优惠码", "example": ["TEA20"]},
             {"type": "PHONE_NUMBER", "text": "致电门店", "phone_number": "+8657100000000"},
             {"type": "QUICK_REPLY", "text": "不再接收"}]}]},
]  # fmt: skip
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
MEDIA = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}


class Filled:
    """What has become of one; `media` is an id, `link` an address, as of a message with a file."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.choices: list[Choice] = []
        self.kind = self.media = self.link = self.name = ""


def filled(given: Given) -> Filled:
    """Refused says what does not fit."""
    checked(given, {"name", "language", "components"}, "template")
    code = given.get("language", {}).get("code")
    found = next((t for t in TEMPLATES if t["name"] == given.get("name") and t["language"] == code), None)
    if found is None:
        raise refused(132001, "Template name does not exist in the translation", 404)
    if found["status"] == "PAUSED":
        raise refused(132015, "Template is Paused")
    brought = list(given.get("components", []))
    for one in brought:
        checked(one, {"type", "sub_type", "index", "parameters"}, "components")
    made, named = Filled(), found["parameter_format"] == "NAMED"
    for part in found["components"]:
        if part["type"] == "BUTTONS":
            for at, button in enumerate(part["buttons"]):
                _button(made, button, at, _taken(brought, "button", str(at)))
        elif part.get("format", "TEXT") in MEDIA:
            _media(made, MEDIA[part["format"]], _taken(brought, "header"))
        else:
            kind = part["type"].lower()
            made.lines.append(_words(part["text"], kind, _taken(brought, kind), named=named))
    if brought:
        raise mismatch(f"{brought[0].get('type')}: the template has no such parameter")
    return made


def mismatch(details: str, code: int = 132000) -> Exception:
    why = "Number of parameters does not match the expected number of params"
    return refused(code, why if code == 132000 else "Parameter format does not match", details=details)


def _taken(brought: list[Given], kind: str, index: str = "") -> list[Given]:
    """The parameters brought for this part, which is taken out of what was brought."""
    for one in brought:
        if str(one.get("type", "")).lower() == kind and (not index or str(one.get("index")) == index):
            brought.remove(one)
            if index and "sub_type" not in one:
                raise mismatch("button: sub_type is missing", 132012)
            return [{**value, "sub_type": one.get("sub_type", "")} for value in one.get("parameters", [])]
    return []


def _words(text: str, kind: str, given: list[Given], *, named: bool) -> str:
    wanted = list(dict.fromkeys(_VARIABLE.findall(text)))
    if len(given) != len(wanted):
        raise mismatch(f"{kind}: number of localizable_params ({len(given)}) does not match")
    if any(one.get("type") != "text" or not str(one.get("text", "")).strip() for one in given):
        raise mismatch(f"{kind}: a text is expected", 132012)
    values = {name: str(one["text"]) for name, one in zip(wanted, given, strict=True)}
    if named:
        if {one.get("parameter_name") for one in given} != set(wanted):
            raise mismatch(f"{kind}: parameter_name is missing or not one of {wanted}", 132012)
        values = {str(one["parameter_name"]): str(one["text"]) for one in given}
    elif any("parameter_name" in one for one in given):
        raise mismatch(f"{kind}: the template has no names", 132012)
    if any(sign in value for value in values.values() for sign in ("\n", "\t", "    ")):
        raise mismatch(f"{kind}: no new lines, tabs or more than 4 consecutive spaces", 132012)
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def _media(made: Filled, kind: str, given: list[Given]) -> None:
    if len(given) != 1 or given[0].get("type") != kind:
        raise mismatch(f"header: Format mismatch, expected {kind.upper()}", 132012)
    file: Any = given[0].get(kind, {})
    checked(file, {"id", "link"} | ({"filename"} if kind == "document" else set()), f"header['{kind}']")
    if ("id" in file) == ("link" in file):
        raise mismatch("header: either id or link", 132012)
    made.kind, made.name = kind, file.get("filename", "")
    made.media, made.link = str(file.get("id", "")), file.get("link", "")


def _button(made: Filled, button: Given, at: int, given: list[Given]) -> None:
    kind, below = button["type"], button.get("phone_number", "")
    wanted = {"COPY_CODE": "copy_code", "URL": "url", "QUICK_REPLY": "quick_reply"}.get(kind)
    if any(one["sub_type"] != wanted for one in given):
        raise mismatch(f"button: the one at index {at} is of type {kind}", 132012)
    if kind == "URL":
        below = button["url"]
        if len(given) != len(_VARIABLE.findall(below)):
            raise mismatch(f"Button at index {at} of type Url requires a parameter", 131008)
        below = _VARIABLE.sub(lambda _: str(given[0].get("text", "")), below)
    if kind == "COPY_CODE":
        below = str(given[0].get("coupon_code", "")) if given else ""
        if not below:
            raise mismatch(f"Button at index {at} of type CopyCode requires a parameter", 131008)
    if kind == "QUICK_REPLY":
        payload = str(given[0].get("payload", "")) if given else button["text"]
        made.choices.append(Choice(id=payload, label=button["text"]))
        return
    made.lines.append(f"{button['text']} {below}".strip())
