"""What tapping an entry of an account's menu tells besides its key."""

from typing import Any

_SCANNED = {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "https://tea.example/1"}}
_PICTURE = {"PicMd5Sum": "5a75aaca956d97be686719218f275c6b"}
_PICTURES = {"SendPicsInfo": {"Count": 1, "PicList": {"item": _PICTURE}}}
_PLACE = {"Location_X": "30.25", "Location_Y": "120.16", "Scale": "15", "Label": "西湖", "Poiname": ""}
TAPS: dict[str, dict[str, Any]] = {
    "CLICK": {},
    "VIEW": {},
    "scancode_push": _SCANNED,
    "scancode_waitmsg": _SCANNED,
    "pic_sysphoto": _PICTURES,
    "pic_photo_or_album": _PICTURES,
    "pic_weixin": _PICTURES,
    "location_select": {"SendLocationInfo": _PLACE},
}
OPENING = {"CLICK", "scancode_push", "scancode_waitmsg"}
"""Those after which the account may write."""
SESSIONS = ["kf_create_session", "kf_close_session", "kf_switch_session"]
"""Events of the console with several agents that WeChat itself offers."""
