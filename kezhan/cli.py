"""`kezhan up | migrate | backup | restore | doctor | audit | simulate | fake-platforms | openapi | sdk`: each
calls a service."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from kezhan.kit.log import configure
from kezhan.settings import Settings
from kezhan.simulate.command import simulate

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="客栈 Kezhan: open omnichannel customer service."
)
_ROOT = Path(__file__).parents[1]


def main() -> None:
    app()


def _settings(**given: Any) -> Settings:
    """Environment and file first, the command line's own words on top."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None}).resolved()
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_context=False):
            name = str(error["loc"][0])
            typer.echo(f"kezhan: {name} (KEZHAN_{name.upper()}): {error['msg']}", err=True)
        raise typer.Exit(2) from None


_Data = Annotated[Path | None, typer.Option(help="Folder that keeps everything (default ./data).")]
_DatabaseUrl = Annotated[
    str | None, typer.Option(help="A PostgreSQL of your own instead of the embedded one.")
]


_NoBackup = Annotated[
    bool, typer.Option("--no-backup", help="Do not back up before an older database is upgraded.")
]
_To = Annotated[
    str | None, typer.Option(help="Folder or s3://bucket/prefix (default: backups in the data folder).")
]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="TCP port to listen on (default 8700).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default 127.0.0.1).")] = None,
    data: _Data = None,
    public_url: Annotated[
        str | None, typer.Option(help="Address people use, when a proxy stands before.")
    ] = None,
    database_url: _DatabaseUrl = None,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(help="Network of a proxy to believe, e.g. 10.0.0.0/8.")
    ] = None,
    websocket: Annotated[str | None, typer.Option(help="picows (default) or asgi.")] = None,
    pages: Annotated[
        bool | None, typer.Option(help="Serve the workbench and the widget; off: sockets and API only.")
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="No demo tea shop: start with your own workspace.")
    ] = False,
    no_backup: _NoBackup = False,
) -> None:
    """Set everything up and serve it until Ctrl-C."""
    from kezhan.serve import serve

    settings = _settings(
        port=port,
        host=host,
        data=data,
        public_url=public_url,
        database_url=database_url,
        trusted_proxies=tuple(trusted_proxy) if trusted_proxy else None,
        websocket=websocket,
        pages=pages,
        demo=False if empty else None,
        backup_first=False if no_backup else None,
    )
    configure(settings.log_level)
    raise typer.Exit(serve(settings, _ROOT))


@app.command()
def migrate(
    data: _Data = None,
    database_url: _DatabaseUrl = None,
    no_backup: _NoBackup = False,
) -> None:
    """Bring the database to this version and end. `up` does the same when it starts."""
    from kezhan.serve import migrate

    settings = _settings(data=data, database_url=database_url, backup_first=False if no_backup else None)
    configure(settings.log_level)
    raise typer.Exit(migrate(settings))


@app.command()
def backup(
    data: _Data = None,
    database_url: _DatabaseUrl = None,
    to: _To = None,
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the key and end. Without it no backup opens.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="Name the archives there are, newest first.")
    ] = False,
) -> None:
    """Back up database, files and keys into one sealed archive, while Kezhan serves or not."""
    from kezhan import serve

    settings = _settings(data=data, database_url=database_url, backup_to=to)
    configure("error")
    if show_key:
        raise typer.Exit(serve.show_key(settings))
    raise typer.Exit(serve.list_archives(settings) if list_all else serve.back_up(settings))


@app.command()
def restore(
    archive: Annotated[str, typer.Argument(help="A file, or a name from `backup --list`, or `latest`.")],
    data: _Data = None,
    database_url: _DatabaseUrl = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Folder or s3://bucket/prefix the name is in.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="File with the key, when it is not here.")] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Prove it in a throw-away place, say how long it took.")
    ] = False,
) -> None:
    """Bring a backup back into an empty data folder (and an empty database, where one is named)."""
    from kezhan.serve import restore

    settings = _settings(data=data, database_url=database_url, backup_to=source)
    configure("error")
    raise typer.Exit(restore(settings, archive, key_file, rehearse=rehearse))


@app.command()
def rotate_key(data: _Data = None, database_url: _DatabaseUrl = None) -> None:
    """Seal all secrets under a new key, while Kezhan serves or not. Back up afterwards."""
    from kezhan.serve import rotate_key

    settings = _settings(data=data, database_url=database_url)
    configure("error")
    raise typer.Exit(rotate_key(settings))


