"""The practice network by a clock of its own: FAULTS_CLOCK names a file with the seconds by which it is wrong."""

import sys

from tests.faults.worker import bend_time

if __name__ == "__main__":
    bend_time()
    from app.practice.__main__ import main

    sys.exit(main())
