"""The frames of Feishu's long connection, in protobuf: 1 SeqID, 2 LogID, 3 service, 4 method (numbers),
5 headers (repeated: 1 key, 2 value), 6 payload_encoding, 7 payload_type (texts), 8 payload (bytes),
9 LogIDNew (text)."""

from msgspec import Struct

CONTROL, DATA = 0, 1
_NUMBER, _BYTES = 0, 2


class Frame(Struct, kw_only=True):
    seq_id: int = 0
    log_id: int = 0
    service: int = 0
    method: int = CONTROL
    headers: dict[str, str] = {}
    payload: bytes = b""


def packed(frame: Frame) -> bytes:
    made = bytearray()
    for field, number in enumerate((frame.seq_id, frame.log_id, frame.service, frame.method), 1):
        made += _varint(field << 3 | _NUMBER) + _varint(number)
    for key, value in frame.headers.items():
        made += _delimited(5, _delimited(1, key.encode()) + _delimited(2, value.encode()))
    return bytes(made + _delimited(8, frame.payload))


def unpacked(raw: bytes) -> Frame:
    """ValueError, IndexError where it is none."""
    frame = Frame()
    for field, value in _fields(raw):
        match field, value:
            case 1, int():
                frame.seq_id = value
            case 2, int():
                frame.log_id = value
            case 3, int():
                frame.service = value
            case 4, int():
                frame.method = value
            case 5, bytes():
                pair = dict(_fields(value))
                frame.headers[_text(pair.get(1))] = _text(pair.get(2))
            case 8, bytes():
                frame.payload = value
    return frame


def _text(value: int | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _fields(raw: bytes) -> list[tuple[int, int | bytes]]:
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(raw):
        tag, at = _read(raw, at)
        number, at = _read(raw, at)
        if tag & 7 == _NUMBER:
            found.append((tag >> 3, number))
        elif tag & 7 == _BYTES and at + number <= len(raw):
            found.append((tag >> 3, raw[at : at + number]))
            at += number
        else:
            raise ValueError(f"wire type {tag & 7}, or cut off")
    return found


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def _delimited(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _read(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while raw[at] & 128:
        number |= (raw[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return number | raw[at] << shift, at + 1
