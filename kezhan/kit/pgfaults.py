"""What can go wrong with the embedded PostgreSQL, in words a person can act on, in both languages.

These sentences are said before any language file or database can be read, so they live here and not in
`locales/`.
"""

_WORDS: dict[str, tuple[str, str]] = {
    "busy": (
        "Another Kezhan program (process {pid}) already uses the data folder {folder}. Nothing was changed. "
        "Stop that program, or start this one with another data folder.",
        "数据目录 {folder} 正被另一个客栈程序（进程 {pid}）使用。没有改动任何内容。请先停止那个程序，"
        "或改用其他数据目录。",
    ),
    "no_binaries": (
        "The embedded PostgreSQL is not available on this machine. Nothing was created. "
        "Set KEZHAN_DATABASE_URL to a PostgreSQL 15 or newer.",
        "本机没有可用的内置 PostgreSQL。没有创建任何内容。请用 KEZHAN_DATABASE_URL 指向 PostgreSQL 15 "
        "或更新版本。",
    ),
    "no_client": (
        "No pg_dump here can talk to that database (PostgreSQL {major}; the embedded one speaks no TLS). "
        "Nothing was changed. Install the client programs, on Debian: postgresql-client-{major}.",
        "本机没有能连接该数据库的 pg_dump（PostgreSQL {major}；自带的版本不支持 TLS）。没有改动任何内容。"
        "请安装客户端程序，Debian 上为 postgresql-client-{major}。",
    ),
    "wrong_major": (
        "The data in {folder} was written by PostgreSQL {major}; this installation brings PostgreSQL {ours}. "
        "Nothing was changed. Install the programs of PostgreSQL {major} (on Debian: postgresql-{major}) and "
        "start again, or dump the data with them and restore it into a new folder.",
        "{folder} 中的数据由 PostgreSQL {major} 写入，而本安装自带 PostgreSQL {ours}。没有改动任何内容。"
        "请安装 PostgreSQL {major} 的程序（Debian 上为 postgresql-{major}）后重新启动，"
        "或用它导出数据再恢复到新目录。",
    ),
    "not_a_cluster": (
        "The folder {folder} is not empty, yet holds no readable PG_VERSION, so it is not a complete "
        "database. Nothing was changed. Restore it from a backup, or move it away to begin anew.",
        "目录 {folder} 非空，但没有可读的 PG_VERSION，不是完整的数据库。没有改动任何内容。"
        "请从备份恢复，或将其移走后从空数据库开始。",
    ),
    "owned_by_root": (
        "The database folder {folder} belongs to root, and PostgreSQL refuses to run as root. Nothing was "
        "changed. Give it to the user it should run as: chown -R {uid} {folder}",
        "数据库目录 {folder} 属于 root，而 PostgreSQL 拒绝以 root 运行。没有改动任何内容。"
        "请把它交给运行用户：chown -R {uid} {folder}",
    ),
    "wrong_owner": (
        "The database folder {folder} belongs to another user (uid {uid}). Nothing was changed. "
        "Start Kezhan as that user or as root, or give yourself the folder with chown.",
        "数据库目录 {folder} 属于另一个用户（uid {uid}）。没有改动任何内容。"
        "请以该用户或 root 启动客栈，或用 chown 取得该目录。",
    ),
    "link_broken": (
        "{folder} points to {target}, which does not exist. Nothing was changed. Bring that folder back, or "
        "remove the link to begin with an empty database.",
        "{folder} 指向不存在的 {target}。没有改动任何内容。请恢复该目录，或删除此链接后从空数据库开始。",
    ),
    "cannot_write": (
        "Kezhan cannot make its database in {folder}: {reason}. Choose another data folder or mend its "
        "permissions.",
        "客栈无法在 {folder} 中创建数据库：{reason}。请更换数据目录或修正其权限。",
    ),
    "init_failed": (
        "A new database could not be made in {folder}. Nothing was kept. PostgreSQL said: {said}",
        "无法在 {folder} 中创建新数据库。没有保留任何内容。PostgreSQL 的说明：{said}",
    ),
    "start_failed": (
        "PostgreSQL did not start on {folder}. The data is kept as it was. PostgreSQL said: {said}",
        "PostgreSQL 未能在 {folder} 上启动。数据保持原样。PostgreSQL 的说明：{said}",
    ),
    "start_slow": (
        "PostgreSQL is not ready on {folder} after {seconds} s, perhaps because it still repairs after a "
        "power loss. The data is kept. See {log}, then start again.",
        "PostgreSQL 在 {folder} 上 {seconds} 秒后仍未就绪，可能还在断电后的恢复中。数据已保留。请查看 "
        "{log} 后重新启动。",
    ),
    "old_server_stays": (
        "An earlier PostgreSQL server on {folder} does not stop (process {pids}). The data is kept. "
        "Stop it, then start again.",
        "{folder} 上先前的 PostgreSQL 无法停止（进程 {pids}）。数据已保留。请先停止它，再重新启动。",
    ),
    "nameless_user": (
        "The user id {uid} this program runs as has no name in /etc/passwd, and PostgreSQL needs one. "
        "Nothing was changed. Run as a named user, or set KEZHAN_DATABASE_URL.",
        "运行本程序的用户 id {uid} 在 /etc/passwd 中没有名称，而 PostgreSQL 需要它。没有改动任何内容。"
        "请以有名称的用户运行，或设置 KEZHAN_DATABASE_URL。",
    ),
    "not_running": (
        "No database is running in {folder}. Start it with `kezhan up`.",
        "{folder} 中没有正在运行的数据库。请用 `kezhan up` 启动。",
    ),
    "bad_url": (
        "The database URL is not usable: {reason}.",
        "数据库地址不可用：{reason}。",
    ),
}


class PostgresFault(Exception):
    """The database cannot be used; `str()` says what happened, what is kept and what to do.

    `code` is one of the keys above and is stable; `text("zh-CN")` gives the same sentence in Chinese.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def text(self, language: str) -> str:
        english, chinese = _WORDS[self.code]
        return (chinese if language.startswith("zh") else english).format_map(self.params)

    def __str__(self) -> str:
        return self.text("en")


class DataFolderBusy(PostgresFault):
    """Another program holds the data folder; `params["pid"]` names it."""

    def __init__(self, folder: object, pid: object) -> None:
        super().__init__("busy", folder=folder, pid=pid)
