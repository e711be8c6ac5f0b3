"""Run as a program, by the Python that has the SAM CLI: prints the template as AWS makes it of ours, as JSON.

Its argument is the template's file. No network: what SAM asks AWS for is only needed by templates of another kind.
"""

import json
import logging
import os
import sys
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """Ours gives every function a role of its own."""

    def load(self) -> dict[str, str]:
        return {}


logging.disable()  # it warns of its own metrics and feature flags
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
template = yaml_parse(Path(sys.argv[1]).read_text())
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"  # as sam deploy does
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout, indent=1)
