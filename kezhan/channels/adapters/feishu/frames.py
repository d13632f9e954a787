"""The frames of the persistent connection, in protobuf:

Frame {1 SeqID uint64, 2 LogID uint64, 3 service int32, 4 method int32, 5 headers repeated {1 key, 2 value},
6 payload_encoding, 7 payload_type, 8 payload bytes, 9 LogIDNew}
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, convert

CONTROL, DATA = 0, 1
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_NUMBERS = {1: "seq_id", 2: "log_id", 3: "service", 4: "method"}
_TEXTS = {6: "encoding", 7: "kind", 9: "log_id_new"}


class Frame(Struct, frozen=True, kw_only=True):
    seq_id: int = 0
    log_id: int = 0
    service: int = 0
    method: int = CONTROL
    headers: Mapping[str, str] = {}
    encoding: str = ""
    kind: str = ""
    payload: bytes = b""
    log_id_new: str = ""


def read_frame(raw: bytes) -> Frame:
    """Raises ValueError where it is none."""
    numbers: dict[str, int] = {}
    texts: dict[str, str] = {}
    headers: dict[str, str] = {}
    payload = b""
    for number, value in _fields(raw):
        if isinstance(value, int):
            if number in _NUMBERS:
                numbers[_NUMBERS[number]] = value
        elif number == 5:
            pair = {at: found.decode() for at, found in _fields(value) if isinstance(found, bytes)}
            headers[pair.get(1, "")] = pair.get(2, "")
        elif number == 8:
            payload = value
        elif number in _TEXTS:
            texts[_TEXTS[number]] = value.decode()
    return convert({"headers": headers, "payload": payload, **numbers, **texts}, Frame)


def written(frame: Frame) -> bytes:
    found = b"".join(_number(at, getattr(frame, name)) for at, name in _NUMBERS.items())
    for key, value in frame.headers.items():
        found += _bytes(5, _bytes(1, key.encode()) + _bytes(2, value.encode()))
    for at, text in ((6, frame.encoding), (7, frame.kind)):
        found += _bytes(at, text.encode()) if text else b""
    found += _bytes(8, frame.payload)
    return found + (_bytes(9, frame.log_id_new.encode()) if frame.log_id_new else b"")


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(raw, at)
            yield number, value
            continue
        if wire == _LENGTH:
            length, at = _varint(raw, at)
        elif wire in {_EIGHT, _FOUR}:
            length = 8 if wire == _EIGHT else 4
        else:
            raise ValueError("unknown wire type")
        if at + length > len(raw):
            raise ValueError("cut off")
        yield number, raw[at : at + length]
        at += length


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            break
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("cut off")


def _number(at: int, value: int) -> bytes:
    return _packed(at << 3 | _VARINT) + _packed(value)


def _bytes(at: int, value: bytes) -> bytes:
    return _packed(at << 3 | _LENGTH) + _packed(len(value)) + value


def _packed(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
