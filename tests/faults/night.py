"""The nights in which an hour is missing or comes twice, walked through on all clocks while things break."""

import time
from datetime import UTC, date, datetime, timedelta

from tests.faults.chaos import Chaos
from tests.faults.crowd import Crowd
from tests.faults.storm import Storm
from tests.faults.test_clocks import BERLIN, planned

STEP = timedelta(minutes=15)
# What is over soon, and leaves no doubt for longer than a night.
WAYS = (
    "answer: dropped after it is made",
    "answer: slow",
    "network hangs up in the handshake",
    "PostgreSQL killed",
    "PostgreSQL's clock stepped",
    "Redis killed and emptied",
    "schedule killed",
    "worker asked to stop",
    "worker killed",
    "workers' clocks stepped",
)


def walk(chaos: Chaos, storm: Storm, crowd: Crowd, night: date) -> None:
    """People plan for the half hours on the clock of their wall, or leave it to us; then the clock goes through that night in steps."""
    moment = datetime(night.year, night.month, night.day, tzinfo=BERLIN).astimezone(UTC)
    chaos.stand_at(moment)
    due = planned(crowd, night, moment) | planned(crowd, night, moment)
    storm.ids += due
    while moment < max(due.values()) + STEP:
        moment += STEP
        chaos.stand_at(moment)
        if chaos.random.random() < 0.4:
            chaos.strike(storm, among=WAYS)
        storm.ground.revive()
        time.sleep(0.3)
    chaos.struck["night with another hour"] += 1
    storm.ground.judge.calm()
