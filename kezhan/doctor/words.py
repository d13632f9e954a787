"""What the doctor says, in English and Chinese. It speaks also where nothing else works, and no page shows
it, so its sentences live here and not in `locales/`."""

WORDS: dict[str, tuple[str, str]] = {
    "broken": (
        "The check of {what} failed itself: {why}",
        "检查 {what} 时自身出错：{why}",
    ),
    # The machine
    "python": ("Python {version}", "Python {version}"),
    "python_old": (
        "Python {version} is too old. Start with 3.11 or newer.",
        "Python {version} 太旧，请用 3.11 或更新的版本启动。",
    ),
    "packages": ("{count} packages as locked", "{count} 个依赖包与锁文件一致"),
    "packages_differ": (
        "Packages differ from {lock}: {names}. Bring them up to date: python3 run.py up",
        "依赖包与 {lock} 不一致：{names}。请更新：python3 run.py up",
    ),
    "packages_unlocked": (
        "Installed as a package: no lock file to compare with",
        "以安装包方式安装：没有锁文件可比对",
    ),
    "descriptors": (
        "Open files: at most {limit}, enough for {sockets} connections",
        "可打开文件数上限 {limit}，足够 {sockets} 个连接",
    ),
    "descriptors_few": (
        "Open files: at most {limit}, {sockets} connections need {need}. "
        "Raise it: `ulimit -n {need}`, or LimitNOFILE={need} in the systemd unit.",
        "可打开文件数上限为 {limit}，而 {sockets} 个连接需要 {need}。"
        "请调高：`ulimit -n {need}`，或在 systemd 单元里写 LimitNOFILE={need}。",
    ),
    "pages": ("The web pages are built", "网页已构建"),
    "pages_off": ("The web pages are switched off", "网页已关闭"),
    "pages_stale": (
        "The web pages are older than their sources; the next start builds them",
        "网页比源码旧，下次启动时会重新构建",
    ),
    "pages_missing": (
        "The web pages are not built. A start from a checkout builds them: python3 run.py up; "
        "else install the wheel again.",
        "网页尚未构建。从源码启动会自动构建：python3 run.py up；否则请重新安装 wheel。",
    ),
    # NATS
    "nats": (
        "NATS carries hints between processes: {servers}, {ms} ms",
        "进程间由 NATS 传递：{servers}，{ms} 毫秒",
    ),
    "nats_package": (
        "KEZHAN_NATS_URL needs a package that is not installed: pip install 'kezhan[nats]'",
        "KEZHAN_NATS_URL 需要的依赖包未安装：pip install 'kezhan[nats]'",
    ),
    "nats_credentials": (
        "{path} cannot be read. KEZHAN_NATS_CREDENTIALS names the .creds file of a NATS user.",
        "无法读取 {path}。KEZHAN_NATS_CREDENTIALS 应指向 NATS 用户的 .creds 文件。",
    ),
    "nats_away": (
        "NATS at {servers} cannot be used: {why}. Messages are stored all the same; between processes they "
        "show up to 15 s late. Start it, or correct KEZHAN_NATS_URL; its user needs kezhan.> to publish and "
        "subscribe.",
        "{servers} 的 NATS 无法使用：{why}。消息照常保存，但跨进程最多晚 15 秒显示。"
        "请启动它或改正 KEZHAN_NATS_URL；其用户需要 kezhan.> 的发布与订阅权限。",
    ),
    "nats_plain": (
        "NATS at {hosts} is reached without TLS: its password travels in the clear. Write tls:// in "
        "KEZHAN_NATS_URL.",
        "与 {hosts} 的 NATS 连接没有 TLS，密码会明文传输。请在 KEZHAN_NATS_URL 中写 tls://。",
    ),
    # ClamAV
    "clamd": ("Files are checked for viruses: {version}", "文件会做病毒检查：{version}"),
    "clamd_off": (
        "Files are not checked for viruses. Where ClamAV runs, name its socket: "
        "KEZHAN_CLAMD=unix:/run/clamav/clamd.ctl",
        "文件没有做病毒检查。若装有 ClamAV，请写明其套接字：KEZHAN_CLAMD=unix:/run/clamav/clamd.ctl",
    ),
    "clamd_held": (
        "ClamAV at {place} does not answer: {why}. Until it does no file is taken in. Start clamd, or "
        "correct KEZHAN_CLAMD.",
        "{place} 的 ClamAV 没有响应：{why}。此前不接收任何文件。请启动 clamd 或改正 KEZHAN_CLAMD。",
    ),
    "clamd_marked": (
        "ClamAV at {place} does not answer: {why}. Files come in unchecked and are marked. Start clamd, or "
        "correct KEZHAN_CLAMD.",
        "{place} 的 ClamAV 没有响应：{why}。文件未经检查即接收并标记。请启动 clamd 或改正 KEZHAN_CLAMD。",
    ),
    # The address
    "address": ("People use {address}", "访问地址 {address}"),
    "unfit_demo": (
        "{host} serves other machines and the demo is for this one only. Start with --empty.",
        "{host} 对外服务，而演示数据只供本机使用。请加 --empty 启动。",
    ),
    "unfit_plain": (
        "{host} serves other machines without TLS. Put a TLS proxy in front and say so: "
        "--public-url https://… and --trusted-proxy NETWORK",
        "{host} 对外服务但没有 TLS。请配置 TLS 代理，并用 --public-url https://… 与 --trusted-proxy 说明。",
    ),
    "public_plain": (
        "{address} is without TLS: passwords travel in the clear. Put a TLS proxy before it and give "
        "--public-url https://…",
        "{address} 没有 TLS，密码会明文传输。请在前面放 TLS 代理，并设置 --public-url https://…",
    ),
    "proxy_unknown": (
        "{address} is served by a proxy that is not listed, so every visitor has the proxy's address. "
        "Name its network: --trusted-proxy 127.0.0.1/32",
        "{address} 由未登记的代理转发，所有访客都会显示为代理的地址。"
        "请登记其网段：--trusted-proxy 127.0.0.1/32",
    ),
    "proxy_anyone": (
        "--trusted-proxy {network} believes everybody, so anybody may name any address as his. "
        "List the proxy's own network only.",
        "--trusted-proxy {network} 信任所有人，任何人都能伪造自己的地址。请只登记代理自己的网段。",
    ),
    "proxy_wide": (
        "--trusted-proxy {network} is a wide public network: whoever is in it may name any address as his, "
        "and limits by address do nothing. List the proxy's own address only.",
        "--trusted-proxy {network} 是范围很大的公网网段，其中任何人都能伪造自己的地址，按地址的限制会失效。"
        "请只登记代理自己的地址。",
    ),
    "callers": (
        "{visitors} visitors wrote within a day, from {addresses} addresses",
        "一天内有 {visitors} 位访客发过消息，来自 {addresses} 个地址",
    ),
    "one_address": (
        "All {visitors} visitors of the last day have one address, {address}: limits by address hit "
        "everybody at once. If it is a proxy's, name it: --trusted-proxy {address}/32, and let it write "
        "X-Forwarded-For.",
        "最近一天的 {visitors} 位访客都来自同一地址 {address}，按地址的限制会同时影响所有人。"
        "若它是代理，请登记：--trusted-proxy {address}/32，并让代理写入 X-Forwarded-For。",
    ),
    "no_address": (
        "All {visitors} visitors of the last day come from this machine itself, so limits by address do "
        "nothing. A proxy here is named by --trusted-proxy 127.0.0.1/32, and writes X-Forwarded-For.",
        "最近一天的 {visitors} 位访客都来自本机，按地址的限制不起作用。"
        "本机上的代理请用 --trusted-proxy 127.0.0.1/32 登记，并让它写入 X-Forwarded-For。",
    ),
    "metrics_anyone": (
        "KEZHAN_METRICS_NETWORKS has {network}: anybody may read /metrics. List who collects it.",
        "KEZHAN_METRICS_NETWORKS 含 {network}：任何人都能读取 /metrics。请只列出采集者的网段。",
    ),
    # The data folder
    "folder": ("Data folder {folder}, {free} free", "数据文件夹 {folder}，剩余 {free}"),
    "folder_missing": (
        "There is no data folder {folder} yet; the first start makes it",
        "数据文件夹 {folder} 还不存在，首次启动时会创建",
    ),
    "folder_unusable": (
        "The data folder {folder} cannot be used: {why}. Mend its permissions, or choose another: --data",
        "数据文件夹 {folder} 不可用：{why}。请修正权限，或用 --data 换一个",
    ),
    "folder_open": (
        "Everybody on this machine may write into {folder} ({mode}). Close it: chmod go-w {folder}",
        "本机任何用户都能写入 {folder}（{mode}）。请收紧：chmod go-w {folder}",
    ),
    "disk_low": (
        "{folder} has only {free} left. Make room or move it to a larger disk.",
        "{folder} 只剩 {free}。请清理空间或迁移到更大的磁盘。",
    ),
    "disk_full": (
        "{folder} has {free} left: messages cannot be stored. Make room now.",
        "{folder} 只剩 {free}：消息已无法保存。请立即清理空间。",
    ),
    "keys": ("keys.json can be read by its owner alone", "keys.json 仅所有者可读"),
    "keys_none": (
        "There is no keys.json yet; the first start makes it",
        "还没有 keys.json，首次启动时会创建",
    ),
    "keys_lost": (
        "The database is there and keys.json is not: secrets and signed addresses cannot be opened. "
        "Bring {path} back from your copy before the next start.",
        "数据库还在，但缺少 keys.json：密钥与签名地址无法打开。请在下次启动前从备份恢复 {path}。",
    ),
    "keys_open": (
        "Others may read {path} ({mode}). Close it: chmod 600 {path}",
        "其他用户可以读取 {path}（{mode}）。请收紧：chmod 600 {path}",
    ),
    "keys_unreadable": (
        "{path} cannot be read: {why}. Bring it back from your copy.",
        "无法读取 {path}：{why}。请从备份恢复。",
    ),
    # Backups
    "backup": (
        "The last backup is {hours} h old: {size} MB in {seconds} s",
        "最近一次备份在 {hours} 小时前：{size} MB，用时 {seconds} 秒",
    ),
    "backup_off": (
        "Backups are switched off. Switch them on (Settings, Backups), or run `kezhan backup` by a timer.",
        "自动备份已关闭。请在“设置 › 备份”中开启，或用定时任务运行 `kezhan backup`。",
    ),
    "backup_first": (
        "There is no backup yet; the first is made by itself at {at}",
        "还没有备份，首次自动备份在 {at}",
    ),
    "backup_never": (
        "There is no backup. Make one: kezhan backup",
        "没有任何备份。请先做一次：kezhan backup",
    ),
    "backup_late": (
        "A backup is overdue: the last is {hours} h old, {failures} have failed since. Settings, Backups "
        "says why; try one now: kezhan backup",
        "备份已逾期：最近一次在 {hours} 小时前，此后失败 {failures} 次。"
        "原因见“设置 › 备份”；可立即重试：kezhan backup",
    ),
    "backup_unproven": (
        "No backup has ever been restored for a trial. Prove one: kezhan restore latest --rehearse",
        "还没有做过恢复演练。请验证一次：kezhan restore latest --rehearse",
    ),
    "backup_proven_long_ago": (
        "The last rehearsed restore is {days} days old. Prove the newest: kezhan restore latest --rehearse",
        "上次恢复演练在 {days} 天前。请验证最新的备份：kezhan restore latest --rehearse",
    ),
    "backup_near": (
        "Backups lie in {folder}, beside what they are to save. Name another disk or bucket: "
        "KEZHAN_BACKUP_TO",
        "备份放在 {folder}，与原数据在一起。请用 KEZHAN_BACKUP_TO 指定另一块磁盘或存储桶。",
    ),
    "backup_place": (
        "The place for backups cannot be used: {why}. Correct KEZHAN_BACKUP_TO or its rights.",
        "备份位置不可用：{why}。请改正 KEZHAN_BACKUP_TO 或其权限。",
    ),
    "backup_room": (
        "{place} has {free} MB left and the next backup wants {need} MB. Make room, or keep fewer.",
        "{place} 只剩 {free} MB，而下一次备份需要 {need} MB。请清理空间或减少保留份数。",
    ),
    "backup_key": (
        "There are backups and no key that opens them in {path}. Bring it back from your copy, or set "
        "KEZHAN_BACKUP_KEY.",
        "有备份，但 {path} 中没有能打开它们的密钥。请从另存处取回，或设置 KEZHAN_BACKUP_KEY。",
    ),
    "backup_key_other": (
        "The key that is here does not open the newest backup, {archive}. Find the one it was made with, and "
        "make a new backup.",
        "这里的密钥打不开最新的备份 {archive}。请找回制作它时的密钥，并重新备份。",
    ),
    # The database
    "database": ("PostgreSQL {version}", "PostgreSQL {version}"),
    "database_old": (
        "PostgreSQL {version} is too old. Kezhan needs 15 or newer.",
        "PostgreSQL {version} 太旧，需要 15 或更新版本。",
    ),
    "database_down": (
        "The embedded database is not running, so nothing inside it was looked at. Start it: kezhan up",
        "内置数据库没有运行，因此没有检查其内部。请启动：kezhan up",
    ),
    "database_lost": (
        "Kezhan runs (process {pid}) and its database does not answer. It is started again by itself; "
        "its log is in {log}",
        "客栈正在运行（进程 {pid}），但数据库没有响应。它会自动重启，日志在 {log}",
    ),
    "database_away": (
        "The database cannot be reached: {why}. Check KEZHAN_DATABASE_URL and that the server runs.",
        "数据库连不上：{why}。请检查 KEZHAN_DATABASE_URL，并确认数据库服务在运行。",
    ),
    "database_replica": (
        "The database is a read-only replica. Point KEZHAN_DATABASE_URL at the primary.",
        "连接到的是只读副本。请让 KEZHAN_DATABASE_URL 指向主库。",
    ),
    "durable": (
        "Commits reach the disk (fsync, synchronous_commit, full_page_writes)",
        "提交会真正落盘（fsync、synchronous_commit、full_page_writes）",
    ),
    "not_durable": (
        "PostgreSQL has {setting} = {value}: acknowledged messages are lost with the power. "
        "Set {setting} = on.",
        "PostgreSQL 的 {setting} = {value}：断电会丢失已确认的消息。请设置 {setting} = on。",
    ),
    "standby": (
        "{count} replica(s), synchronous: {names}",
        "有 {count} 个副本，同步副本：{names}",
    ),
    "standby_none": (
        "{count} replica(s) attached and none is synchronous: a fail-over loses the last messages. "
        "Set synchronous_standby_names, e.g. 'ANY 1 (*)'.",
        "有 {count} 个副本但都不是同步副本：切换时会丢失最后的消息。"
        "请设置 synchronous_standby_names，例如 'ANY 1 (*)'。",
    ),
    "standby_away": (
        "No replica named by synchronous_standby_names = {names} keeps up: every commit waits for one, so no "
        "message can be stored. Bring it back, or empty the setting until then.",
        "synchronous_standby_names = {names} 所指的副本都没有跟上：每次提交都在等待，消息无法保存。"
        "请恢复副本，或暂时清空该设置。",
    ),
    "standby_local": (
        "synchronous_commit = {value} does not wait until a replica has the commit on disk: a fail-over may "
        "lose the last messages. Set it to on.",
        "synchronous_commit = {value} 不等待副本落盘：切换时可能丢失最后的消息。请设为 on。",
    ),
    "connections": (
        "Connections: at most {most}, a process takes up to {need}",
        "连接数上限 {most}，每个进程最多占用 {need}",
    ),
    "connections_few": (
        "Connections: at most {most} for everybody and a process takes up to {need}. "
        "Raise max_connections or lower KEZHAN_DATABASE_POOL.",
        "连接数上限 {most}，而每个进程最多占用 {need}。请调高 max_connections 或调低 KEZHAN_DATABASE_POOL。",
    ),
    "connections_tight": (
        "Connections: {used} of {most} are in use, a further process takes up to {need}. "
        "Raise max_connections before you add one.",
        "连接数已用 {used}/{most}，再加一个进程最多需要 {need}。增加进程前请先调高 max_connections。",
    ),
    "migrations": ("The database has version {version}", "数据库版本 {version}"),
    "migrations_none": (
        "The database is empty; the first start makes its tables",
        "数据库是空的，首次启动时会建表",
    ),
    "migrations_behind": (
        "The database has version {current}, this program {wanted}. Start this version once: kezhan up",
        "数据库版本为 {current}，本程序为 {wanted}。请用本版本启动一次：kezhan up",
    ),
    "migrations_newer": (
        "The database has version {current}, newer than this program's {wanted}. Update this program.",
        "数据库版本 {current} 比本程序的 {wanted} 新。请更新本程序。",
    ),
    "roles": (
        "Roles and row-level security hold: kz_app sees no row without a workspace",
        "角色与行级安全有效：kz_app 在没有企业空间时看不到任何数据",
    ),
    "roles_missing": (
        "Roles are missing: {names}. Start once with a login that may make roles, or make them yourself.",
        "缺少角色：{names}。请用有权创建角色的账号启动一次，或自行创建。",
    ),
    "roles_bypass": (
        "{names} could bypass row-level security. "
        "alter role … nosuperuser nobypassrls, and give its tables to kz_owner.",
        "{names} 可以绕过行级安全。请执行 alter role … nosuperuser nobypassrls，并把表归还 kz_owner。",
    ),
    "walls_open": (
        "Row-level security is not forced on: {names}. "
        "alter table … enable row level security; alter table … force row level security",
        "以下表没有强制行级安全：{names}。"
        "请执行 alter table … enable row level security; alter table … force row level security",
    ),
    "clock": ("Clocks of program and database agree within {ms} ms", "程序与数据库的时钟相差不到 {ms} 毫秒"),
    "clock_skew": (
        "The clocks of program and database are {seconds} s apart. Set both by NTP.",
        "程序与数据库的时钟相差 {seconds} 秒。请让两边都用 NTP 对时。",
    ),
    "outbox": ("Everything that happened has been passed on", "所有事件都已处理"),
    "outbox_idle": (
        "{handler}: events wait, {seconds} s old, and no process of Kezhan runs to pass them on",
        "{handler}：有事件等待了 {seconds} 秒，当前没有客栈进程在处理",
    ),
    "outbox_late": (
        "{handler} is {seconds} s behind. The log says why (outbox.handler_failed); "
        "an open transaction of another program also holds it back.",
        "{handler} 落后 {seconds} 秒。原因见日志（outbox.handler_failed）；"
        "其他程序未结束的事务也会造成阻塞。",
    ),
    "letters": (
        "{count} events were given up by {handler}. Table dead_letters says why of each.",
        "{handler} 放弃了 {count} 个事件，原因见 dead_letters 表。",
    ),
}
