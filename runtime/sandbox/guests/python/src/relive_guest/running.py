"""Runs one handler to its end."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from relive_guest import logging, pending
from relive_guest.done import Done, arguments_for, parameters_of
from relive_guest.loop import HandlerLoop, NothingToWaitFor, as_coroutine


class Handler:
    """A function of user code that can be run, more than once if need be, in the loop of the call."""

    def __init__(self, function: Callable[..., Any], loop: HandlerLoop) -> None:
        self._function = function
        self._parameters = parameters_of(function)
        self._loop = loop

    def run(self, *offered: Any) -> Any:
        """Run it with as much of what is offered as it takes, and all that it has left to be done.

        Answers what it returned. Raises what it, or a task of it, failed with.
        """
        done, loop = Done(), self._loop
        arguments, by_name = arguments_for(self._parameters, offered, done)
        try:
            result = self._function(*arguments, **by_name)
            if not pending.is_pending(result) and inspect.isawaitable(result):
                result = loop.run_until_complete(as_coroutine(result))
            if done in arguments or by_name:
                loop.run_until_complete(done._until_called())
            _finish_tasks(loop)
        except NothingToWaitFor as exception:
            exception.for_done = done in arguments or bool(by_name)
            raise loop.unseen_failure() or exception from None
        if (unseen := loop.unseen_failure()) is not None:
            raise unseen
        return pending.value_of(result)


def _finish_tasks(loop: HandlerLoop) -> None:
    """Let tasks that nobody awaited finish, and generators that were left half-way clean up."""
    tasks: set[asyncio.Task[Any]] = set()
    try:
        loop.run_what_is_ready()
        while tasks := asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.wait(tasks))
        loop.close_generators()
    except NothingToWaitFor:
        count = sum(not task.done() for task in tasks)
        logging.write("warning", f"{count} task(s) were left waiting for something that cannot happen.")
