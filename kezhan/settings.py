"""Environment and command line become one frozen object; nothing else in the house reads the environment."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every switch of one process. `KEZHAN_<NAME>` in the environment sets a field; the command line wins.

    Addresses are host names or literals, ports TCP, folders absolute once `resolved()` has run.
    """

    model_config = SettingsConfigDict(env_prefix="KEZHAN_", frozen=True)

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8700
    public_url: str = ""
    database_url: str = ""
    database_pool: int = 8
    trusted_proxies: tuple[str, ...] = ()
    websocket: Literal["picows", "asgi"] = "picows"
    demo: bool = True
    pages: bool = True
    log_level: str = "info"
    frames_per_second: float = 50
    """What one socket may send on the average, and `frames_burst` at once; more is a flood and ends it."""
    frames_burst: int = 100

    @property
    def address(self) -> str:
        """Where a browser finds this installation, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def secure(self) -> bool:
        return self.address.startswith("https://")

    @property
    def loopback(self) -> bool:
        return self.host in {"127.0.0.1", "localhost", "::1"}

    def resolved(self) -> "Settings":
        return self.model_copy(update={"data": self.data.expanduser().resolve()})
