"""`relive` with a wall clock that is wrong by as many seconds as the file in CLOCK_OFFSET_FILE says at any moment.

The monotonic clock stays as it is: setting the clock, or a jump of NTP, does not move it (clock_gettime(2)).
"""

import datetime
import os
import time
from pathlib import Path

OFFSET_FILE = Path(os.environ["CLOCK_OFFSET_FILE"])
REAL_TIME, REAL_TIME_NS = time.time, time.time_ns
REAL_DATETIME = datetime.datetime


def offset() -> float:
    try:
        return float(OFFSET_FILE.read_text())
    except (OSError, ValueError):  # not there yet, or being written
        return 0.0


class ShiftedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "ShiftedDatetime":
        return super().now(tz) + datetime.timedelta(seconds=offset())


if __name__ == "__main__":
    time.time = lambda: REAL_TIME() + offset()
    time.time_ns = lambda: REAL_TIME_NS() + int(offset() * 1e9)
    datetime.datetime = ShiftedDatetime  # type: ignore[misc]

    from runtime.cli.main import main

    main()
