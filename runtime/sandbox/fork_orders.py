"""What the fork server is told, and what it answers: shared by both sides, and so without the engine."""

import struct

FORK = b"F"
REAP = b"R"
PID = struct.Struct("!i")
STATUS = struct.Struct("!i")
"""As waitpid(2) tells it."""
