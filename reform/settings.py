"""The only place for settings: everything an operator may change is an environment variable."""

import os
import re
import tempfile
from datetime import timedelta
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from reform import instance

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def yes_or_no(name: str, default: bool = False) -> bool:
    """A switch; anything but a clear yes or no stops the start."""
    text = env.str(name, default="").strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    if text:
        raise ImproperlyConfigured(f"{name}={text!r} is neither yes nor no. Write 1 or 0.")
    return default


def whole_number(name: str, default: int, least: int, most: int) -> int:
    """A number within bounds; anything else stops the start."""
    text = env.str(name, default="").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name}={text!r} must be a number from {least} to {most}.")
    return int(text)


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, that only its owner can open."""
    try:
        for folder in (*reversed(path.parents), path):
            folder.mkdir(mode=0o700, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"VAR_DIR: the folder {path} cannot be made or kept private ({error.strerror}). "
            "Name a folder that this user may write to."
        ) from error
    return path


def database(url: str) -> dict:
    """Django's settings for a database URL; "" is SQLite beside the other data."""
    scheme = url.partition(":")[0]
    if scheme not in {"", "sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {scheme!r}. It must be postgres://user:password@host/name "
            "or sqlite:////absolute/path/to/file."
        )
    config = env.db_url_config(url) if url else {"NAME": str(VAR_DIR / "reform.sqlite3")}
    if not config["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgres://…/NAME.")
    if scheme in {"", "sqlite"}:
        options = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        test = {"NAME": str(VAR_DIR / "test.sqlite3")}
        engine = "django.db.backends.sqlite3"
        return {"ENGINE": engine, "NAME": config["NAME"], "OPTIONS": options, "TEST": test}
    return {**config, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def secret_key(*, trial: bool) -> str:
    """The key from the environment; for a trial one is made once and kept beside the data."""
    key = env.str("SECRET_KEY", default="")
    if key:
        if len(key) < 50 or len(set(key)) < 10:
            raise ImproperlyConfigured("SECRET_KEY is too short: 50 random characters or more.")
        return key
    if not trial:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing. With PostgreSQL or ALLOWED_HOSTS this is an installation that "
            "others use: set SECRET_KEY to 50 random characters or more and keep it."
        )
    file = VAR_DIR / "secret"
    try:
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
            handle.write(get_random_secret_key())
    except FileExistsError:
        pass
    return file.read_text().strip()


def own_socket() -> Path:
    """Where `manage.py valkey` listens: beside the data, or nearer when no socket can have its
    address there (too long, or with signs that mean something in a URL)."""
    path = VAR_DIR / "valkey" / "socket"
    if re.fullmatch(r"[A-Za-z0-9_./-]{1,100}", str(path)):
        return path
    digest = sha256(str(VAR_DIR).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"reform-{os.getuid()}-{digest}" / "socket"


def broker(url: str) -> str:
    """The address Celery understands for a Redis or Valkey URL."""
    parts = urlsplit(url)
    if parts.scheme in {"unix", "redis+socket"} and parts.path:
        return f"redis+socket://{parts.path}"
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return url
    raise ImproperlyConfigured(
        f"REDIS_URL={url!r} is no address of a Redis or Valkey server: "
        "redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket."
    )


def mail_server(url: str) -> dict | None:
    """Where letters go: host, port, user, password, tls ("", "starttls", "ssl"); None is nowhere.

    "consolemail://" prints letters in the sender's window: a trial without a mail server.
    """
    if not url:
        return None
    scheme = url.partition(":")[0]
    kinds = {"smtp": "", "smtp+tls": "starttls", "smtp+ssl": "ssl", "consolemail": ""}
    ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "consolemail": 0}
    try:
        parts = env.email_url_config(url) if scheme in kinds else {}
    except ValueError:
        parts = {}
    host = parts.get("EMAIL_HOST") or ""
    if not parts or (not host and scheme != "consolemail"):
        raise ImproperlyConfigured(
            f"EMAIL_URL begins with {scheme!r} or names no host. It must be smtp+tls://user:"
            "password@host:587, smtp+ssl://…, smtp://host:25 or, for a trial, consolemail://."
        )
    return {
        "host": host,
        "port": parts["EMAIL_PORT"] or ports[scheme],
        "user": parts["EMAIL_HOST_USER"] or "",
        "password": parts["EMAIL_HOST_PASSWORD"] or "",
        "tls": kinds[scheme],
        "console": scheme == "consolemail",
    }


def mail_from(text: str, *, needed: bool) -> str:
    """The sender of letters, "Name <name@host>" or "name@host"."""
    if not text and not needed:
        return "reform@localhost"
    address = parseaddr(text)[1]
    if not text.isprintable() or not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", address):
        raise ImproperlyConfigured(
            f"MAIL_FROM={text!r} is no sender. With EMAIL_URL it must be an address of yours that "
            "the mail server lets through: ledger@bureau.example."
        )
    return text


