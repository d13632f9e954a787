"""One person on several processes is one presence."""

from uuid import UUID

from kezhan.realtime.presence import Key, Presence

WORKSPACE, OTHER = UUID(int=1), UUID(int=2)
LIN: Key = ("agent", UUID(int=9))
CHEN: Key = ("visitor", UUID(int=10))


def watched() -> tuple[Presence, list[tuple[Key, bool]], list[tuple[Key, bool]]]:
    presence = Presence()
    changes: list[tuple[Key, bool]] = []
    own: list[tuple[Key, bool]] = []
    presence.on_change = lambda workspace, key, online: changes.append((key, online))
    presence.on_own = lambda workspace, key, online: own.append((key, online))
    return presence, changes, own


def test_who_is_on_two_processes_is_gone_when_both_have_let_go() -> None:
    presence, changes, own = watched()
    presence.elsewhere("b", WORKSPACE, LIN, True)
    presence.arrive(WORKSPACE, LIN)
    presence.depart(WORKSPACE, LIN)
    assert presence.online(LIN) and presence.present(WORKSPACE, "agent") == [LIN[1]]
    presence.elsewhere("b", WORKSPACE, LIN, False)
    assert not presence.online(LIN) and presence.present(WORKSPACE, "agent") == []
    assert changes == [(LIN, True), (LIN, False)]
    assert own == [(LIN, True), (LIN, False)]


def test_what_is_told_twice_or_was_never_there_changes_nothing() -> None:
    presence, changes, _ = watched()
    presence.elsewhere("b", WORKSPACE, LIN, False)
    for _ in range(2):
        presence.elsewhere("b", WORKSPACE, LIN, True)
    presence.elsewhere("c", WORKSPACE, LIN, True)
    for _ in range(2):
        presence.elsewhere("b", WORKSPACE, LIN, False)
    assert presence.online(LIN)
    presence.lose("c")
    presence.lose("c")
    assert changes == [(LIN, True), (LIN, False)]


def test_a_lost_process_takes_its_own_people_and_nobody_elses() -> None:
    presence, changes, own = watched()
    for process, workspace, key in (("b", WORKSPACE, LIN), ("b", OTHER, CHEN), ("c", OTHER, CHEN)):
        presence.elsewhere(process, workspace, key, True)
    assert presence.at("b") == {LIN, CHEN}
    presence.lose("b", [LIN])
    assert presence.at("b") == {CHEN}
    presence.lose("b")
    assert presence.at("b") == frozenset()
    assert presence.present(OTHER, "visitor") == [CHEN[1]] and not presence.online(LIN)
    assert changes == [(LIN, True), (CHEN, True), (LIN, False)]
    assert own == [] and presence.own() == {}
