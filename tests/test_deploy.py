"""deploy/: units that systemd takes and that run what the Procfile runs; an nginx that proxies."""

import http.client
import http.server
import json
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings

from reform import uploads
from tests.services import free_port, stop, wait_for

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*"))
PARTS = dict(
    line.split(": exec ") for line in (settings.BASE_DIR / "Procfile").read_text().splitlines()
)
analyze = shutil.which("systemd-analyze")
nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
openssl = shutil.which("openssl")


def setting(unit, name):
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.M)


@pytest.mark.skipif(not analyze, reason="systemd-analyze is not here: units NOT verified")
def test_systemd_takes_every_unit(tmp_path):
    """With the code where it lies here, since systemd looks whether the programs exist."""
    (tmp_path / "code" / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "code" / ".venv" / "bin" / "python").symlink_to(sys.executable)
    units = tmp_path / "units"
    units.mkdir()
    for unit in UNITS:
        text = unit.read_text().replace("/srv/reform", str(tmp_path / "code"))
        (units / unit.name).write_text(text)

    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, sorted(units.iterdir()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if str(units) in line or "reform" in line]

    assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("part", PARTS)
def test_a_unit_runs_what_the_procfile_runs(part):
    command = re.sub(r"\$\{(\w+):-\d+\}", r"${\1}", PARTS[part].strip())
    unit = DEPLOY / "systemd" / f"reform-{part}.service"

    assert setting(unit, "ExecStart") == [f"/srv/reform/.venv/bin/{command}"]
    defaults = " ".join(setting(unit, "Environment"))
    for name, default in re.findall(r"\$\{(\w+):-(\d+)\}", PARTS[part]):
        assert f"{name}={default}" in defaults


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda u: u.name)
def test_no_unit_runs_as_root_or_writes_outside_its_data(unit):
    assert setting(unit, "User") == ["reform"]
    assert setting(unit, "ProtectSystem") == ["strict"]
    assert setting(unit, "NoNewPrivileges") == ["yes"]
    allowed = {"/srv/reform/var", "/var/backups/reform"}
    if unit.stem == "reform-prepare":  # it also installs and compiles
        allowed = {"/srv/reform"}
    assert set(setting(unit, "ReadWritePaths")[0].split()) <= allowed


def test_the_target_starts_all_parts():
    wanted = " ".join(setting(DEPLOY / "systemd" / "reform.target", "Wants")).split()

    assert set(wanted) == {f"reform-{part}.service" for part in (*PARTS, "prepare")}


def test_what_the_timers_run_are_commands_of_ours():
    for name, command in (("backup", "backup"), ("restore-check", "restore_check")):
        run = setting(DEPLOY / "systemd" / f"reform-{name}.service", "ExecStart")[0]
        assert f"manage.py {command} /var/backups/reform" in run
        assert setting(DEPLOY / "systemd" / f"reform-{name}.timer", "OnCalendar")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what the proxy sent."""

    def do_GET(self):
        said = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def echo():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def configured(tmp_path, echo):
    """The example, with a certificate, on free ports; (file, port, secure port)."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=reform.example.cn", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    plain, secure = free_port(), free_port()
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("/etc/ssl/reform/fullchain.pem", str(certificate)),
        ("/etc/ssl/reform/privkey.pem", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{echo}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
    ):
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"listen \[::\]:.*;", "", text)
    paths = "".join(
        f"{name}_temp_path {tmp_path};" for name in ("proxy", "client_body", "fastcgi", "uwsgi")
    )
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; user root;"
        if Path("/proc/self").stat().st_uid == 0
        else f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log;"
    )
    with whole.open("a") as file:
        file.write(
            f"events {{}} http {{ access_log off; {paths} scgi_temp_path {tmp_path}; {text} }}"
        )
    return whole, plain, secure


@pytest.fixture
def proxy(configured, tmp_path):
    whole, plain, secure = configured
    server = subprocess.Popen([nginx, "-e", tmp_path / "log", "-c", whole])
    wait_for("nginx", ("127.0.0.1", secure), server, tmp_path / "log")
    yield plain, secure
    stop(server, signal.SIGTERM)


needs_nginx = pytest.mark.skipif(
    not (nginx and openssl), reason="nginx or openssl is not here: the example was NOT tried"
)


@needs_nginx
def test_nginx_takes_the_example(configured, tmp_path):
    done = subprocess.run(
        [nginx, "-t", "-e", tmp_path / "log", "-c", configured[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def ask(port, method="GET", secure=True, **headers):
    """The answer of the proxy, and its body."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    page = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trusting)
        if secure
        else http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    )
    page.request(method, "/school/?a=1", headers={"Host": "reform.example.cn", **headers})
    answer = page.getresponse()
    body = answer.read()
    page.close()
    return answer, body


@needs_nginx
def test_the_proxy_tells_who_called_and_how_whatever_a_caller_claims(proxy):
    _plain, secure = proxy
    forged = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http"}

    _answer, body = ask(secure, **forged)
    seen = json.loads(body)

    assert seen["Host"] == "reform.example.cn"
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["X-Forwarded-For"] == "127.0.0.1"


@needs_nginx
def test_plain_http_is_sent_to_https(proxy):
    answer, _body = ask(proxy[0], secure=False)

    assert answer.status == 301
    assert answer.headers["Location"] == "https://reform.example.cn/school/?a=1"


@needs_nginx
def test_the_proxy_lets_through_what_the_product_takes_and_no_more(proxy):
    most = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())

    assert int(most[1]) * 1024**2 == uploads.MOST_REQUEST
    answer, _ = ask(proxy[1], "POST", **{"Content-Length": str(uploads.MOST_REQUEST + 1)})
    assert answer.status == 413
