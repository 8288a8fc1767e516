"""The only place for what every test finds: the cast, and the surroundings of a test."""

import pytest
from django.conf import settings

from reform.management.commands.messages import catalogue_path, compile_when_stale


def pytest_configure() -> None:
    """Slow password hashes prove nothing here; pages are read in both languages."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    compile_when_stale(catalogue_path())


@pytest.fixture(autouse=True)
def evidence_folder(settings, tmp_path):
    """Evidence of one test is not seen by another."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR
