"""A filled installation for tests of backup and restore, and the wipe that comes between them."""

import io
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.apps import apps
from django.db import connection, transaction

from reform import history, outbox, uploads
from reform.history import NewEvent
from schools.models import Activation
from tests import files, world

MACHINERY = {"Session", "Pulse", "Message"}  # changed by a restore, on purpose


class Filled:
    """A county in which things have happened: reports, evidence, letters, a broken-off draft."""

    def __init__(self):
        self.cast = world.Cast()
        entry = world.entry(self.cast.school, "Z2.1")
        for n in range(3):
            with uploads.check(f"会议记录{n}.pdf", io.BytesIO(files.pdf(f"page {n}"))) as checked:
                uploads.store(entry, checked, by=self.cast.filer.user)
        world.accept(world.file(entry, self.cast.filer), self.cast.reviewer)
        waiting = world.entry(self.cast.school, "Z2.2")
        world.send_back(world.file(waiting, self.cast.filer), self.cast.reviewer)
        for n in range(2):
            outbox.post(self.cast.filer.user, "test", f"letter {n}")
        Activation.objects.create(
            user=self.cast.filer.user, digest="d" * 64, salt="s", issued_at=world.NOON,
            expires_at=world.NOON,
        )  # fmt: skip


def rows():
    """{model: every row of it} of all that is ours; values, so that nothing is computed."""
    models = [m for app in ("schools", "reform", "auth", "contenttypes")
              for m in apps.get_app_config(app).get_models(include_auto_created=True)]  # fmt: skip
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in models
        if model.__name__ not in MACHINERY
    }


def evidence(folder):
    """{hash: bytes} of what lies in the evidence folder."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("??/??/*"))}


@contextmanager
def elsewhere(settings, folder):
    """Inside, the installation has an empty database and no evidence: everything was wiped."""
    kept, kept_evidence = connection.settings_dict["NAME"], settings.EVIDENCE_DIR
    connection.close()
    folder.mkdir(parents=True)
    name = str(folder / "reform.sqlite3")
    if connection.vendor == "postgresql":
        name = f"wiped_{abs(hash(str(folder))) % 10**9}"
        server(f"CREATE DATABASE {name}")
    connection.settings_dict["NAME"] = name
    settings.EVIDENCE_DIR = folder / "evidence"
    settings.EVIDENCE_DIR.mkdir(mode=0o700)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = kept
        settings.EVIDENCE_DIR = kept_evidence
        if connection.vendor == "postgresql":
            server(f"DROP DATABASE {name} WITH (FORCE)")


def server(statement):
    """Said to the PostgreSQL of the tests."""
    said = {**connection.settings_dict, "NAME": "postgres"}
    address = {"host": said["HOST"], "port": said["PORT"], "user": said["USER"]}
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as here:
        here.execute(statement)


class Writer:
    """Appends to a chain of the history as fast as it can, while in the block."""

    def __enter__(self):
        self.over, self.written, self.error = threading.Event(), 0, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        try:
            while not self.over.is_set():
                with transaction.atomic():
                    event = NewEvent("tick", None, body={"n": self.written}, text="逐条写入")
                    history.record("region:330106", event)
                self.written += 1
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def __exit__(self, *exception):
        self.over.set()
        self.thread.join()
        assert self.error is None
