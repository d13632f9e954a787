"""A site as its visitors' widget sees it."""

import msgspec
from msgspec import Struct

from kezhan.channels.accounts import Account
from kezhan.channels.adapters.webchat.settings import Secrets, Settings


class SiteConfig(Struct, frozen=True, kw_only=True):
    """How the chat looks and speaks. Empty texts leave the words to the client, in its reader's language."""

    key: str
    title: str
    accent: str
    greeting: str
    placeholder: str
    offline_text: str
    languages: tuple[str, ...]
    position: str
    launcher: bool


def site_settings(account: Account) -> Settings:
    return msgspec.convert(account.settings, Settings)


def identity_secrets(account: Account) -> list[str]:
    """What the host site may sign identities with, two while one replaces the other."""
    return msgspec.convert(account.secrets, Secrets).identity_secrets


def site_config(account: Account) -> SiteConfig:
    settings = site_settings(account)
    return SiteConfig(
        key=account.public_key,
        title=settings.title or account.name,
        accent=settings.accent,
        greeting=settings.greeting,
        placeholder=settings.placeholder,
        offline_text=settings.offline_text,
        languages=settings.languages,
        position=settings.position,
        launcher=settings.launcher,
    )
