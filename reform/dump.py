"""The only place that knows how a database is copied whole, put back, and compared with another."""

import glob
import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

LEFT_OUT = ("django_session",)  # whoever reads a backup must not be able to sign in with it
# The files that must be there, as `uploads.kept` says; asked of a copy, so not through models.
EVIDENCE = (
    "SELECT DISTINCT sha256 FROM reform_evidence e WHERE destroyed_at IS NULL AND "
    "(removed_at IS NULL OR EXISTS "
    "(SELECT 1 FROM reform_report_evidence r WHERE r.evidence_id = e.id)) ORDER BY sha256"
)
HOLD = (
    "UPDATE reform_message SET state = 'held', owner = '', lease_until = NULL "
    "WHERE state IN ('waiting', 'sending')"
)
Query = Callable[[str], list[tuple]]


class Failed(Exception):
    """A sentence for whoever keeps the installation."""


class Table(NamedTuple):
    """What stands in a table: how many rows, and the SHA-256 of all of them in order."""

    rows: int
    sha256: str


class Contents(NamedTuple):
    """What a database held at one moment."""

    tables: dict[str, Table]
    chains: dict[str, list]
    migrations: list[str]
    evidence: list[str]


def kind() -> str:
    """ "sqlite" or "postgresql", as the settings say."""
    return connection.vendor


def size() -> int:
    """Bytes that a copy may take."""
    if kind() == "sqlite":
        return sum(file.stat().st_size for file in _files() if file.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def save(target: Path) -> Contents:
    """Copy the database as it is at one moment, while others write; what the copy holds."""
    if kind() == "sqlite":
        with _sqlite(target) as there:
            with closing(sqlite3.connect(f"{_files()[0].as_uri()}?mode=ro", uri=True)) as here:
                here.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")
            there.execute("PRAGMA secure_delete=ON")
            for name in LEFT_OUT:
                there.execute(f"DELETE FROM {name}")
            there.commit()
            return _of_sqlite(there)
    with _postgres() as here:
        here.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        here.read_only = True
        snapshot = here.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        without = [f"--exclude-table-data={name}" for name in LEFT_OUT]
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", *without,
             f"--snapshot={snapshot[0]}", f"--file={target}", f"--dbname={_address()}")  # fmt: skip
        return _of_postgres(here)


def read_copy(file: Path) -> Contents:
    """What a copy holds: an SQLite file is opened, a dump goes into a database of its own."""
    if kind() == "sqlite":
        with _sqlite(file) as copy:
            faults = copy.execute("PRAGMA integrity_check").fetchall()
            if faults != [("ok",)]:
                raise Failed(_("SQLite calls the copy damaged: %(why)s") % {"why": faults[0][0]})
            return _of_sqlite(copy)
    name = f"reform_check_{os.getpid()}"
    with _postgres(autocommit=True) as here:
        try:
            here.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.Error as error:
            raise Failed(
                _(
                    "A database to try the backup in cannot be made: %(why)s Give the user the "
                    "right once: ALTER ROLE … CREATEDB."
                )
                % {"why": str(error).strip()}
            ) from error
        try:
            _load(file, _address(dbname=name))
            with _postgres(dbname=name) as there:
                return _of_postgres(there)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            here.execute(drop)


def is_empty() -> bool:
    """Whether the database has no table yet."""
    if kind() == "sqlite":
        file = _files()[0]
        if not file.exists():
            return True
        with _sqlite(file) as here:
            return not _tables_of_sqlite(here)
    with _postgres() as here:
        return not _tables_of_postgres(here)


def put_back(file: Path, check: Callable[[Contents], None], restored: str) -> int:
    """Make an empty database hold what the copy holds; how many letters are held back since.

    `check` raises when it is not what it should be. `restored` is the moment, for the pulse.
    """
    connection.close()
    if kind() == "sqlite":
        return _put_back_sqlite(file, check, restored)
    with _postgres() as here:
        others = here.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
        if others and others[0]:
            raise Failed(
                _("%(n)d others are connected to the database. Stop every process first.")
                % {"n": others[0]}
            )
    _load(file, _address())
    with _postgres() as here:
        try:
            check(_of_postgres(here))
        except Failed:
            _empty(here)
            raise
        return _mark(lambda text: here.execute(text.encode()).rowcount, restored)


def _empty(here: psycopg.Connection) -> None:
    """Take away again what was put into a database that was empty."""
    here.rollback()
    for name in [*_tables_of_postgres(here), *LEFT_OUT]:
        here.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
    ours = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    for (function,) in here.execute(ours).fetchall():
        if function.startswith("reform_"):
            here.execute(f"DROP FUNCTION {function} CASCADE".encode())
    here.commit()


