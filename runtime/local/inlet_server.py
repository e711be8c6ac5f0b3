"""A server of connections that another process has accepted."""

import asyncio
import logging
import socket
from typing import Any

import uvicorn

from runtime.local.handover import Inlet

logger = logging.getLogger(__name__)


class InletServer(uvicorn.Server):
    """Serves connections that come through an inlet, in place of a listener."""

    def __init__(self, config: uvicorn.Config, inlet: Inlet) -> None:
        super().__init__(config)
        self._inlet = inlet
        self._opening: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets or [])
        asyncio.get_running_loop().add_reader(self._inlet.channel, self._take_all)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().remove_reader(self._inlet.channel)
        self._inlet.close()  # at once, so that those who come now are handed to others
        await super().shutdown(sockets)

    def _take_all(self) -> None:
        try:
            while True:
                if connection := self._inlet.receive():
                    task = asyncio.get_running_loop().create_task(self._open(connection))
                    self._opening.add(task)  # the loop itself keeps no hold of it
                    task.add_done_callback(self._opening.discard)
        except EOFError:
            asyncio.get_running_loop().remove_reader(self._inlet.channel)
        except OSError:  # there are no more for the moment
            pass

    async def _open(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(self._protocol, connection)
        except Exception:
            logger.exception("A connection could not be taken over")
            connection.close()
            self._inlet.note_closed()

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        made: asyncio.Protocol = make(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            on_lost=self._inlet.note_closed,
        )
        return made
