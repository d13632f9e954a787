"""What our own mail server has found out about the sender (Authentication-Results, RFC 8601).

Anybody can write such a field into a mail; only those that begin with our server's own name count, and the
server strips others that claim it.
"""

import re
from typing import Literal

from kezhan.channels.adapters.email.headers import Fields, values

Verdict = Literal["pass", "fail", "unknown"]
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s{0,3}=\s{0,3}([a-z]+)", re.IGNORECASE)
_DOMAIN = re.compile(r"\bheader\.(?:d|i)\s{0,3}=\s{0,3}\"?(?:[^\s;@]{0,100}@)?([\w.-]{1,200})", re.IGNORECASE)
_FROM = re.compile(r"\bheader\.from\s{0,3}=\s{0,3}\"?(?:[^\s;@]{0,100}@)?([\w.-]{1,200})", re.IGNORECASE)


def verdict(fields: Fields, server: str, sender: str) -> Verdict:
    """Whether the domain of `sender` has vouched for the mail. Without a `server` nobody is asked."""
    if not server:
        return "unknown"
    domain = sender.rpartition("@")[2].lower()
    said: Verdict = "unknown"
    for field in values(fields, "authentication-results")[:5]:
        name, _, results = _COMMENT.sub(" ", field).partition(";")
        if name.strip().partition(" ")[0].lower() != server.lower():
            continue
        for result in results.split(";")[:20]:
            found = _of(result, domain)
            if found == "fail":
                return "fail"
            said = found if found != "unknown" else said
    return said


def _of(result: str, domain: str) -> Verdict:
    found = _RESULT.search(result)
    if found is None:
        return "unknown"
    method, outcome = found[1].lower(), found[2].lower()
    if method == "dmarc":
        about = _FROM.search(result)
        if about is not None and not _same(about[1].lower(), domain):
            return "unknown"
        return "pass" if outcome == "pass" else "fail" if outcome == "fail" else "unknown"
    signer = _DOMAIN.search(result)
    if method == "dkim" and outcome == "pass" and signer is not None and _same(signer[1].lower(), domain):
        return "pass"
    return "unknown"


def _same(one: str, domain: str) -> bool:
    """Whether `one` is the sender's domain or one above it; what lies below may belong to somebody else."""
    return one == domain or ("." in one and domain.endswith(f".{one}"))