def _put_back_sqlite(file: Path, check: Callable[[Contents], None], restored: str) -> int:
    target, *beside = _files()
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        shutil.copyfile(file, part)
        check(read_copy(part))
        with _sqlite(part) as copy:
            held = _mark(lambda text: copy.execute(text).rowcount, restored)
            copy.commit()
        with part.open("rb") as done:
            os.fsync(done.fileno())
        for left in beside:  # of a database that is gone; the new one must not take it for its own
            left.unlink(missing_ok=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return held


def _mark(run: Callable[[str], int], restored: str) -> int:
    """Nothing of what waited then is sent by itself now, and the status page knows why."""
    held = run(HOLD)
    run("DELETE FROM reform_pulse WHERE name = 'restore'")
    run(
        "INSERT INTO reform_pulse (name, started_at, finished_at, ok, detail) "
        f"VALUES ('restore', '{restored}', '{restored}', {'1' if kind() == 'sqlite' else 'true'}, "
        f"'{held}')"
    )
    return held


def _of_sqlite(here: sqlite3.Connection) -> Contents:
    return _contents(
        lambda text: here.execute(text).fetchall(),
        {name: _table_of_sqlite(here, name) for name in _tables_of_sqlite(here)},
    )


def _of_postgres(here: psycopg.Connection) -> Contents:
    here.execute("SET LOCAL timezone = 'UTC'")
    here.execute("SET LOCAL datestyle = 'ISO'")
    here.execute("SET LOCAL extra_float_digits = 1")
    return _contents(
        lambda text: here.execute(text.encode()).fetchall(),
        {name: _table_of_postgres(here, name) for name in _tables_of_postgres(here)},
    )


def _contents(ask: Query, tables: dict[str, Table]) -> Contents:
    if not {"reform_chain", "reform_evidence", "django_migrations"} <= tables.keys():
        raise Failed(_("The database holds no installation of this product."))
    done = ask("SELECT app, name FROM django_migrations WHERE app IN ('schools', 'reform')")
    return Contents(
        tables,
        {subject: [seq, head] for subject, seq, head in
         ask("SELECT subject, seq, head FROM reform_chain ORDER BY subject")},
        sorted(f"{app}.{name}" for app, name in done),
        [row[0] for row in ask(EVIDENCE)],
    )  # fmt: skip


def _tables_of_sqlite(here: sqlite3.Connection) -> list[str]:
    found = here.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY name"
    )
    return [name for (name,) in found if name not in LEFT_OUT]


def _table_of_sqlite(here: sqlite3.Connection, name: str) -> Table:
    columns = here.execute(f'PRAGMA table_info("{name}")').fetchall()
    keys = [f'"{row[1]}"' for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    digest, rows = hashlib.sha256(), 0
    for row in here.execute(f'SELECT * FROM "{name}" ORDER BY {", ".join(keys) or "rowid"}'):
        digest.update(f"{row!r}\n".encode())
        rows += 1
    return Table(rows, digest.hexdigest())


def _tables_of_postgres(here: psycopg.Connection) -> list[str]:
    found = here.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
    )
    return sorted(name for (name,) in found.fetchall() if name not in LEFT_OUT)


def _table_of_postgres(here: psycopg.Connection, name: str) -> Table:
    """In the order of the key, texts by their bytes: two servers may sort words differently."""
    keys = here.execute(
        "SELECT a.attname, a.attcollation <> 0 FROM pg_index i "
        "CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(no, at) "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.no "
        "WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.at",
        [f'"{name}"'],
    ).fetchall()
    order = [
        sql.SQL('{} COLLATE "C"' if text else "{}").format(sql.Identifier(key))
        for key, text in keys
    ]
    copy = sql.SQL("COPY (SELECT * FROM {}{}) TO STDOUT").format(
        sql.Identifier(name),
        sql.SQL(" ORDER BY ") + sql.SQL(", ").join(order) if order else sql.SQL(""),
    )
    digest, rows = hashlib.sha256(), 0
    with here.cursor() as cursor, cursor.copy(copy) as lines:
        for line in lines:
            digest.update(line)
            rows += bytes(line).count(b"\n")
    return Table(rows, digest.hexdigest())


@contextmanager
def _sqlite(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose end is the end of the file's work; the folder's owner alone reads it."""
    try:
        file.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as opened:
            yield opened
    except sqlite3.Error as error:
        raise Failed(f"{file}: {error}") from error


@contextmanager
def _postgres(*, autocommit: bool = False, **instead: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(
            _address(**instead), password=_password(), autocommit=autocommit
        ) as opened:
            yield opened
    except psycopg.Error as error:
        raise Failed(_("PostgreSQL: %(why)s") % {"why": str(error).strip()}) from error


def _parameters() -> dict[str, Any]:
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    given = connection.get_connection_params()
    return {name: value for name, value in given.items() if name in known}


def _address(**instead: str) -> str:
    """How to reach the database, without the password: others can read a command line."""
    told = {name: value for name, value in _parameters().items() if name != "password"}
    return make_conninfo("", **{**told, "connect_timeout": 10, **instead})


def _password() -> str | None:
    return _parameters().get("password")


def _load(file: Path, address: str) -> None:
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         f"--dbname={address}", str(file))  # fmt: skip


def _run(name: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, to its end; what it said when it failed."""
    newest = sorted(
        glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4])
    )
    program = shutil.which(name) or (newest[-1] if newest else "")
    if not program:
        raise Failed(
            _(
                "%(name)s was not found. Install the client programs of PostgreSQL, of the "
                "server's version or newer (apt-get install postgresql-client)."
            )
            % {"name": name}
        )
    password = _password()
    secret = {"PGPASSWORD": password} if password else {}
    done = subprocess.run(
        [program, *arguments], env={**os.environ, **secret}, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[:3]
        raise Failed(" ".join([f"{name}:", *said]))


def _files() -> list[Path]:
    """The file of SQLite, and those that it keeps beside it."""
    main = Path(str(connection.settings_dict["NAME"])).resolve()
    return [main, *(main.with_name(f"{main.name}-{end}") for end in ("wal", "shm"))]
