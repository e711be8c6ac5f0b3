"""What the host knows of the items that an operation affects, asked for when user code wants to know."""

from typing import Any

from cloud.calls import begin, in_event_loop
from relive_guest.json_values import to_json
from relive_guest.pending import Pending, value_of


class AffectedItems:
    """Asks the host once for each question, as long as the question stays the same."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, Pending]] = {}

    def ask(self, capability: str, arguments: dict[str, Any]) -> Any:
        """The answer; in an event loop one that can be awaited, and that may still be on its way."""
        question = to_json(arguments)
        asked, answer = self._asked.get(capability, ("", None))
        if answer is None or asked != question:
            answer = begin(capability, arguments, lambda value: value, Pending)
            self._asked[capability] = (question, answer)
        return answer if in_event_loop() else value_of(answer)
