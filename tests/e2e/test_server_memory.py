"""What one request can make the server itself hold, measured from outside."""

import re
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import MASTER_KEY, Server

MASTER = {"authorization": f"MasterKey {MASTER_KEY}"}

FILES = {
    "relive.yaml": "app: {id: greedy, title: Greedy}\n"
    "types: {Blob: {}}\n"
    "functions: {fill: {}, find: {}, hand_over: {}, four_times: {}, nap: {}}\n",
    "functions/nap.py": "import time\ndef on_request(request, response): time.sleep(1)\n",
    # Six megabytes of items, which take 20 times as much once they are read
    "functions/fill.py": "from cloud import data\n"
    "def on_request(request, response):\n"
    "    for _ in range(15): data('Blob').create({'V': [[]] * 40_000 + ['x' * 200_000]})\n",
    "functions/find.py": "import time\nfrom relive_guest import host\n"
    "def on_request(request, response):\n"
    "    calls = [host.start('data.find', '{\"type\": \"Blob\"}') for _ in range(16)]\n"
    "    time.sleep(1)\n"
    "    return [str(host.wait_for(call))[:200] for call in calls]\n",
    # Twelve megabytes that would be 300 once they are read
    "functions/hand_over.py": "from relive_guest import host\n"
    "def on_request(request, response):\n"
    "    body = '{\"name\":\"nap\",\"data\":[' + '[],' * 4_000_000 + '[]]}'\n"
    "    calls = [host.start('functions.call', body) for _ in range(16)]\n"
    "    return [str(host.wait_for(call))[:200] for call in calls]\n",
    "functions/four_times.py": "import asyncio\nfrom cloud import functions\n"
    "async def on_request(request, response):\n"
    "    calls = (functions.call(request.query_string['what']) for _ in range(4))\n"
    "    return await asyncio.gather(*calls, return_exceptions=True) and None\n",
}

ATTACKS = ["four_times?what=find", "four_times?what=hand_over"]

MOST_MB = 700
"""Resident, at the peak. Without the limit, the last of these requests takes more than 4,000."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_greedy_request_takes_a_bounded_part_of_the_server(tmp_path: Path, guests: Path) -> None:
    app = tmp_path / "greedy"
    for path, text in FILES.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(text)
    (tmp_path / "server").mkdir()
    with Server(app, tmp_path / "server", guests) as server:
        functions = f"{server.url}/v1/greedy/Functions"
        assert httpx.get(f"{functions}/fill", headers=MASTER, timeout=90).status_code == 200
        for attack in ATTACKS:
            answer = httpx.get(f"{functions}/{attack}", headers=MASTER, timeout=90)
            assert answer.status_code in (200, 500), answer.text
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert peak is not None
        assert int(peak[1]) / 1024 < MOST_MB
