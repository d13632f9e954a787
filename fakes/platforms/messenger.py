"""Facebook Messenger: a page's conversations."""

import time

from fakes.phone import Act, Phone, Said, Shown, Words
from fakes.platforms.meta_customer import Direct
from fakes.platforms.meta_graph import Given


class Messenger(Direct):
    name = "messenger"
    label = Words("Messenger", "Messenger")
    rank = 53
    kinds = ("text", "image", "voice", "video", "file", "sticker", "location", "fallback")
    hint = Words(
        "主页编号、主页访问口令、应用密钥、验证口令逐项照抄，接口地址填本页给出的地址。",
        "Copy page ID, page token, app secret and verify token; enter this page's API address.",
    )

    def acts(self) -> list[Act]:
        return [Act(name="get_started", label=Words("按“开始使用”", "Press Get Started")), *super().acts()]

    def special(self, shown: Shown, said: Said) -> Given:
        if said.kind == "fallback":
            payload = {"url": said.more.get("url", "https://example.com"), "title": said.text}
            return {"text": said.text, "attachments": [{"type": "fallback", "payload": payload}]}
        place = {"lat": float(said.more.get("latitude", "0")), "long": float(said.more.get("longitude", "0"))}
        payload_of_place = {"coordinates": place, "title": said.text}
        return {"attachments": [{"type": "location", "payload": payload_of_place}]}

    def delivered(self, phone: Phone, shown: Shown) -> None:
        mark = {"mids": [shown.id], "watermark": int(time.time() * 1000)}
        self.tell(phone, self.item(phone, {"delivery": mark}))

    def read_mark(self, newest: Shown) -> Given:
        return {"watermark": int(time.time() * 1000)}

    def profile_of(self, phone: Phone) -> Given:
        first, _, last = phone.name.partition(" ")
        names = {"first_name": first, "last_name": last, "name": phone.name}
        return {**names, "profile_pic": self.url("/cdn/none"), "locale": "zh_CN", "id": phone.id}

    async def act_get_started(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["said_at"] = self.now()
        referral = {"ref": "shop", "source": "SHORTLINK", "type": "OPEN_THREAD"}
        postback = {"mid": self.mid(), "title": "Get Started", "payload": "GET_STARTED", "referral": referral}
        self.tell(phone, self.item(phone, {"postback": postback}))


PLATFORM = Messenger
