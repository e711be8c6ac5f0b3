"""Run as a program by deploy.mk: leaves of botocore's data what a few services need.

Arguments: the folder of botocore, and the names of the services. All of its 400 services take 25 MB, and to make a
client of one it looks through the folders of them all, and reads the addresses of all in all regions.
"""

import json
import shutil
import sys
from pathlib import Path


def trim(botocore: Path, services: set[str]) -> None:
    """Raises ValueError for a name that is no service."""
    data = botocore / "data"
    folders = {folder.name: folder for folder in data.iterdir() if folder.is_dir()}
    if unknown := services - set(folders):
        raise ValueError(f"botocore knows no service {', '.join(sorted(unknown))}")
    for name, folder in folders.items():
        if name not in services:
            shutil.rmtree(folder)
    # By the name of a service's address, which is that of its folder for most of them; for others botocore forms it.
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: told for name, told in partition["services"].items() if name in services}
    file.write_text(json.dumps(endpoints, separators=(",", ":")))


if __name__ == "__main__":
    trim(Path(sys.argv[1]), set(sys.argv[2:]))
