"""The files of deploy/ read as their programs read them, and held against what the product really has."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from kezhan import cli
from kezhan.channels.visitor_socket import VisitorSocket
from kezhan.conversations.socket import AgentSocket
from kezhan.kit.server import FAREWELL_S, GRACEFUL_S
from kezhan.settings import Settings
from kezhan.testing import Running
from tests.deploy.site import DEPLOY

FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.name != ".gitignore")
KINDS = {
    "config.yaml": ["ConfigMap", "PersistentVolumeClaim"],
    "ingress.yaml": ["Ingress", "Ingress"],
    "kezhan.yaml": ["Deployment", "Service", "PodDisruptionBudget"],
    "migrate.yaml": ["Job"],
    "secret.sample.yaml": ["Secret"],
}
STREAMS = {
    f"{door.path}/{part}" for door in (AgentSocket, VisitorSocket) for part in ("stream", "frames")
}  # fmt: skip
SECTIONS = {"Unit", "Service", "Install"}


def objects() -> dict[str, Any]:
    """Everything in deploy/kubernetes by kind and name."""
    found = {}
    for path in sorted((DEPLOY / "kubernetes").iterdir()):
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found[f"{one['kind']}/{one['metadata']['name']}"] = one
    return found


def unknown_settings(text: str) -> set[str]:
    named = set(re.findall(r"\bKEZHAN_[A-Z_]+\b|\bkezhan_[a-z_]+(?=:|$)", text, re.MULTILINE))
    known = {f"kezhan_{name}" for name in Settings.model_fields} | {"kezhan_stream"}
    return {name for name in named if name.lower() not in known}


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """A unit file by section and key; systemd lets keys come more than once."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            section.setdefault(key, []).append(value)
    return found


