"""The only place for the settings an installation keeps in VAR_DIR/env, and how it is set up."""

import csv
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

FILE, PREPARED = "env", "prepared"
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
HERE = ("127.0.0.1", "localhost")
ASKED = ("COUNTY", "NAME", "HOST", "PORT", "HTTPS", "DATABASE_URL")
HEAD = """\
# Settings of this installation; only its owner may read this file. One NAME=value a line, without
# quotes; the environment wins over it. docs/operating.md and docs/running.md say what there is.
"""


class Wrong(Exception):
    """A sentence for whoever set it up."""


def read(folder: Path) -> dict[str, str]:
    """What the file in this folder says; nothing when there is none. Closed to others at once."""
    file, found = folder / FILE, {}
    if not file.exists():
        return {}
    try:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"{file} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if not match:
            raise Wrong(f"{file}, line {number}: it must read NAME=value.")
        found[match[1]] = match[2]
    return found


def load(folder: Path) -> None:
    """Put the file into the environment; what stands there already wins."""
    for name, value in read(folder).items():
        os.environ.setdefault(name, value)


def write(folder: Path, values: Mapping[str, str]) -> None:
    """All or nothing, for the owner alone. Lines that are none of ours, and remarks, stay."""
    file, rest, left = folder / FILE, dict(values), [HEAD.rstrip()]
    if file.exists():
        left = []
        for line in file.read_text("utf-8").splitlines():
            name = line.partition("=")[0].strip()
            left.append(f"{name}={rest.pop(name)}" if name in rest else line)
    lines = [*left, *(f"{name}={value}" for name, value in rest.items())]
    part = folder / f".{FILE}.{os.getpid()}"
    with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write("\n".join(lines) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)


def settle(folder: Path, asked: Mapping[str, str], regions: Path) -> list[str]:
    """Write down what was asked for, or say in a sentence why not; what there is to tell.

    Before the first start has come through, everything can still be asked for anew.
    """
    for above in (*reversed(folder.parents), folder):
        above.mkdir(mode=0o700, exist_ok=True)
    known = read(folder)
    first = not (folder / PREPARED).exists()
    _look_over(asked, regions)
    if not first:
        _same(folder, known, asked)
    host = asked.get("HOST") or known.get("HOST") or ""
    if not host:
        raise Wrong(
            "HOST is missing: the name people type, for example HOST=reform.example.cn; "
            "HOST=127.0.0.1 for a try on this machine."
        )
    values = {name: asked[name] for name in ("COUNTY", "PORT", "DATABASE_URL") if asked.get(name)}
    if asked.get("NAME"):
        values["COUNTY_NAME"] = asked["NAME"].strip()
    if not known.get("SECRET_KEY") and not asked.get("SECRET_KEY"):
        values["SECRET_KEY"] = secrets.token_urlsafe(48)
    if not known.get("BACKUP_DIR"):
        values["BACKUP_DIR"] = str(folder / "backups")
    if "HOST" not in known or asked.get("HOST") or asked.get("HTTPS") or asked.get("PORT"):
        values |= _address(host, {**known, **asked})
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    if changed:
        write(folder, changed)
    return [f"{folder / FILE}: {', '.join(sorted(changed))}"] if changed else []


def _address(host: str, said: Mapping[str, str]) -> dict[str, str]:
    """What follows from the host: who is let in, what stands in letters and on slips."""
    here = host in HERE
    https = said.get("HTTPS", "") or ("0" if here else "1")
    port = said.get("PORT") or "8000"
    return {
        "HOST": host,
        "PORT": port,
        "HTTPS": https,
        "BEHIND_PROXY": "0" if here else "1",
        "ALLOWED_HOSTS": ",".join(dict.fromkeys([host, *HERE])),
        "PUBLIC_URL": f"http{'s' if https == '1' else ''}://{host}{f':{port}' if here else ''}",
    }


def _look_over(asked: Mapping[str, str], regions: Path) -> None:
    """What is wrong by itself."""
    host, county, name = (asked.get(key, "") for key in ("HOST", "COUNTY", "NAME"))
    if host and not HOST.fullmatch(host):
        raise Wrong(
            f"HOST={host!r} is no host name: only the name, in small letters, without http:// and "
            "without a port, for example HOST=reform.example.cn."
        )
    if asked.get("HTTPS", "1") not in {"0", "1"}:
        raise Wrong(f"HTTPS={asked['HTTPS']!r}: write 1, or 0 where no certificate can be had.")
    port = asked.get("PORT", "1")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise Wrong(f"PORT={port!r} must be a number from 1 to 65535.")
    if re.search(r"[\s'\"#$\\]", asked.get("DATABASE_URL", "")):
        raise Wrong("DATABASE_URL: write spaces, quotes, #, $ and \\ as %20, %22, %23, %24, %5C.")
    if county:
        kind = _kinds(regions).get(county)
        if kind is None:
            raise Wrong(
                f"COUNTY={county!r} is no code of a region we know. It is the six digits of the "
                "statistical code, for example 330106; seeds/regions.csv lists them."
            )
        if kind not in {"county", "zone", "city", "city_without_counties"}:
            raise Wrong(f"COUNTY={county}: no education bureau stands there ({kind}).")
    if name and (len(name.strip()) > 40 or not name.isprintable()):
        raise Wrong(f"NAME={name!r} must be the name of the bureau, at most 40 signs in a line.")


def _same(folder: Path, known: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """What was settled at the first start and is not changed by asking for something else."""
    county, name = known.get("COUNTY", ""), known.get("COUNTY_NAME", "")
    if asked.get("COUNTY") and county and asked["COUNTY"] != county:
        raise Wrong(
            f"This installation was set up for COUNTY={county}, not {asked['COUNTY']}. An operator "
            "gives further counties a manager in it; a separate installation needs another VAR_DIR."
        )
    if asked.get("NAME") and name and asked["NAME"].strip() != name:
        raise Wrong(
            f"This installation was set up for NAME={name}. A bureau that was renamed is renamed "
            "in the back office (Regions); start without NAME."
        )
    url = asked.get("DATABASE_URL", "")
    if url and url != known.get("DATABASE_URL", ""):
        kept = "another database" if known.get("DATABASE_URL") else "SQLite"
        raise Wrong(
            f"This installation keeps its data in {kept}, not in the DATABASE_URL that was given. "
            f"If it is the same database at a new address, write that into {folder / FILE}."
        )


def _kinds(regions: Path) -> dict[str, str]:
    with regions.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row["kind"] for row in csv.DictReader(file)}


def main(arguments: list[str]) -> int:
    """`python -m reform.instance FOLDER NAME…`: settle what the named variables ask for."""
    folder, names = Path(arguments[0]).resolve(), {*arguments[1:], "DATABASE_URL"}
    asked = {name: os.environ[name] for name in ASKED if name in names and os.environ.get(name)}
    regions = Path(__file__).resolve().parent.parent / "seeds" / "regions.csv"
    try:
        for line in settle(folder, asked, regions):
            print(line)
    except (Wrong, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
