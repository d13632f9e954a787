"""THE table of sealed columns, and of bytes that are none. A column of bytes in neither fails a test."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from kezhan.audit.keys import Of
from kezhan.channels.accounts import secrets_context
from kezhan.channels.sealed import call_context, text_context
from kezhan.devices.subscribe import PUSH_KEY, address_context
from kezhan.integrations.endpoints import secret_context as endpoint_context
from kezhan.kit.reading import ReadRow
from kezhan.orders.source import secret_context as orders_context
from kezhan.translate.settings import secret_context as translate_context
from kezhan.workspaces.factors.totp import context_of as totp_context
from kezhan.workspaces.once import context_of as answer_context
from kezhan.workspaces.single_sign_on.connection import secret_context as provider_context
from kezhan.workspaces.single_sign_on.connection import signing_context


class Sealed(NamedTuple):
    """`keys` find a row within its workspace; `context` is what its room seals it under. `more`: columns the
    context needs beside the keys."""

    table: str
    column: str
    keys: tuple[str, ...]
    context: Callable[[UUID, ReadRow], str]
    more: tuple[str, ...] = ()


OF_WORKSPACES = (
    Sealed("channel_accounts", "secrets", ("id",), lambda ws, row: secrets_context(row.id)),
    Sealed("channel_inbox", "sealed", ("id",), lambda ws, row: call_context(row.id)),
    Sealed(
        "channel_kept", "sealed", ("account_id", "name"),
        lambda ws, row: text_context(row.account_id, row.name),
    ),
    Sealed(
        "channel_windows", "ticket", ("account_id", "identity_id"),
        lambda ws, row: text_context(row.account_id, "ticket"),
    ),
    Sealed("api_answers", "sealed", ("token_id", "key"), lambda ws, row: answer_context(row.token_id)),
    Sealed(
        "person_keys", "sealed", ("kind", "person_id"),
        lambda ws, row: Of(row.kind, row.person_id).context,
    ),
    Sealed("order_sources", "secret", ("workspace_id",), lambda ws, row: orders_context(ws)),
    Sealed("translation_settings", "secret", ("workspace_id",), lambda ws, row: translate_context(ws)),
    Sealed("single_sign_on", "secret", ("workspace_id",), lambda ws, row: provider_context(ws)),
    Sealed("single_sign_on", "signing_key", ("workspace_id",), lambda ws, row: signing_context(ws)),
    Sealed("webhook_endpoints", "secret", ("id",), lambda ws, row: endpoint_context(row.id)),
    Sealed("webhook_endpoints", "old_secret", ("id",), lambda ws, row: endpoint_context(row.id)),
    Sealed(
        "push_subscriptions", "sealed", ("id",), lambda ws, row: address_context(row.digest), ("digest",)
    ),
)  # fmt: skip
OF_THE_HOUSE = (
    Sealed("push_keys", "sealed", ("id",), lambda ws, row: PUSH_KEY),
    Sealed("totp_secrets", "sealed", ("user_id",), lambda ws, row: totp_context(row.user_id)),
)


class Within(NamedTuple):
    """A column of texts in which values are sealed one by one, as `fields.seals` writes them."""

    table: str
    column: str
    keys: tuple[str, ...]


WITHIN = (
    Within("contacts", "fields", ("id",)),
    Within("companies", "fields", ("id",)),
    Within("contact_merges", "changed", ("id",)),
    Within("contact_import_rows", "known", ("import_id", "no")),
)
BYTES = frozenset(
    {
        ("api_answers", "digest"), ("api_tokens", "token_digest"), ("audit_anchors", "hash"),
        ("audit_seals", "previous"), ("audit_seals", "hash"), ("channel_sides", "customer"),
        ("contact_import_rows", "digest"), ("files", "digest"), ("invitations", "token_digest"),
        ("link_cards", "digest"), ("link_cards", "picture"), ("push_subscriptions", "digest"),
        ("passkeys", "credential_id"), ("passkeys", "public_key"), ("recovery_codes", "digest"),
        ("sign_in_steps", "digest"), ("sign_in_steps", "challenge"),
        ("sessions", "token_digest"), ("translations", "digest"), ("visitor_sessions", "token_digest"),
        ("puzzles_solved", "digest"), ("provisioning_tokens", "token_digest"),
        ("single_sign_on_seen", "digest"),
        ("audit_log", "private"),  # under its person's key
    }
)  # fmt: skip
"""Digests, hashes, a picture: nothing the installation's key has sealed."""
