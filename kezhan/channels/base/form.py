"""What a form of the administration is drawn from, and secrets that are made by us."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from kezhan.kit.crypto import new_token
from kezhan.kit.fetch import web_address

ROTATION = timedelta(hours=24)
Words = Mapping[str, str]
"""The same words by language: `zh-CN` and `en`, both there."""


def check_addresses(*urls: str) -> None:
    """For `__post_init__` of Settings. Raises ValueError for what cannot be called."""
    if not all(map(web_address, urls)):
        raise ValueError("Expected an address that begins with https:// or http://, without a password")


class Field(Struct, frozen=True, kw_only=True):
    """How the form shows one field of Settings or Secrets. `help` says where to find the value; `options`
    names the values of a choice. `advanced`: shown only on demand, as what most never change."""

    label: Words
    help: Words
    options: Mapping[str, Words] = {}
    advanced: bool = False


class MadeSecrets(Struct, frozen=True, kw_only=True):
    """A secret made by us and copied to the other side. After a rotation the previous one is good for a day
    more; rotating twice ends it at once."""

    current: str
    previous: str = ""
    previous_until: datetime | None = None

    @classmethod
    def make(cls) -> "MadeSecrets":
        return cls(current=new_token("kzk_"))

    def rotate(self, at: datetime) -> "MadeSecrets":
        return structs.replace(
            self, current=new_token("kzk_"), previous=self.current, previous_until=at + ROTATION
        )

    def accepted(self, at: datetime) -> list[str]:
        """The secrets that are good at `at`, the newest first."""
        if self.previous and self.previous_until is not None and at < self.previous_until:
            return [self.current, self.previous]
        return [self.current]
