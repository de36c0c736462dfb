"""Workers that are asked to stop, and a deploy under load: what has left is finished, nothing new is taken, nothing is lost."""

from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out


def test_asked_to_stop_while_sending(ground: Ground, crowd: Crowd) -> None:
    """It writes down what it has sent, takes nothing new, and ends by itself; the next one has nothing to find out."""
    ground.end("worker-2")
    ground.judge.fault("slow", seconds=1.5, times=None)
    storm = Storm(ground, crowd, SHARES, over=12).going(0.05)
    worker = ground.crew.pop("worker-1")
    pid = worker.popen.pid
    worker.ask_to_stop()
    ground.wait(worker.ended, "the worker's end", timeout=worker.service.grace)
    ground.supervisor.children.remove(worker)
    assert worker.popen.returncode == 0
    found = storm.states()
    assert (found["sending"], found["unconfirmed"], found["queued"] > 0) == (0, 0, True)
    by = "SELECT count(*)::int FROM attempts WHERE delivery_id = ANY (%(ids)s) AND worker LIKE %(worker)s"
    begun = ground.ask(by, {"ids": storm.ids, "worker": f"%/{pid}"})[0][0]
    assert found["published"] == begun
    ground.judge.calm()
    ground.full_crew()
    verdict = storm.settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def test_a_deploy_under_load(ground: Ground, crowd: Crowd) -> None:
    """The schema changes under running workers, which are exchanged one after the other; then it changes back."""
    ground.judge.fault("slow", seconds=0.3, times=None)
    storm = Storm(ground, crowd, SHARES, over=12).going(0.05)
    breaking.migrate(ground, breaking.BEFORE)
    for name, part in (("worker-1", 0.1), ("beat-1", 0.2), ("worker-2", 0.3), ("beat-2", 0.4)):
        assert ground.end(name, kill=False) == 0
        ground.full_crew()
        storm.going(part)
    breaking.migrate(ground, breaking.AFTER)
    verdict = storm.settle()
    all_out(verdict)
    assert not verdict.unconfirmed
