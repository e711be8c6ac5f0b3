"""The transformed template, made once, and stacks of it."""

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.package import SAM, bare_environment, install_sam
from tests.template.stack import SOURCE, Stack, Template

MakeStack = Callable[..., Stack]


@functools.cache
def transformed() -> Template:
    """What AWS makes of the template before it looks at parameters."""
    install_sam()
    program = Path(__file__).with_name("transform.py")
    command = [str(SAM / "bin" / "python"), str(program), str(SOURCE)]
    environment = bare_environment(Path("/nonexistent"), command[0])
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    template: Template = json.loads(finished.stdout)
    return template


@pytest.fixture(scope="session")
def template() -> Template:
    return transformed()


@pytest.fixture(scope="session")
def make_stack(template: Template) -> MakeStack:
    """Makes a stack; parameters by name."""
    return lambda **parameters: Stack(template, **parameters)
