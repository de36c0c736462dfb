"""The supervisor with real processes: nothing is left behind, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import leftovers
from app.embedded.failures import StartFailed
from app.embedded.process import Child, Service, started_at
from app.embedded.supervisor import Supervisor
from tests.embedded.processes import alive, all_gone, descendants, wait_for

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children that their parent died")

Driver = subprocess.Popen[str]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    """A running supervisor with its three services."""
    command = [sys.executable, "-m", "tests.embedded.driver", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "up\n"
        yield running
        running.kill()


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_process(driver: Driver, number: signal.Signals) -> None:
    family = descendants(driver.pid)
    assert len(family) == 4
    driver.send_signal(number)
    assert driver.wait(10) == 0
    assert not any(alive(pid) for pid in family)


@linux
def test_a_killed_supervisor_takes_its_children_along(driver: Driver) -> None:
    quick = {pid for pid in descendants(driver.pid) if b"SIG_IGN" not in Path(f"/proc/{pid}/cmdline").read_bytes()}
    driver.kill()
    assert all_gone(quick)


@linux
def test_a_child_that_ends_by_itself_ends_the_run_with_a_sentence(driver: Driver) -> None:
    family = descendants(driver.pid)
    os.kill(min(family), signal.SIGKILL)
    assert driver.wait(10) == 1
    assert driver.stdout
    assert "ended by itself" in driver.stdout.read()
    assert not any(alive(pid) for pid in family)


def test_the_last_lines_of_a_failed_command_are_shown(tmp_path: Path) -> None:
    service = Service("sums", (sys.executable, "-c", "print(6 * 7); raise SystemExit(3)"), {}, tmp_path)
    with pytest.raises(StartFailed, match=r"sums ended by itself \(exit code 3\)(.|\n)*42"):
        Supervisor(tmp_path).run_once(service)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    service = Service("sums", (sys.executable, "-c", "open('/dev/full', 'w', buffering=1).write('x\\n')"), {}, tmp_path)
    with pytest.raises(StartFailed, match=r"disk .* is full"):
        Supervisor(tmp_path).run_once(service)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="cannot be started"):
        Supervisor(tmp_path).start(Service("nothing", ("/no/such/program",), {}, tmp_path))


def test_waiting_ends_after_its_time(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="rain was not ready after 0 seconds"):
        Supervisor(tmp_path).wait_until(lambda: False, what="rain", timeout=0.1)


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Child]:
    """A process that a crashed run left behind, written down in run.json."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    popen = subprocess.Popen(command, start_new_session=True)
    child = Child(Service("sleeper", tuple(command), {}, tmp_path), popen, tmp_path / "log")
    leftovers.record(tmp_path / "run.json", [child], {})
    yield child
    popen.kill()
    popen.wait()


def test_leftovers_of_a_crash_are_ended(tmp_path: Path, left: Child) -> None:
    assert started_at(left.popen.pid)
    leftovers.clean(tmp_path / "run.json")
    assert wait_for(left.ended)
    assert not (tmp_path / "run.json").exists()


def test_a_process_with_a_reused_pid_is_spared(tmp_path: Path, left: Child) -> None:
    file = tmp_path / "run.json"
    file.write_text(file.read_text().replace(started_at(left.popen.pid), "another time"))
    assert leftovers.clean(file) == 0
    assert alive(left.popen.pid)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"processes": null}'])
def test_a_damaged_record_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert leftovers.clean(tmp_path / "run.json") == 0
