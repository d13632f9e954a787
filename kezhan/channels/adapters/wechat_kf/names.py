"""Whom a talk is with: a customer by one service account. Her window and session are this account's alone."""

from kezhan.channels.base import Turned
from kezhan.channels.vendors.tencent.fields import Fields, word


def customer_of(fields: Fields) -> str:
    """`external_userid@open_kfid`; empty where either is missing."""
    who, account = word(fields, "external_userid"), word(fields, "open_kfid")
    return f"{who}@{account}" if who and account else ""


def parts_of(external_id: str) -> tuple[str, str]:
    """(external_userid, open_kfid). Raises Turned for a name that is not ours."""
    who, _, account = external_id.partition("@")
    if not (who and account):
        raise Turned("no such customer here")
    return who, account
