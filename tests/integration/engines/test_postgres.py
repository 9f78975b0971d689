"""Our own PostgreSQL: shared by programs, survives their deaths and its own, in any home."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from adunion.engines import embedded
from adunion.engines.postgres import connect
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError

pytestmark = pytest.mark.integration

PROGRAM = """
import sys
from pathlib import Path
from sqlalchemy import text
from adunion.engines.postgres import connect
from adunion.kernel.config import Settings
if "nobody" in sys.argv:  # only now, as the interpreter itself may be root's alone
    import encodings.idna, os, pwd, tempfile
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.dialects.postgresql import psycopg
    from adunion.engines import embedded
    embedded._bin("initdb")
    account = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
server = connect(Settings(home=Path(sys.argv[1]), database_url=None))
with server.engine.begin() as conn:
    conn.execute(text("select pg_advisory_xact_lock(1)"))
    conn.execute(text("create table if not exists notes (n int)"))
    conn.execute(text("insert into notes values (1)"))
sys.stdout.write("ready\\n")
sys.stdout.flush()
for line in sys.stdin:
    with server.engine.begin() as conn:
        conn.execute(text("insert into notes values (1)"))
        written = conn.scalar(text("select count(*) from notes"))
    sys.stdout.write(f"{written}\\n")
    sys.stdout.flush()
