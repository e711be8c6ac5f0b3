"""The template that is invoked here: what `sam build` made of ours with a shorter budget, and two functions more."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.container.hostile import write_app

PROBE = Path(__file__).with_name("probe")
PROBE_MB = 512
BUDGET_SECONDS = 5
HOSTILE_BUDGET_SECONDS = 2
"""Not less: the first request to a container has to be answered in time, on a slow machine as well."""


@dataclass(frozen=True)
class Stack:
    """The template, and the folders of its functions by their names."""

    template: Path
    functions: dict[str, Path]


def make_stack(built: Path, folder: Path) -> Stack:
    """Beside the two functions that were built there are `HostileFunction`, which is ApiFunction with the hostile app,
    and `ProbeFunction`, which tells what it finds around it.
    """
    functions = {name: built / name for name in ("ApiFunction", "RunFunction")}
    functions |= {"HostileFunction": _with_hostile_app(built / "ApiFunction", folder), "ProbeFunction": PROBE}
    template = yaml.safe_load((built / "template.yaml").read_text())
    resources = template["Resources"]
    _variables(template["Globals"]["Function"]).update(RELIVE_BUDGET_SECONDS=str(BUDGET_SECONDS), RELIVE_TABLE="")
    del _variables(resources["ApiFunction"]["Properties"])["RELIVE_BUDGET_SECONDS"]
    resources["HostileFunction"] = json.loads(json.dumps(resources["ApiFunction"]))
    _variables(resources["HostileFunction"]["Properties"])["RELIVE_BUDGET_SECONDS"] = str(HOSTILE_BUDGET_SECONDS)
    properties = {"Handler": "probe.handler", "MemorySize": PROBE_MB, "Timeout": 30}
    resources["ProbeFunction"] = {"Type": "AWS::Serverless::Function", "Properties": properties}
    for name, code in functions.items():
        resources[name]["Properties"]["CodeUri"] = str(code)
        resources[name].pop("Metadata", None)
    (folder / "template.json").write_text(json.dumps(template))
    return Stack(folder / "template.json", functions)


def _variables(properties: dict[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = properties.setdefault("Environment", {}).setdefault("Variables", {})
    return variables


def _with_hostile_app(package: Path, folder: Path) -> Path:
    copy = folder / "HostileFunction"
    shutil.copytree(package, copy, copy_function=os.link, ignore=shutil.ignore_patterns("app"))
    write_app(copy / "app")
    return copy
