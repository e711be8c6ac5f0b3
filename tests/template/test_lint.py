"""What the SAM CLI and cfn-lint say of the template, of what AWS makes of it, and of stacks of every kind."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.functions.package import SAM, bare_environment, install_sam
from tests.template.conftest import MakeStack
from tests.template.examples import KINDS
from tests.template.stack import Template

pytestmark = pytest.mark.slow


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    install_sam()
    program, *arguments = command
    return subprocess.run(
        [str(SAM / "bin" / program), *arguments],
        cwd=ROOT,
        env=bare_environment(home, str(SAM / "bin" / "python")),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_sam_validate_without_credentials(tmp_path: Path) -> None:
    finished = run(tmp_path, "sam", "validate", "--lint")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "is a valid SAM Template" in finished.stdout


def test_the_transformed_template_and_stacks_of_every_kind(
    template: Template, make_stack: MakeStack, tmp_path: Path
) -> None:
    files = {"transformed": template, **{kind: make_stack(**given).lintable() for kind, given in KINDS.items()}}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    finished = run(tmp_path, "cfn-lint", *(str(tmp_path / f"{name}.json") for name in files))
    assert finished.returncode == 0, finished.stdout


def test_one_check_is_left_out_for_what_it_cannot_see(template: Template) -> None:
    left_out = {
        name: resource["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
        for name, resource in template["Resources"].items()
        if "cfn-lint" in resource.get("Metadata", {})
    }
    assert left_out == {"ApiFunction": ["W2530"]}
    assert "cfn-lint" not in template.get("Metadata", {})


def test_lint_would_find_a_mistake(make_stack: MakeStack, tmp_path: Path) -> None:
    stack = make_stack().lintable()
    stack["Resources"]["ApiFunction"]["Properties"]["Timeout"] = 901
    (tmp_path / "wrong.json").write_text(json.dumps(stack))
    assert "901" in run(tmp_path, "cfn-lint", str(tmp_path / "wrong.json")).stdout