def commands() -> set[str]:
    return set(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_named_is_one_of_the_products(path: Path) -> None:
    assert unknown_settings(path.read_text(encoding="utf-8")) == set()


def test_a_setting_misspelt_is_found() -> None:
    assert unknown_settings("KEZHAN_TRUSTED_PROXY: x\nLoadCredential=kezhan_database_uri:/etc/x") == {
        "KEZHAN_TRUSTED_PROXY", "kezhan_database_uri",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_no_image_names_a_registry_and_no_file_holds_a_password(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for image in re.findall(r"^\s*(?:image:|FROM)\s+(\S+)", text, re.MULTILINE):
        assert re.fullmatch(r"[a-z]+(:[\w.-]+)?", image), image
    for password in re.findall(r"postgresql://\w+:([^@\s]+)@", text):
        assert password in {"%s", "…", "change-me"}


@pytest.mark.parametrize("name", sorted(path.name for path in (DEPLOY / "kubernetes").iterdir()))
def test_each_manifest_holds_the_kinds_it_is_for(name: str) -> None:
    text = (DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")
    found = list(yaml.safe_load_all(text))
    assert [one["kind"] for one in found] == KINDS[name]
    assert all(one["apiVersion"] and one["metadata"]["name"] for one in found)


def test_the_deployment_is_asked_the_right_questions_and_leaves_in_order() -> None:
    found = objects()
    spec = found["Deployment/kezhan"]["spec"]
    pod = spec["template"]["spec"]
    (process,) = pod["containers"]
    probes = {
        name: process[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")
    }
    assert probes == {"startup": "/livez", "readiness": "/readyz", "liveness": "/livez"}
    assert process["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
    drain = float(found["ConfigMap/kezhan"]["data"]["KEZHAN_DRAIN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > 5 + drain + FAREWELL_S + GRACEFUL_S + 10
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert found["Service/kezhan"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget/kezhan"]["spec"]["selector"]["matchLabels"] == labels
    job = found["Job/kezhan-migrate"]["spec"]["template"]
    assert job["metadata"]["labels"] != labels, "or the service would send it callers"
    for one in (pod, job["spec"]):
        assert one["securityContext"]["runAsNonRoot"]
        assert one["containers"][0]["args"][0] in commands()
        keys = found["Secret/kezhan"]["stringData"]
        mounts = [mount for mount in one["containers"][0]["volumeMounts"] if "subPath" in mount]
        assert [(Path(mount["mountPath"]).name, mount["subPath"]) for mount in mounts] == [
            ("kezhan_database_url", "database_url")
        ]
        assert "database_url" in keys


def test_compose_has_two_alike_that_are_asked_whether_they_are_ready_and_get_secrets_by_file() -> None:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = found["services"]
    assert set(services) == {"postgres", "kezhan-1", "kezhan-2", "caddy"}
    assert services["postgres"]["image"] == "postgres:18"
    first, second = ({k: v for k, v in services[f"kezhan-{n}"].items() if k != "build"} for n in (1, 2))
    assert first == second
    assert "/readyz" in first["healthcheck"]["test"][-1]
    assert first["secrets"] == [{"source": "database_url", "target": "kezhan_database_url"}]
    assert all(set(secret) == {"file"} for secret in found["secrets"].values())
    assert "KEZHAN_DATABASE_URL" not in first["environment"]
    (subnet,) = found["networks"]["default"]["ipam"]["config"]
    assert first["environment"]["KEZHAN_TRUSTED_PROXIES"] == subnet["subnet"]
    assert (DEPLOY / services["kezhan-1"]["build"]["context"] / "deploy" / "Dockerfile").is_file()
    asked = re.search(r"UPSTREAMS", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))
    assert asked and services["caddy"]["environment"]["UPSTREAMS"] == "kezhan-1:8700 kezhan-2:8700"


def test_the_image_runs_as_nobody_special_and_its_settings_go_together(
    bare_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    (entry,) = re.findall(r'^ENTRYPOINT \["(\w+)"\]$', text, re.MULTILINE)
    (command,) = re.findall(r'^CMD \["(\w+)"\]$', text, re.MULTILINE)
    assert entry == "kezhan" and command in commands()
    (env,) = re.findall(r"^ENV (.+)$", text, re.MULTILINE)
    for name, value in (word.split("=") for word in env.split()):
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.host, settings.port, settings.demo) == ("0.0.0.0", 8700, False)  # noqa: S104


def test_the_unit_starts_a_command_there_is_and_gives_it_time_to_leave() -> None:
    found = unit(DEPLOY / "systemd" / "kezhan@.service")
    assert set(found) == SECTIONS
    service = found["Service"]
    program, command = shlex.split(service["ExecStart"][0])
    assert Path(program).name == "kezhan" and command in commands()
    assert service["ExecStartPost"][0].endswith("/readyz")
    env = configparser.ConfigParser(delimiters="=")
    env.optionxform = str  # type: ignore[assignment,method-assign]
    env.read_string("[env]\n" + (DEPLOY / "systemd" / "kezhan.env").read_text(encoding="utf-8"))
    drain = float(env["env"]["KEZHAN_DRAIN_SECONDS"])
    assert float(service["TimeoutStopSec"][0]) > drain + FAREWELL_S + GRACEFUL_S + 10
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert service[key] == ["yes"]
    assert service["User"] == ["kezhan"] and service["Restart"] == ["always"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("spoilt", [False, True])
def test_systemd_takes_the_units_and_would_find_a_word_it_does_not_know(tmp_path: Path, spoilt: bool) -> None:
    for path in (DEPLOY / "systemd").glob("kezhan*.*"):
        text = path.read_text(encoding="utf-8").replace("/opt/kezhan/bin/kezhan", "/bin/true")
        text = text.replace("/usr/bin/curl", "/bin/true")
        text = text.replace("ProtectClock=", "ProtectCluck=") if spoilt else text
        (tmp_path / path.name.replace("@", "@8701")).write_text(text, encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "kezhan@8701.service")]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
    ours = [line for line in done.stderr.splitlines() if "kezhan" in line]
    assert bool(ours) == spoilt, done.stderr


def test_every_proxy_keeps_a_caller_without_sockets_at_one_process_and_takes_the_largest_file() -> None:
    assert len(STREAMS) == 4
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"location ~ (\S+) {", nginx)
    assert all(re.search(pattern, path) for path in STREAMS)
    assert not any(re.search(pattern, path.rpartition("/")[0]) for path in STREAMS), "sockets go anywhere"
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (paths,) = re.findall(r"@stream path (.+)", caddy)
    assert set(paths.split()) == STREAMS
    (rule,) = objects()["Ingress/kezhan-stream"]["spec"]["rules"]
    assert {path["path"] for path in rule["http"]["paths"]} == STREAMS
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Exact"}
    plain = objects()["Ingress/kezhan"]["metadata"]["annotations"]
    assert plain["nginx.ingress.kubernetes.io/proxy-body-size"] == "21m"
    assert "client_max_body_size 21m;" in nginx and "max_size 21MiB" in caddy
    assert "ssl_protocols TLSv1.3;" in nginx and "protocols tls1.3" in caddy


def test_the_caddyfile_closes_what_it_opens_and_uses_what_it_names() -> None:
    text = re.sub(r"#.*", "", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))
    bare = text.replace("{$SITE}", "site").replace("{$UPSTREAMS}", "upstreams")
    depth = 0
    for sign in re.findall(r"[{}]", bare):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert set(re.findall(r"import (\w+)", bare)) == set(re.findall(r"^\((\w+)\) {", bare, re.MULTILINE))


def figures_named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:kezhan|process)_[a-z_]+", text))


async def test_every_figure_of_the_dashboard_and_the_rules_is_one_the_product_shows(house: Running) -> None:
    shown = (await (await house.client()).get("/metrics")).text
    known = set(re.findall(r"^# TYPE (\w+)", shown, re.MULTILINE))
    known |= {f"{name}_{part}" for name in known for part in ("bucket", "sum", "count")}
    board = json.loads((DEPLOY / "monitoring" / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    asked += [board["templating"]["list"][1]["query"]]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in alerts)
    for expression in asked + [rule["expr"] for rule in alerts]:
        assert figures_named(expression) <= known, expression
        assert expression.count("(") == expression.count(")")
    assert "kezhan_none" not in known and figures_named("kezhan_none > 0") == {"kezhan_none"}
