"""Run as a program by the engine, in place of `runc`: gives the container of a function what Lambda would give it.

Neither a template nor the SAM CLI can ask for these. Arguments are those of runc, which is started with them.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

USER = {"uid": 993, "gid": 990}
"""Lambda's sbx_user1051."""
FILES = 1024
PROCESSES = 1024
"""AWS limits, for a function's environment."""
TEMPORARY_MB = 512
"""Size of /tmp, AWS default."""
MEGABYTES_OF_A_PROCESSOR = 1769
"""With this much memory a function has one whole processor, says AWS."""
PERIOD_US = 100_000


def limit(container: dict[str, Any]) -> None:
    """Change the configuration of a container (OCI runtime specification) into one of Lambda."""
    process, linux = container["process"], container["linux"]
    process["user"] = USER
    process["capabilities"] = {}
    process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": FILES, "hard": FILES}]
    container["root"]["readonly"] = True
    container["mounts"] = [mount for mount in container["mounts"] if mount["destination"] != "/dev/shm"]
    options = ["nosuid", "nodev", "mode=1777", f"size={TEMPORARY_MB}m"]
    container["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": options})
    resources = linux["resources"]
    share = resources["memory"]["limit"] / (MEGABYTES_OF_A_PROCESSOR * 1024 * 1024)
    resources["cpu"] = {"period": PERIOD_US, "quota": int(share * PERIOD_US)}
    resources["pids"] = {"limit": PROCESSES}


def is_function(container: dict[str, Any]) -> bool:
    """Not one of those in which an image is built."""
    return any(variable.startswith("AWS_LAMBDA_FUNCTION_NAME=") for variable in container["process"]["env"])


def main(arguments: list[str]) -> None:
    if "create" in arguments:
        file = Path(arguments[arguments.index("--bundle") + 1]) / "config.json"
        container = json.loads(file.read_text())
        if is_function(container):
            limit(container)
            file.write_text(json.dumps(container))
    os.execvp("runc", ["runc", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
