"""Rules of the house that import-linter and ruff cannot say. Prints `path:line rule message`, exit 1 if any.

An exception is a comment on the line: `# house: allow <rule> — why`. One without a reason or use fails too.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

SYSTEM_TX_CALLERS = {f"kezhan/kit/{name}.py" for name in ("db", "outbox", "tape", "timers")}
SYSTEM_TX_CALLERS |= {
    "kezhan/consent/live.py",
    "kezhan/devices/subscribe.py",
    "kezhan/integrations/send.py",
    "kezhan/privacy/settings.py",
    "kezhan/rekey/work.py",
    "kezhan/screening/live.py",
    "kezhan/shield/live.py",
}
SYSTEM_TX_CALLERS |= {f"kezhan/audit/chain/{name}.py" for name in ("command", "keep", "seal")}
SYSTEM_TX_CALLERS |= {
    f"kezhan/{name}.py"
    for name in ("contacts/service", "reports/alerts/live", "routing/live", "watch/ready", "watch/sample")
}
SYSTEM_TX_CALLERS |= {f"kezhan/backup/{name}.py" for name in ("live", "service", "work")}
SYSTEM_TX_CALLERS |= {
    f"kezhan/channels/{name}.py"
    for name in ("accounts", "connections", "customers/forward", "deliver", "live", "take")
}
SYSTEM_TX_CALLERS |= {
    f"kezhan/workspaces/{name}.py"
    for name in ("attempts", "authenticate", "first_run", "joining", "once", "profile", "sign_in")
}
SYSTEM_TX_CALLERS |= {f"kezhan/workspaces/access/{name}.py" for name in ("over", "rules")}
SYSTEM_TX_CALLERS |= {"kezhan/workspaces/single_sign_on/come.py"}
SYSTEM_TX_CALLERS |= {f"kezhan/workspaces/provisioning/{name}.py" for name in ("admit", "people")}
SYSTEM_TX_CALLERS |= {f"kezhan/workspaces/factors/{name}.py" for name in ("others", "own", "steps", "totp")}
COMMITTERS = {"kezhan/kit/db.py", "kezhan/kit/migrate.py", "kezhan/migrations/env.py"}
OPENERS = {"kezhan/app.py": {"http"}, "kezhan/wiring.py": {"http", "jobs"}}  # may import these of every room
PRIVATE = {"store", "http", "jobs"}
SQL_CALLS = {"select", "insert", "update", "delete", "text"}
SQL = re.compile(
    r"\s*(select\s+([\d$:*(]|\w+\(|.*\bfrom\b)|insert\s+into\s|update\s+[\w.\"]+\s+(as\s+\w+\s+)?set\s"
    r"|delete\s+from\s|merge\s+into\s|truncate\s+\w|set\s+(local|role|session)\s|(listen|notify)\s+\w+\s*(,|$)"
    r"|with\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\s+(not\s+|materialized\s+)*\("
    r"|(create|alter|drop|lock)\s+(or\s+replace\s+|unique\s+)?(table|index|role|function|policy|schema|view)\s)",
    re.IGNORECASE | re.DOTALL,
)
LIMITS = {".py": 500, ".ts": 500, ".vue": 250}
SKIP = {"node_modules", "dist", "generated", "assets"}
ALLOW = re.compile(r"(?:#|//|<!--)\s*house: allow ([\w-]+)(\s+—\s+\S)?")
Found = tuple[int, int, str, str]  # first line, last line, rule, message


def foreign(path: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Names in this import that belong to another room alone."""
    base = f"{node.module}." if isinstance(node, ast.ImportFrom) and not node.level else ""
    for parts in (f"{base}{alias.name}".split(".") for alias in node.names):
        if parts[0] != "kezhan" or len(parts) < 3 or path.startswith(f"kezhan/{parts[1]}/"):
            continue
        closed = set() if parts[1] == "kit" else PRIVATE - OPENERS.get(path, set())
        rooms = parts[2 : parts.index("tests")] if "tests" in parts else parts[2:]  # a fixture may be `http`
        if closed.intersection(rooms) or any(re.match("_[^_]", part) for part in parts):
            yield ".".join(parts)


def python_faults(path: str, source: str) -> Iterator[Found]:
    nodes = list(ast.walk(ast.parse(source)))
    free = "/tests/" in f"/{path}" or path.startswith("bench/")
    sql_allowed = free or path.startswith(("kezhan/kit/", "kezhan/migrations/"))
    sql_allowed |= Path(path).name in {"store.py", "models.py"}
    sql_names = {f"{module}.{call}" for module in ("sa", "sqlalchemy") for call in SQL_CALLS}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            sql_names |= {alias.asname or alias.name for alias in node.names if alias.name in SQL_CALLS}
    prose = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        text = node.value if isinstance(node, ast.Constant) and node not in prose else None
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in () if path.startswith("bench/") else foreign(path, node):
                yield first, last, "private", f"{name} is another room's own"
        if not sql_allowed and (called in sql_names or (isinstance(text, str) and SQL.match(text))):
            yield first, last, "sql", "SQL lives in store.py"
        if called.endswith(".commit") and not free and path not in COMMITTERS:
            yield first, last, "commit", "only the edge commits (kit/db.py)"
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name == "system_tx" and not free and path not in SYSTEM_TX_CALLERS:
            yield first, last, "system-tx", "not in SYSTEM_TX_CALLERS of house_lint.py"


def faults(path: str, source: str) -> Iterator[str]:
    """Every fault of one file; `path` is relative to the checkout, with slashes."""
    length, limit = source.count("\n"), LIMITS[Path(path).suffix]
    found: list[Found] = [(1, 1, "length", f"{length} lines, at most {limit}")] if length > limit else []
    comments = list(enumerate(source.splitlines(), 1))
    if path.endswith(".py"):
        found += python_faults(path, source)
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        comments = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    allowed = {(line, m[1]) for line, text in comments if (m := ALLOW.search(text)) and m[2]}
    bare = {(line, m[1]) for line, text in comments if (m := ALLOW.search(text)) and not m[2]}
    used = {(line, rule) for *lines, rule, _ in found for line in lines}
    yield from (
        f"{path}:{first} {rule} {message}"
        for first, last, rule, message in found
        if not allowed & {(first, rule), (last, rule)}
    )
    yield from (f"{path}:{line} allow {rule} has no reason" for line, rule in sorted(bare))
    yield from (f"{path}:{line} allow {rule} is not needed" for line, rule in sorted(allowed - used))


if __name__ == "__main__":
    root = Path(__file__).parent
    files = (file for folder in ("kezhan", "tests", "bench", "web") for file in (root / folder).rglob("*.*"))
    paths = sorted(file.relative_to(root) for file in files if file.suffix in LIMITS)
    paths = [path for path in paths if not SKIP.intersection(path.parts)]
    lines = [line for path in paths for line in faults(path.as_posix(), (root / path).read_text("utf-8"))]
    sys.exit("\n".join(lines) or None)
