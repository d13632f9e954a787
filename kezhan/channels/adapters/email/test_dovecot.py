"""What comes in, from a real mail server."""

from kezhan.channels.adapters.email.conftest import Dovecot
from kezhan.channels.adapters.email.test_listening import House, listened, mail, refused
from kezhan.channels.base import Turned
from kezhan.kit.testing import until


async def test_dovecot_is_read_caught_up_and_followed(dovecot: Dovecot) -> None:
    dovecot.deliver(mail("old"))
    house = House()
    async with listened(house, imap_port=dovecot.port):
        await until(lambda: house.cursor)
        dovecot.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
    dovecot.deliver(mail("二"))
    async with listened(house, imap_port=dovecot.port):
        await until(lambda: house.texts == ["one", "二"])
        dovecot.deliver(mail("three"))
        await until(lambda: house.texts == ["one", "二", "three"])
    assert house.repeats == 0


async def test_dovecot_with_new_numbers_loses_nothing(dovecot: Dovecot) -> None:
    house = House()
    async with listened(house, imap_port=dovecot.port):
        await until(lambda: house.cursor)
        dovecot.deliver(mail("one"))
        await until(lambda: house.texts == ["one"])
    before = house.cursor
    dovecot.deliver(mail("two"))
    for path in (dovecot.folder / "mail").glob("dovecot*"):
        path.unlink()
    house.cursor = before.replace(before.partition(".")[0], "1", 1)
    async with listened(house, imap_port=dovecot.port):
        await until(lambda: house.texts == ["one", "two"])
        await until(lambda: house.cursor.split(".")[0] not in {"1", ""})
    assert house.repeats == 1


async def test_dovecot_turns_a_wrong_password_away(dovecot: Dovecot) -> None:
    found = await refused(House(), imap_port=dovecot.port, login="nobody@kezhan.example")
    assert isinstance(found, Turned)
    assert found.fault == "token_expired"
