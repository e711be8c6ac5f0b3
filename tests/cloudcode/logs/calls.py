"""Records of calls to write down."""

from dataclasses import replace

from runtime.cloudcode.logs.record import CallRecord, LogLine

CALL = CallRecord(
    request_id="4c1e",
    app="bookstore",
    function="order",
    started_at=1_700_000_000.5,
    duration_ms=12.34,
    outcome="ok",
    lines=(LogLine(1_700_000_000.6, "info", "ordered", {"copies": 2, "book": "Middlemarch"}),),
)

FAILED = replace(
    CALL,
    outcome="901",
    details={
        "type": "ZeroDivisionError",
        "message": "division by zero",
        "file": "functions/order.py",
        "line": 3,
        "frames": [{"file": "functions/order.py", "line": 3, "function": "on_request", "code": "return 1 / 0"}],
    },
)


def numbered(n: int, app: str = "bookstore") -> CallRecord:
    return replace(CALL, request_id=str(n), app=app)
