"""Serves ministack on a free port of the loopback, which it prints, until standard input ends."""

import socket

import uvicorn
from ministack.app import app

from tests.store.stand_ins.ending import end_with_standard_input


def main() -> None:
    end_with_standard_input()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        print(listener.getsockname()[1], flush=True)
        # Without lifespan, nothing is started but what is asked for: no listeners for other protocols, no containers.
        config = uvicorn.Config(app, lifespan="off", log_level="error", timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
