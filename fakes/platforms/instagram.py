"""Instagram Direct: a professional account's conversations."""

from fakes.phone import Act, Phone, Said, Shown, Words
from fakes.platforms.meta_customer import Direct
from fakes.platforms.meta_graph import Given


class Instagram(Direct):
    name = "instagram"
    label = Words("Instagram", "Instagram")
    rank = 54
    object = "instagram"
    subcode_window = 2534022
    text_unit = "bytes"
    text_most = 1000
    kinds = ("text", "image", "voice", "video", "share", "story_mention", "reel", "unsupported")
    hint = Words(
        "账号编号、访问口令、应用密钥、验证口令逐项照抄，接口地址填本页给出的地址。",
        "Copy account ID, access token, app secret and verify token; enter this page's API address.",
    )

    def acts(self) -> list[Act]:
        return [*super().acts(), Act(name="recall", label=Words("撤回", "Unsend"), on="message")]

    def special(self, shown: Shown, said: Said) -> Given:
        if said.kind == "unsupported":
            return {"is_unsupported": True}
        kind = {"reel": "ig_reel"}.get(said.kind, said.kind)
        payload = {"url": said.more.get("url", self.url(f"/cdn/{shown.file or 'story'}"))}
        return {"attachments": [{"type": kind, "payload": payload}]}

    def read_mark(self, newest: Shown) -> Given:
        return {"mid": newest.id}

    def profile_of(self, phone: Phone) -> Given:
        follows = {
            "is_user_follow_business": True,
            "is_business_follow_user": False,
            "is_verified_user": False,
        }
        name = {
            "name": phone.name,
            "username": phone.id,
            "profile_pic": self.url("/cdn/none"),
            "id": phone.id,
        }
        return {**name, "follower_count": 7, **follows}

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self.hers(phone, given)
        shown.fate, shown.text, shown.file = "recalled", "", ""
        self.tell(phone, self.item(phone, {"message": {"mid": shown.id, "is_deleted": True}}))


PLATFORM = Instagram
