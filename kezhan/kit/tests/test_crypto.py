"""The key ring: what it seals stays closed to everybody else, before and after a change of keys."""

import base64
import json
import re
import stat
import threading
from pathlib import Path

import pytest

from kezhan.kit.crypto import BadSeal, KeyRing, new_token, token_digest

OLD, NEW = b"o" * 32, b"n" * 32
before = KeyRing("k1", {"k1": OLD})
rotated = KeyRing("k2", {"k1": OLD, "k2": NEW})
stranger = KeyRing("k1", {"k1": b"s" * 32})
PLAINS = [b"", b"x", "龙井茶".encode(), bytes(range(256)), b":" * 50, b"y" * 100_000]


@pytest.mark.parametrize("plain", PLAINS, ids=len)
def test_what_was_sealed_opens_in_its_context_and_shows_nothing_of_itself(plain: bytes) -> None:
    sealed = before.seal(plain, "channels.secret:1")
    assert before.unseal(sealed, "channels.secret:1") == plain
    assert len(plain) < 8 or plain not in sealed
    assert sealed != before.seal(plain, "channels.secret:1"), "equal values do not look equal"


@pytest.mark.parametrize("context", ["channels.secret:2", "", "channels.secret:1 ", "CHANNELS.SECRET:1"])
def test_a_seal_moved_to_another_place_does_not_open(context: str) -> None:
    with pytest.raises(BadSeal):
        before.unseal(before.seal(b"tea", "channels.secret:1"), context)


def test_every_bit_of_a_seal_counts() -> None:
    sealed = before.seal(b"tea", "c")
    for place in range(len(sealed)):
        for bit in (1, 128):
            changed = bytearray(sealed)
            changed[place] ^= bit
            with pytest.raises(BadSeal):
                before.unseal(bytes(changed), "c")


def test_a_seal_cut_off_anywhere_or_grown_does_not_open() -> None:
    sealed = before.seal(b"tea", "c")
    for broken in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(BadSeal):
            before.unseal(broken, "c")


@pytest.mark.parametrize(
    "junk", [b"", b":", b"k1", b"k1:", b"k9:" + b"x" * 40, b"\xff\xfe:abc", b"plain text"]
)
def test_what_was_never_sealed_is_a_bad_seal_and_no_fault(junk: bytes) -> None:
    with pytest.raises(BadSeal):
        before.unseal(junk, "c")


def test_after_a_change_of_keys_the_new_one_seals_and_the_old_ones_open() -> None:
    old = before.seal(b"tea", "c")
    assert rotated.unseal(old, "c") == b"tea"
    new = rotated.seal(b"tea", "c")
    assert new.startswith(b"k2:")
    assert rotated.unseal(new, "c") == b"tea"
    with pytest.raises(BadSeal, match="unknown key"):
        before.unseal(new, "c")
    with pytest.raises(BadSeal):
        KeyRing("k2", {"k2": NEW}).unseal(old, "c")


def test_a_seal_that_claims_another_key_does_not_open() -> None:
    sealed = rotated.seal(b"tea", "c")
    with pytest.raises(BadSeal):
        rotated.unseal(b"k1:" + sealed.partition(b":")[2], "c")


def test_another_installation_with_a_key_of_the_same_name_opens_and_verifies_nothing() -> None:
    with pytest.raises(BadSeal):
        stranger.unseal(before.seal(b"tea", "c"), "c")
    assert not stranger.verify("m", "p", before.sign("m", "p"))
    assert stranger.blind("v", "c") != before.blind("v", "c")


def test_a_blind_index_finds_equals_only_and_survives_a_change_of_keys() -> None:
    index = before.blind("13800000000", "contacts.phone")
    assert (
        index
        == before.blind("13800000000", "contacts.phone")
        == rotated.blind("13800000000", "contacts.phone")
    )
    others = {before.blind(value, "contacts.phone") for value in ("", "1380000000", "13800000000 ", "１３８")}
    assert index not in others
    assert len(others) == 4
    assert index != before.blind("13800000000", "contacts.email")
    assert len(index) == 32


def test_a_signature_holds_for_its_words_and_its_purpose() -> None:
    signature = before.sign("file 1", "files")
    assert re.fullmatch(r"[\w-]{32}", signature)
    assert before.verify("file 1", "files", signature)
    for message, purpose in (("file 2", "files"), ("file 1", "csrf"), ("file 1 ", "files"), ("", "files")):
        assert not before.verify(message, purpose, signature)


@pytest.mark.parametrize("change", ["", "x", "=", "é", "\ud800", "A" * 32, "A" * 10_000])
def test_a_forged_signature_is_refused_whatever_it_is_made_of(change: str) -> None:
    assert not before.verify("m", "p", change)
    assert not before.verify("m", "p", before.sign("m", "p") + (change or "A"))
    assert not before.verify("m", "p", before.sign("m", "p")[:-1])


def test_signatures_from_before_a_change_of_keys_still_hold_and_end_with_their_key() -> None:
    signature = before.sign("m", "p")
    assert rotated.verify("m", "p", signature)
    assert not before.verify("m", "p", rotated.sign("m", "p"))
    assert not KeyRing("k2", {"k2": NEW}).verify("m", "p", signature)


def test_no_two_purposes_share_key_material() -> None:
    sealing, signing = before._derived("seal", "k1"), before._derived("sign:seal", "k1")
    assert len({sealing, signing, before._derived("blind:seal", "k1"), OLD}) == 4


def test_tokens_are_long_unlike_and_readable_by_secret_scanners() -> None:
    tokens = {new_token("kzs_") for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"kzs_[\w-]{43}", token) for token in tokens)


def test_only_a_digest_of_a_token_is_kept() -> None:
    token = new_token("kza_")
    assert token_digest(token) == token_digest(token)
    assert len(token_digest(token)) == 32
    assert token.encode() not in token_digest(token)
    assert token_digest(token) != token_digest(token[:-1])
    assert len(token_digest("\ud800")) == 32, "what no client may send is still no fault"


def test_a_first_start_makes_a_private_ring_and_the_next_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    sealed = KeyRing.open(path).seal(b"tea", "c")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.open(path).unseal(sealed, "c") == b"tea"
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_several_processes_that_start_at_once_make_one_ring(tmp_path: Path) -> None:
    rings: list[KeyRing] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        rings.append(KeyRing.open(tmp_path / "keys.json"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rings) == 8
    assert {ring.unseal(rings[0].seal(b"tea", "c"), "c") for ring in rings} == {b"tea"}


def test_a_ring_on_disk_that_was_given_a_second_key_opens_the_old_seals(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = KeyRing.open(path).seal(b"tea", "c")
    stored = json.loads(path.read_bytes())
    stored["keys"]["k2"] = base64.b64encode(NEW).decode()
    path.write_text(json.dumps({**stored, "current": "k2"}))
    ring = KeyRing.open(path)
    assert ring.unseal(sealed, "c") == b"tea"
    assert ring.seal(b"tea", "c").startswith(b"k2:")