server.close()
"""


class Program:
    """A process that joins a home, writes a row for each line it is sent, leaves at the end."""

    def __init__(self, home: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        return self.process.stdout.readline().strip()

    def write_row(self) -> int:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.hear())

    def end(self, sent: signal.Signals | None = None) -> int:
        if sent is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(sent)
        code = self.process.wait(60)
        self.process.stdout.close()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        return code


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        home = Path(folder) / "home"
        yield home
        stop(home)


def stop(home: Path) -> None:
    """Whatever happened in the test, its server ends with it."""
    if (home / "postgres" / "postmaster.pid").exists():
        connect(Settings(home=home, database_url=None)).close()


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def rows(home: Path) -> int:
    server = connect(Settings(home=home, database_url=None))
    try:
        with server.engine.connect() as conn:
            return int(conn.scalar(text("select count(*) from notes")))
    finally:
        server.close()


def test_a_killed_program_leaves_a_server_that_the_next_one_joins_and_stops(home):
    program = Program(home)
    assert program.hear() == "ready"
    program.end(signal.SIGKILL)
    assert postmaster(home)
    assert rows(home) == 1
    assert not (home / "postgres" / "postmaster.pid").exists()


def test_two_programs_share_one_server_and_neither_stops_it_under_the_other(home):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: Program(home), range(2))
    assert first.hear() == second.hear() == "ready"
    server = postmaster(home)
    assert first.end() == 0
    assert second.write_row() == 3
    assert postmaster(home) == server
    assert second.end() == 0
    assert not (home / "postgres" / "postmaster.pid").exists()
    assert rows(home) == 3


def test_a_killed_server_is_recovered_by_the_next_start_and_found_again_by_those_running(home):
    program = Program(home)
    assert program.hear() == "ready"
    before = program.write_row()
    os.kill(postmaster(home), signal.SIGKILL)
    assert rows(home) == before
    other = Program(home)
    assert other.hear() == "ready"
    assert program.write_row() == before + 2
    assert program.end() == other.end() == 0


def test_program_and_server_killed_again_and_again_lose_no_row(home):
    for round_ in range(4):
        program = Program(home)
        assert program.hear() == "ready"
        assert program.write_row() == 2 * (round_ + 1)
        server = postmaster(home)
        program.end(signal.SIGKILL)
        if round_ % 2:
            os.kill(server, signal.SIGKILL)
    assert rows(home) == 8


@pytest.mark.parametrize(
    "name",
    ['space 非 ASCII é quote\'s "double" $HOME `x` , %s', "long" * 30, "d/" * 120 + "e"],
)
def test_a_home_may_have_any_path(name):
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        home = Path(folder) / name
        program = Program(home)
        assert program.hear() == "ready"
        assert program.write_row() == 2
        sockets = embedded._socket_dir(home)
        assert program.end() == 0
        assert rows(home) == 2
        assert not (sockets / ".s.PGSQL.5432").exists()
        assert sockets == home / "postgres" or not sockets.exists()


def test_an_initdb_cut_short_is_done_again(home):
    unfinished = home / "postgres.new-cut"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    program = Program(home)
    assert program.hear() == "ready"
    assert not unfinished.exists()
    assert program.end() == 0


def test_a_program_killed_during_its_first_start_spoils_nothing(home):
    for delay in (0.3, 0.6, 0.9, 1.2):
        program = Program(home)
        with pytest.raises(subprocess.TimeoutExpired):
            program.process.wait(delay)
        program.end(signal.SIGKILL)
    program = Program(home)
    assert program.hear() == "ready"
    assert program.end() == 0


def test_lock_files_naming_a_process_that_is_no_postgres_are_forgotten(home):
    program = Program(home)
    assert program.hear() == "ready"
    server = postmaster(home)
    program.end(signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        path = home / "postgres" / lock
        path.write_text(path.read_text().replace(str(server), str(os.getpid()), 1))
    assert rows(home) == 1


def refusal(home: Path) -> AdUnionError:
    with pytest.raises(AdUnionError) as caught:
        connect(Settings(home=home, database_url=None))
    assert caught.value.hint
    return caught.value


def test_a_home_that_cannot_be_used_is_refused_with_the_reason(home):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file")
    assert refusal(home).code == "home_unusable"
    assert refusal(home / "below").code == "home_unusable"
    assert "longer than" in refusal(home.parent.joinpath(*["x" * 200] * 5)).message
    home.unlink()
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letters").write_text("mine")
    assert "no PostgreSQL data folder" in refusal(home).message
    assert (home / "postgres" / "letters").read_text() == "mine"
    shutil.rmtree(home / "postgres")


def test_a_broken_data_folder_says_what_postgres_said(home):
    (home / "postgres").mkdir(parents=True, mode=0o700)
    (home / "postgres" / "PG_VERSION").write_text("9.6\n")
    assert "did not start" in refusal(home).message
    shutil.rmtree(home / "postgres")


def test_a_full_disk_is_told_and_leaves_nothing_half_made():
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        small = ["mount", "-t", "tmpfs", "-o", "size=20m", "adunion-test", folder]
        if subprocess.run(small, check=False, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        try:
            assert "No space left" in refusal(Path(folder) / "home").message
            assert not (Path(folder) / "home" / "postgres").exists()
        finally:
            subprocess.run(["umount", folder], check=True)


def test_it_runs_as_a_user_who_is_not_root():
    if os.geteuid() != 0:
        pytest.skip("these tests run as one already")
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        shutil.chown(folder, "nobody")
        home = Path(folder) / "home"
        program = Program(home, "nobody")
        assert program.hear() == "ready"
        assert program.write_row() == 2
        assert (home / "postgres").stat().st_uid == home.stat().st_uid != 0
        assert program.end() == 0


def test_a_new_home_is_closed_to_others():
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        program = Program(Path(folder) / "home")
        assert program.hear() == "ready"
        home = (Path(folder) / "home").stat()
        assert program.end() == 0
    if os.geteuid() == 0:  # the server's account may pass, by its group
        assert (stat.S_IMODE(home.st_mode), home.st_gid != 0) == (0o710, True)
    else:
        assert stat.S_IMODE(home.st_mode) == 0o700


def test_a_home_of_another_user_is_refused(capfd):
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    with tempfile.TemporaryDirectory(prefix="adunion-test-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "home").mkdir(mode=0o755)
        program = Program(Path(folder) / "home", "nobody")
        assert program.hear() == ""
        assert program.end() == 1
    said = capfd.readouterr().err
    assert "Permission denied" in said
    assert "ADUNION_HOME" in said


def test_the_environment_of_other_servers_does_not_lead_astray(home, monkeypatch):
    for name, value in {
        "PGPORT": "6543",
        "PGHOST": "example.invalid",
        "PGUSER": "someone",
        "PGDATABASE": "other",
        "PGDATA": "/nowhere",
        "LC_ALL": "xx_YY.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    program = Program(home)
    assert program.hear() == "ready"
    assert program.end() == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://user:secret@127.0.0.1:1/db", "database_unreachable"),
        ("not a url", "database_url"),
    ],
)
def test_an_outside_server_that_does_not_answer_is_told_without_its_password(home, url, code):
    with pytest.raises(AdUnionError) as caught:
        connect(Settings(home=home, database_url=url))
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
