"""How much a folder's file system still takes."""

import os
from pathlib import Path

FULL_BYTES = 64 * 1024 * 1024
"""With less than this PostgreSQL may fail at its next segment of log (16 MB each), uploads too."""
_FULL_NODES = 64


def free(folder: Path) -> int:
    """Bytes this user may still write there; 0 where no further file can be made. Raises OSError."""
    found = os.statvfs(folder)
    if found.f_files and found.f_favail < _FULL_NODES:
        return 0
    return found.f_bavail * found.f_frsize


def is_full(*folders: Path) -> bool:
    """Whether one of these that exist has no room left to work."""
    return any(free(folder) < FULL_BYTES for folder in folders if folder.exists())
