"""Environment and command line become one frozen object; nothing else in the house reads the environment."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def secret_folders() -> tuple[Path, ...]:
    """Where Docker and Kubernetes (`/run/secrets`) and systemd (LoadCredential=) put secrets, one a file."""
    given = (Path("/run/secrets"), Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/run/secrets"))
    return tuple(folder for folder in dict.fromkeys(given) if folder.is_dir())


class Settings(BaseSettings):
    """Every switch of one process. `KEZHAN_<NAME>` in the environment sets a field; the command line wins.
    What neither names may stand in a file `kezhan_<name>` among the secrets of the service.

    Addresses are host names or literals, ports TCP, folders absolute once `resolved()` has run.
    """

    model_config = SettingsConfigDict(env_prefix="KEZHAN_", frozen=True, secrets_dir=secret_folders())

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8700
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+/?)?$")] = ""
    database_url: str = ""
    nats_url: Annotated[str, Field(pattern=r"^((^|,)(nats|tls)://[^\s,/?#]+/?)*$")] = ""
    """Servers of one NATS cluster, parted by commas, that carry hints between processes; empty: the database
    does. User and password, or a token, stand before the first one's `@`."""
    nats_credentials: Path | None = None
    """A `.creds` file, where the cluster wants one."""
    database_pool: Annotated[int, Field(ge=1, le=100)] = 8
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    metrics_networks: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.0/8", "::1/128")
    """Who may read `/metrics`; empty: nobody."""
    inside_networks: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks of our own that channels may be pointed at all the same: a mail server, a gateway. Whoever
    manages channels can then reach what is there."""
    clamd: Annotated[str, Field(pattern=r"^(unix:/\S+|tcp:\S+:[0-9]{1,5})?$")] = ""
    """Where ClamAV's daemon listens: `unix:/run/clamav/clamd.ctl` or `tcp:host:3310`; empty: nobody looks at
    files for viruses."""
    clamd_away: Literal["hold", "mark"] = "hold"
    """While it does not answer, files are held back, or let through and marked."""
    otel_endpoint: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    """Where spans for OpenTelemetry go, e.g. `http://127.0.0.1:4318/v1/traces`; empty: nowhere."""
    websocket: Literal["picows", "asgi"] = "picows"
    demo: bool = True
    pages: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    frames_per_second: Annotated[float, Field(gt=0)] = 50
    """What one socket may send on the average, and `frames_burst` at once; more is a flood and ends it."""
    frames_burst: Annotated[int, Field(ge=1)] = 100
    backup_to: str = ""
    """A folder, or `s3://bucket/prefix`; empty: `backups` in the data folder, on the same disk."""
    backup_key: str = ""
    """What seals the backups, 12 characters or more; empty: `backup-key` in the data folder."""
    backup_s3_endpoint: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    """Of a store that is not Amazon's own."""
    backup_s3_region: str = ""
    backup_s3_key: str = ""
    """Access key id; with its secret, empty: what the machine itself may."""
    backup_s3_secret: str = ""
    backup_first: bool = True
    """Before the database is brought to a newer version, back it up."""
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 1
    """From SIGTERM on: how long all is served as before while `/readyz` says no."""

    @field_validator("trusted_proxies", "metrics_networks", "inside_networks", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        """In the environment they stand in one line, parted by commas. One that is no network is refused."""
        networks = tuple(filter(None, given.replace(" ", "").split(","))) if isinstance(given, str) else given
        for network in networks if isinstance(networks, tuple) else ():
            ipaddress.ip_network(network, strict=False)
        return networks

    @property
    def nats_servers(self) -> list[str]:
        return [url.rstrip("/") for url in self.nats_url.split(",") if url]

    @property
    def address(self) -> str:
        """Where a browser finds this installation, without a slash at the end."""
        return self.public_url.rstrip("/") or self.local

    @property
    def local(self) -> str:
        """Where this machine itself finds it, past any proxy."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def secure(self) -> bool:
        return self.address.startswith("https://")

    @property
    def loopback(self) -> bool:
        return self.host in {"127.0.0.1", "localhost", "::1"}

    def resolved(self) -> "Settings":
        return self.model_copy(update={"data": self.data.expanduser().resolve()})
