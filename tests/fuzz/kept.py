"""The inputs that are kept: seeds, and all that ever broke a promise. Every test run feeds them again."""

import hashlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOUND = "found-"
"""What the names of inputs begin with that broke a promise when they were found."""

FRAMES = 3
"""As many of the innermost places of the system tell one defect from another."""


@dataclass(frozen=True)
class Finding:
    """A broken promise: which one, where, and the file with the input."""

    target: str
    what: str
    input: Path


class Corpus:
    """A folder of inputs for each target."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, target: str) -> Path:
        """The folder of a target, which is there from now on."""
        folder = self._folder / target
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def inputs(self, target: str) -> Iterator[tuple[str, bytes]]:
        """Name and content of each."""
        for path in sorted(self.of(target).iterdir()):
            yield path.name, path.read_bytes()


class Findings:
    """Keeps what one run finds, each defect once, with the shortest input that shows it."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._shortest: dict[str, int] = {}

    def add(self, data: bytes, error: BaseException) -> Finding | None:
        """Keep the input of a broken promise. None if a shorter one is kept for the same already."""
        signature = signature_of(error)
        if self._shortest.get(signature, len(data) + 1) <= len(data):
            return None
        self._shortest[signature] = len(data)
        path = self._folder / f"{FOUND}{hashlib.sha256(signature.encode()).hexdigest()[:12]}"
        if same := next((kept for kept in self._folder.iterdir() if kept.read_bytes() == data), None):
            path = same
        path.write_bytes(data)
        return Finding(self._target, signature, path)


def signature_of(error: BaseException) -> str:
    """What went wrong and where, the same for all inputs that show the same defect."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/runtime/" in frame.filename] or list(frames)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours[-FRAMES:]]
    cause = error.__cause__ or error
    return f"{type(cause).__name__} at {' > '.join(places)}"
