"""Run as a program by deploy.mk: leaves of botocore what a few services need at run time.

Arguments: the folder of botocore, and the names of the services. All of its 400 services take 25 MB, and to make a
client of one it looks through the folders of them all, and reads the addresses of all in all regions. What it says of a
service in English is three quarters of that service's data, and what makes documentation of that a tenth of its code.
"""

import gzip
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

DOCSTRINGS = '''"""In place of what writes documentation: clients here have none."""


class LazyLoadedDocstring(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


class ClientMethodDocstring(LazyLoadedDocstring):
    pass


class PaginatorDocstring(LazyLoadedDocstring):
    pass


class WaiterDocstring(LazyLoadedDocstring):
    pass
'''


def trim(botocore: Path, services: set[str]) -> None:
    """Raises ValueError for a name that is no service."""
    data = botocore / "data"
    folders = {folder.name: folder for folder in data.iterdir() if folder.is_dir()}
    if unknown := services - set(folders):
        raise ValueError(f"botocore knows no service {', '.join(sorted(unknown))}")
    for name, folder in folders.items():
        if name not in services:
            shutil.rmtree(folder)
    for name in services:
        for model in folders[name].glob("*/service-2.json.gz"):
            silent = json.dumps(without_documentation(json.loads(gzip.decompress(model.read_bytes()))))
            model.write_bytes(gzip.compress(silent.encode(), mtime=0))
    # By the name of a service's address, which is that of its folder for most of them; for others botocore forms it.
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: told for name, told in partition["services"].items() if name in services}
    file.write_text(json.dumps(endpoints, separators=(",", ":")))
    docs = botocore / "docs" / "__init__.py"
    # boto3, should anybody bring it along, asks for this one name.
    docs.write_text("".join(re.findall(r"^DEPRECATED_SERVICE_NAMES = .*\n", docs.read_text(), re.MULTILINE)))
    (botocore / "docs" / "docstring.py").write_text(DOCSTRINGS)


def without_documentation(model: Any) -> Any:
    """A part of a service's description without its texts. A shape may have a member of that name, which is no text."""
    if isinstance(model, dict):
        return {
            name: without_documentation(part)
            for name, part in model.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return [without_documentation(part) for part in model] if isinstance(model, list) else model


if __name__ == "__main__":
    trim(Path(sys.argv[1]), set(sys.argv[2:]))