@app.command()
def doctor(
    data: _Data = None,
    database_url: _DatabaseUrl = None,
    host: Annotated[str | None, typer.Option(help="Address `up` is to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port `up` is to listen on.")] = None,
    public_url: Annotated[str | None, typer.Option(help="Address people use.")] = None,
    trusted_proxy: Annotated[list[str] | None, typer.Option(help="Network of a proxy to believe.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="As given to `up`: no demo.")] = False,
    sockets: Annotated[
        int, typer.Option(min=1, help="Connections of customers and agents expected at the same time.")
    ] = 500,
    locale: Annotated[
        str, typer.Option(envvar=["LC_ALL", "LC_MESSAGES", "LANG"], help="zh-CN for Chinese, else English.")
    ] = "",
) -> None:
    """Say what is well and what is not, and how to mend it. Exit 1 where there is a fault."""
    from kezhan.doctor.examine import examine

    settings = _settings(
        data=data,
        database_url=database_url,
        host=host,
        port=port,
        public_url=public_url,
        trusted_proxies=tuple(trusted_proxy) if trusted_proxy else None,
        demo=False if empty else None,
    )
    configure("error")
    language = "zh-CN" if locale.lower().startswith("zh") else "en"
    sick = False
    for finding in examine(settings, _ROOT, sockets):
        typer.echo(finding.line(language))
        sick |= finding.level == "fault"
    raise typer.Exit(int(sick))


audit = typer.Typer(no_args_is_help=True, help="The audit log's chain.")
app.add_typer(audit, name="audit")
_Workspace = Annotated[UUID | None, typer.Option(help="One workspace's id (default all).")]


@audit.command()
def verify(
    workspace: _Workspace = None,
    head: Annotated[
        Path | None, typer.Option(help="A file that `audit head` has written before: finds rows cut off.")
    ] = None,
    data: _Data = None,
    database_url: _DatabaseUrl = None,
) -> None:
    """Find rows of the audit log that were changed, removed or put in. Exit 1 where there are any."""
    from kezhan.serve import check_audit

    settings = _settings(data=data, database_url=database_url)
    configure("error")
    raise typer.Exit(check_audit(settings, workspace, head))


@audit.command()
def head(
    workspace: _Workspace = None,
    data: _Data = None,
    database_url: _DatabaseUrl = None,
) -> None:
    """Print the ends of the audit log's chains, signed, to be kept elsewhere."""
    from kezhan.serve import show_audit_heads

    settings = _settings(data=data, database_url=database_url)
    configure("error")
    raise typer.Exit(show_audit_heads(settings, workspace))


access = typer.Typer(no_args_is_help=True, help="Ways back in for people who are locked out.")
app.add_typer(access, name="access")


@access.command("open-networks")
def access_open_networks(data: _Data = None, database_url: _DatabaseUrl = None) -> None:
    """Let people sign in from any network again, in every workspace."""
    from kezhan.serve import let_in

    settings = _settings(data=data, database_url=database_url)
    configure("error")
    raise typer.Exit(let_in(settings))


@access.command("reset-factors")
def access_reset_factors(
    email: Annotated[str, typer.Argument(help="Of the account.")],
    data: _Data = None,
    database_url: _DatabaseUrl = None,
) -> None:
    """Take a person's second factors away and end all her sessions: her password alone lets her in."""
    from kezhan.serve import forget_factors

    settings = _settings(data=data, database_url=database_url)
    configure("error")
    raise typer.Exit(forget_factors(settings, email))


app.command()(simulate)


@app.command()
def fake_platforms(
    port: Annotated[int, typer.Option(help="TCP port to listen on.")] = 8790,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """WeChat, Telegram and the other platforms to try channels with, on this machine, until Ctrl-C."""
    try:
        from fakes.serve import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "fakes":
            raise
        typer.echo(
            "kezhan: the fake platforms come with a checkout, not with the installed package.", err=True
        )
        raise typer.Exit(2) from None

    def ready(address: str) -> None:
        typer.echo(f"Fake platforms: {address}/ (Ctrl-C ends them)")
        typer.echo("Kezhan may call them when it is started with KEZHAN_INSIDE_NETWORKS=127.0.0.0/8")

    if problem := serve(host, port, ready):
        typer.echo(f"kezhan: {problem}", err=True)
        raise typer.Exit(1)


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Fail where the written file differs.")] = False,
) -> None:
    """Write the contract, every route and socket frame, to web/packages/api/openapi.json."""
    from kezhan.contract import contract

    path = _ROOT / "web" / "packages" / "api" / "openapi.json"
    wanted = contract()
    if check:
        if not path.exists() or path.read_bytes() != wanted:
            typer.echo("openapi.json is not up to date: run `python3 run.py openapi`", err=True)
            raise typer.Exit(1)
        return
    path.write_bytes(wanted)


@app.command()
def sdk(folder: Annotated[Path, typer.Argument(help="Where to; what is there is written over.")]) -> None:
    """Write the typed Python client of this version's API."""
    from kezhan.sdk import SdkFault, write_python

    try:
        write_python(folder)
    except SdkFault as fault:
        typer.echo(f"kezhan: {fault}", err=True)
        raise typer.Exit(1) from None
