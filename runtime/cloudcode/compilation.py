"""Checks user code before anyone calls it: whether it compiles, and whether its handlers have names of events."""

import json

from runtime.apps.app import App
from runtime.apps.problem import Problem
from runtime.cloudcode.silence import Silence
from runtime.deadline import Deadline
from runtime.sandbox.endings import NotDefined
from runtime.sandbox.sandbox import Sandbox

SECONDS = 30


def problems_in(app: App, sandbox: Sandbox) -> list[Problem]:
    """What is wrong with an app's files.

    The guest compiles them, not this interpreter: the two are of different versions and differ in what they accept.
    Raises SandboxUnavailable.
    """
    code = "check:" + json.dumps(dict(app.code))
    ending = sandbox.run(app.id, code, lambda: "", host=Silence(), deadline=Deadline.after(SECONDS))
    if not isinstance(ending, NotDefined):
        return [Problem("", None, None, f"The code could not be checked: {ending}.")]
    told = json.loads(ending.text)["problems"]
    return [Problem(problem["file"], problem["line"], None, problem["message"]) for problem in told]
