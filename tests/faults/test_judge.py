"""The judge on logs made by hand: a clean one passes, each kind of violation is found, and only that one."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.faults.judge import Place, Row, Stored, candour, judge, verdict
from tests.faults.ledger import (
    Acked,
    Came,
    Ended,
    Held,
    Ledger,
    Line,
    Refused,
    Retried,
    Said,
    Saw,
    Seen,
    Sent,
    Stores,
    Trouble,
    Waiting,
    digest,
    read,
)

ANN, BEA, STAFF = "identity-ann", "identity-bea", "member"
Log = list[Line]


def row(seq: int, client_id: str, *, kind: str = "text", conversation: str = "k", agent: bool = False) -> Row:
    author, party = ("agent", STAFF) if agent else ("visitor", ANN)
    return Row(
        conversation=conversation, seq=seq, kind=kind, author=author, party=party, client_id=client_id,
        digest=digest(client_id),
    )  # fmt: skip


def sent(by: str, client_id: str, kind: str = "text") -> Sent:
    place = "k" if by == "agent" else ""
    return Sent(by=by, client_id=client_id, kind=kind, digest=digest(client_id), conversation=place)


ROWS = [row(1, "m1"), row(2, "m2"), row(3, "n1", kind="note", agent=True), row(4, "m3"), row(5, "m4")]
PUBLIC = [one.seen() for one in ROWS if one.kind != "note"]


def clean() -> tuple[Log, Stored]:
    """Ann has sent four messages, an agent a note; all is well."""
    log: Log = [
        Came(by="ann", side="visitor", party=ANN),
        Came(by="bea", side="visitor", party=BEA),
        Came(by="agent", side="agent", party=STAFF),
    ]
    for seq, name in ((1, "m1"), (2, "m2"), (4, "m3"), (5, "m4")):
        log += [sent("ann", name), Acked(by="ann", client_id=name, conversation="k", seq=seq)]
    log += [sent("agent", "n1", "note"), Acked(by="agent", client_id="n1", conversation="k", seq=3)]
    whole = [one.seen() for one in ROWS]
    log += [
        Saw(by="agent", conversation="k", messages=whole[:2]),
        Saw(by="agent", conversation="k", messages=whole[2:]),
        Held(by="agent", linked=True, conversation="k", messages=whole, state="assigned"),
        Waiting(by="agent", linked=True, client_ids=[]),
        Saw(by="ann", conversation="k", messages=PUBLIC),
        Held(by="ann", linked=True, conversation="k", messages=PUBLIC),
        Waiting(by="ann", linked=True, client_ids=[]),
    ]
    return log, Stored(rows=list(ROWS), places={"k": Place(customer=ANN, state="assigned", last_seq=5)})


def rules(log: Log, stored: Stored) -> set[str]:
    return {fault.rule for fault in judge(log, stored)}


def without(stored: Stored, client_id: str) -> Stored:
    """As if that one had never been written."""
    rows = [one for one in stored.rows if one.client_id != client_id]
    return Stored(rows=rows, places=stored.places)


def replaced(log: Log, old: Line, new: Line) -> Log:
    return [new if one == old else one for one in log]


def test_a_clean_log_has_no_fault() -> None:
    log, stored = clean()
    assert judge(log, stored) == []
    assert verdict([]).startswith("0 lost, 0 doubled")


def test_an_acknowledgement_before_the_commit_is_found() -> None:
    """The server died between the two: acknowledged, perhaps seen, and not there."""
    log, stored = clean()
    assert {"lost", "phantom"} <= rules(log, without(stored, "m4"))


def test_a_dropped_deduplication_is_found() -> None:
    log, stored = clean()
    again = msgspec.structs.replace(row(6, "m2"))
    places = {"k": Place(customer=ANN, state="assigned", last_seq=6)}
    assert "doubled" in rules(log, Stored(rows=[*stored.rows, again], places=places))


def test_an_unsorted_resume_is_found() -> None:
    """The messages are all there in the end; only the frame told them backwards."""
    log, stored = clean()
    told = Saw(by="ann", conversation="k", messages=PUBLIC)
    back = Saw(by="ann", conversation="k", messages=PUBLIC[::-1])
    assert rules(replaced(log, told, back), stored) == {"unsorted"}


def test_an_older_message_told_by_a_later_frame_is_found_and_a_fresh_snapshot_is_none() -> None:
    log, stored = clean()
    late = Saw(by="agent", conversation="k", messages=[ROWS[1].seen()])
    assert rules([*log, late], stored) == {"unsorted"}
    assert rules([*log, msgspec.structs.replace(late, afresh=True)], stored) == set()


def test_messages_stored_in_another_order_than_sent_are_found() -> None:
    log, stored = clean()
    swapped = [row(1, "m2"), row(2, "m1"), *ROWS[2:]]
    found = rules(log, Stored(rows=swapped, places=stored.places))
    assert {"order", "misplaced"} <= found


def test_a_message_put_off_by_the_server_may_come_later_than_its_followers() -> None:
    log: Log = [Came(by="ann", side="visitor", party=ANN), sent("ann", "m1"), sent("ann", "m2")]
    rows = [row(1, "m2"), row(2, "m1")]
    stored = Stored(rows=rows, places={"k": Place(customer=ANN, state="queued", last_seq=2)})
    assert rules(log, stored) == {"order"}
    assert rules([*log, Retried(by="ann", client_id="m1")], stored) == set()


def test_what_nobody_sent_is_found() -> None:
    log, stored = clean()
    places = {"k": Place(customer=ANN, state="assigned", last_seq=6)}
    assert "invented" in rules(log, Stored(rows=[*stored.rows, row(6, "x")], places=places))


@pytest.mark.parametrize("field", ["digest", "kind", "party", "author"])
def test_what_was_changed_on_the_way_is_found(field: str) -> None:
    log, stored = clean()
    other = msgspec.structs.replace(stored.rows[0], **{field: "other"})
    assert "changed" in rules(log, Stored(rows=[other, *stored.rows[1:]], places=stored.places))


def test_a_message_in_anothers_conversation_is_found() -> None:
    log, stored = clean()
    places = {"k": Place(customer=BEA, state="assigned", last_seq=5)}
    assert {"changed", "leak"} <= rules(log, Stored(rows=stored.rows, places=places))


def test_what_was_refused_and_stored_all_the_same_is_found() -> None:
    log, stored = clean()
    no = Refused(by="ann", client_id="m4", code="conversations.closed")
    assert rules([*log, no], stored) == {"refused"}


def test_a_fit_message_refused_for_good_is_found_unless_its_conversation_was_closed() -> None:
    log, stored = clean()
    for code, found in (("conversations.closed", set()), ("conversations.not_accepted", {"rejected"})):
        lost = [*log, sent("ann", "m9"), Refused(by="ann", client_id="m9", code=code)]
        assert rules(lost, stored) == found


def test_a_note_before_a_customers_eyes_is_found_and_so_is_anothers_conversation() -> None:
    log, stored = clean()
    note = Saw(by="ann", conversation="k", messages=[ROWS[2].seen()], afresh=True)
    assert rules([*log, note], stored) == {"leak"}
    strange = Saw(by="bea", conversation="k", messages=[ROWS[0].seen()])
    assert rules([*log, strange], stored) == {"leak"}


def test_a_hole_in_the_numbers_is_found() -> None:
    log, stored = clean()
    places = {"k": Place(customer=ANN, state="assigned", last_seq=7)}
    assert rules(log, Stored(rows=stored.rows, places=places)) == {"gap"}


def _fewer(log: Log) -> Log:
    return [
        msgspec.structs.replace(one, messages=one.messages[:-1]) if isinstance(one, Held) else one
        for one in log
    ]


def _nothing(log: Log) -> Log:
    return [one for one in log if not isinstance(one, Held) or one.by != "ann"]


def _more(log: Log) -> Log:
    extra = Seen(9, "text", "visitor", "x", "y")
    return [
        msgspec.structs.replace(one, messages=[*one.messages, extra]) if isinstance(one, Held) else one
        for one in log
    ]


@pytest.mark.parametrize("spoil", [_fewer, _more, _nothing])
def test_a_client_that_holds_less_or_more_is_found_if_it_is_connected(spoil: Callable[[Log], Log]) -> None:
    log, stored = clean()
    spoilt = spoil(log)
    assert rules(spoilt, stored) == {"diverged"}
    away = [
        msgspec.structs.replace(one, linked=False) if isinstance(one, Held | Waiting) else one
        for one in spoilt
    ]
    assert rules(away, stored) == set()


def test_another_state_than_the_stored_one_is_found() -> None:
    log, stored = clean()
    places = {"k": Place(customer=ANN, state="closed", last_seq=5)}
    assert rules(log, Stored(rows=stored.rows, places=places)) == {"state"}


def test_a_message_without_an_answer_an_ended_session_and_a_stuck_server_are_found() -> None:
    log, stored = clean()
    worse = [
        *log,
        Waiting(by="bea", linked=True, client_ids=["m9"]),
        Ended(by="bea", code=4401),
        Trouble(by="", text="no health"),
    ]
    assert rules(worse, stored) == {"unanswered", "session", "stuck"}


def test_a_repeated_acknowledgement_is_no_fault_and_one_of_another_place_is() -> None:
    log, stored = clean()
    again = Acked(by="ann", client_id="m1", conversation="k", seq=1)
    assert rules([*log, again], stored) == set()
    assert rules([*log, msgspec.structs.replace(again, seq=2)], stored) == {"misplaced"}


def test_a_log_reads_as_it_was_written_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    log, _ = clean()
    ledger = Ledger(tmp_path / "log")
    for one in log:
        ledger.put(one)
    ledger.close()
    assert list(read(tmp_path / "log")) == log
    assert (ledger.sent, ledger.acked) == (5, 5)
    with (tmp_path / "log").open("a") as out:
        out.write('{"is":"nothing"}\n')
    with pytest.raises(msgspec.MsgspecError):
        list(read(tmp_path / "log"))


def tries(*stored: bool) -> Log:
    """One each second from 100 on."""
    return [Stores(by="", at=100.0 + n, until=100.5 + n, stored=one) for n, one in enumerate(stored)]


def said(at: float, live: int = 200, ready: int = 200, *, owed: bool = True) -> Said:
    return Said(by="s0", at=at, live=live, ready=ready, owed=owed)


DRY = tries(True, *[False] * 10, True)


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        ([said(90), said(200, ready=503)], None),
        ([said(102), said(105, ready=503), said(112)], None),
        ([said(105, live=0, ready=0, owed=False)], None),
        ([said(105)], "boast"),
        ([said(105, ready=503), said(110)], "boast"),
        ([said(90, live=0, ready=0)], "mute"),
        ([said(105, live=503, ready=503)], "mute"),
    ],
)
def test_a_server_that_runs_says_so_and_one_that_cannot_store_is_not_ready(
    log: Log, rule: str | None
) -> None:
    came, stored = clean()
    assert rules([*came, *DRY, *log], stored) == ({rule} if rule else set())


def test_a_try_that_failed_once_holds_nobody_to_anything_and_one_at_the_end_does() -> None:
    came, stored = clean()
    assert rules([*came, *tries(True, False, True), said(101.2)], stored) == set()
    assert rules([*came, *tries(True, *[False] * 6), said(105)], stored) == {"boast"}


def test_candour_tells_how_long_a_server_believed_what_was_not_so() -> None:
    told = candour([*DRY, said(90), said(102.5), said(106, ready=503), said(99, owed=False)])
    assert told.startswith(
        "health asked 3 times: alive 3, ready 2; nothing could be stored 1 times, 9 s in all"
    )
    assert told.endswith("for 1.5 s at most")
    assert "0.0 s" in candour([])
