"""The only place that sets up what is measured on: a database of its own, or a scratch PostgreSQL.

Imported first, before anything of Django.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import services  # noqa: E402

if "--postgres" in sys.argv:
    os.environ["DATABASE_URL"] = services.start_postgres()
    os.environ.setdefault("SECRET_KEY", "bench" * 10 + "0123456789")
os.environ.setdefault("VAR_DIR", str(services.make_folder()))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reform.settings")

import django  # noqa: E402

django.setup()