def public_url(text: str) -> str:
    """The address people type, without a slash at its end: it stands in letters and on slips."""
    if not text:
        host = next((h for h in ALLOWED_HOSTS if not h.startswith(("*", "."))), "")
        return f"{'https' if HTTPS else 'http'}://{host or '127.0.0.1:8000'}"
    parts = urlsplit(text)
    plain = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}
    if not plain or parts.query or parts.fragment or not re.fullmatch(r"[!-~]+", text):
        raise ImproperlyConfigured(
            f"PUBLIC_URL={text!r} must be the address people type: https://ledger.bureau.example."
        )
    return text.rstrip("/")


def own_settings(folder: Path) -> None:
    """What this installation keeps in VAR_DIR/env, where the environment does not say it."""
    try:
        instance.load(folder)
    except instance.Wrong as wrong:
        raise ImproperlyConfigured(str(wrong)) from wrong


VAR_DIR = private_folder(Path(env.str("VAR_DIR", default="") or BASE_DIR / "var").resolve())
own_settings(VAR_DIR)
DEBUG = yes_or_no("DEBUG")
HTTPS = yes_or_no("HTTPS")
BEHIND_PROXY = yes_or_no("BEHIND_PROXY")

DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASES = {"default": database(DATABASE_URL)}
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
SECRET_KEY = secret_key(trial=not DATABASE_URL.startswith("postgres") and not ALLOWED_HOSTS)
PUBLIC_URL = public_url(env.str("PUBLIC_URL", default=""))
ALLOWED_HOSTS = ALLOWED_HOSTS or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and host != "*"]

INSTALLED_APPS = [
    "schools",
    "reform",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "axes",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "reform.middleware.begun",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reform.middleware.without_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reform.middleware.language",
    "reform.middleware.private_pages",
    "reform.middleware.FormsWithoutNul",
    "reform.audit.keep_notes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "schools.access.SeatMiddleware",
    "reform.middleware.form_addresses",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "reform.urls"
WSGI_APPLICATION = "reform.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reform.context.house",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "Simplified Chinese"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "reform" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = "Asia/Shanghai"
# What the clock is compared with before anybody is reminded; see reform.clock_guard.
CLOCK_PROC = env.str("CLOCK_PROC", default="/proc")  # "" where the clock is moved on purpose
CLOCK_ASKS_DATABASE = yes_or_no("CLOCK_ASKS_DATABASE", default=True)
USE_TZ = True

AUTH_USER_MODEL = "schools.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "reform.sign_in.WithInbox",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Only the pair is locked: nobody can lock a colleague, or a whole county behind one address, out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "schools.views.session.locked"
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "reform.middleware.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# What a failed try leaves behind holds no secret and nothing that somebody wrote.
AXES_SENSITIVE_PARAMETERS = [
    "username", "ip_address", "code", "new_password1", "new_password2", "kept", "next",
    "csrfmiddlewaretoken",
]  # fmt: skip

# A session ends 12 hours after sign-in; nothing is written on GET to prolong it.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "schools.views.session.aged_page"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked on the machine itself, past the proxy
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# What the other hosts of a bureau's domain do is not ours to decide: subdomains, preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
PLAIN_STATIC = DEBUG or yes_or_no("PLAIN_STATIC")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PLAIN_STATIC
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PLAIN_STATIC
EVIDENCE_DIR = VAR_DIR / "evidence"
# Where each night leaves a backup; without it, none is made by itself.
BACKUP_DIR = env.str("BACKUP_DIR", default="")
BACKUPS_KEPT = whole_number("BACKUPS_KEPT", default=7, least=1, most=999)
JOBS_DIR = VAR_DIR / "jobs"
# The most a form may send: ten evidence files of 20 MB are streamed to disk, the rest is text.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["reform.uploads.MostBytes"]

EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_SERVER = mail_server(EMAIL_URL)
MAIL_FROM = DEFAULT_FROM_EMAIL = mail_from(
    env.str("MAIL_FROM", default=""), needed=bool(MAIL_SERVER and not MAIL_SERVER["console"])
)
SENDERS = whole_number("SENDERS", default=4, least=1, most=32)

VALKEY_SOCKET = own_socket()
REDIS_URL = env.str("REDIS_URL", default="") or f"unix://{VALKEY_SOCKET}"
CELERY_BROKER_URL = broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 10, "socket_connect_timeout": 3}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "reform"
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONCURRENCY = whole_number("WORKERS", default=1, least=1, most=32)
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
# An unanswered ring is worth nothing once the next one has come.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "reform.tick", "schedule": 60.0, "options": {"expires": 55}},
    "send": {"task": "reform.send", "schedule": 60.0, "options": {"expires": 55}},
}

IMPORT_EXPORT_USE_TRANSACTIONS = True

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise ImproperlyConfigured(f"LOG_LEVEL={LOG_LEVEL!r}: DEBUG, INFO, WARNING or ERROR.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
    },
}
