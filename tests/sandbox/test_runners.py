"""Runner processes and the fork server: how they start, what they hold, and how they end."""

import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from runtime.sandbox.architecture import memory_image
from runtime.sandbox.processes import SandboxUnavailable
from runtime.sandbox.sandbox import Limits, Sandbox
from tests.sandbox.calls import HELLO, SLEEP, body, run
from tests.sandbox.processes import (
    descriptors,
    environment,
    fork_server,
    is_alive,
    needs_proc,
    needs_sight,
    runners,
    threads,
    wait_until,
)


@needs_sight
class TestCleanStart:
    def test_nothing_is_inherited(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for you")
        inheritable = os.open("/dev/zero", os.O_RDONLY)
        os.set_inheritable(inheritable, True)
        try:
            assert body(run(sandbox, HELLO)) == "hello"
            (runner,) = runners(sandbox)
            for pid in (fork_server(sandbox), runner):
                assert [name for name in environment(pid) if not name.startswith("LD_LIBRARY_PATH=")] == []
                assert "/dev/zero" not in descriptors(pid).values()
        finally:
            os.close(inheritable)

    def test_a_runner_holds_two_pipes_the_guest_and_its_pages(self, sandbox: Sandbox, guest: Path) -> None:
        run(sandbox, HELLO)
        (runner,) = runners(sandbox)
        held = sorted(name.split(":")[0] for number, name in descriptors(runner).items() if number > 2)
        assert [name for name in held if name == "pipe"] == ["pipe", "pipe"]
        assert [name for name in held if name == "socket"] == []
        own = ("pipe", str(guest), str(memory_image(guest)), f"/proc/{runner}/pagemap")
        assert all(name in own or "memfd" in name or "anon_inode" in name for name in held)
        assert {descriptors(runner)[number] for number in (0, 1, 2)} == {"/dev/null"}

    def test_a_runner_cannot_reach_another_runners_pipes(self, sandbox: Sandbox) -> None:
        for app in ("one", "two"):
            run(sandbox, HELLO, app=app)
        first, second = (
            {name for name in descriptors(pid).values() if name.startswith("pipe")} for pid in runners(sandbox)
        )
        assert first.isdisjoint(second)

    def test_the_fork_server_has_one_thread_whatever_its_runners_do(self, sandbox: Sandbox) -> None:
        run(sandbox, SLEEP, seconds=0.3)
        run(sandbox, HELLO)
        assert threads(fork_server(sandbox)) == 1


@needs_proc
class TestForkServer:
    def test_when_it_dies_the_next_call_starts_another(self, sandbox: Sandbox) -> None:
        run(sandbox, HELLO, app="one")
        first = fork_server(sandbox)
        os.kill(first, signal.SIGKILL)
        assert body(run(sandbox, HELLO, app="two")) == "hello"
        assert fork_server(sandbox) != first

    def test_a_call_in_flight_survives_its_death(self, sandbox: Sandbox) -> None:
        endings: list[object] = []
        source = "import time\ndef on_request(request, response): time.sleep(0.7); return 'still here'"
        call = threading.Thread(target=lambda: endings.append(body(run(sandbox, source))))
        call.start()
        wait_until(lambda: runners(sandbox), "a runner")
        os.kill(fork_server(sandbox), signal.SIGKILL)
        call.join(20)
        assert endings == ["still here"]

    def test_closing_ends_every_process(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=4, depth=2))
        for app in ("one", "two"):
            run(sandbox, HELLO, app=app)
        processes = [fork_server(sandbox), *runners(sandbox)]
        assert len(processes) == 3
        sandbox.close()
        wait_until(lambda: not any(is_alive(pid) for pid in processes), "the end of all processes")

    def test_runners_end_when_the_server_is_killed(self, guest: Path) -> None:
        """Also busy ones: the fork server ends them when its own parent has gone."""
        import subprocess
        import sys

        program = (
            "import sys, threading; from pathlib import Path; from runtime.sandbox.sandbox import Limits, Sandbox\n"
            "from tests.sandbox.calls import SPIN, run; from tests.sandbox.processes import *\n"
            "sandbox = Sandbox(Path(sys.argv[1]), Limits(runners=4, depth=2))\n"
            "threading.Thread(target=lambda: run(sandbox, SPIN)).start()\n"
            "wait_until(lambda: runners(sandbox), 'a runner')\n"
            "print(fork_server(sandbox), *runners(sandbox), flush=True)\n"
        )
        server = subprocess.Popen([sys.executable, "-c", program, str(guest)], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        processes = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()
        server.wait()
        server.stdout.close()
        assert len(processes) == 2
        wait_until(lambda: not any(is_alive(pid) for pid in processes), "the end of all processes")


@needs_proc
class TestWhatIsMissing:
    def test_an_idle_runner_that_died_is_replaced_unseen(self, sandbox: Sandbox) -> None:
        run(sandbox, HELLO)
        (idle,) = runners(sandbox)
        os.kill(idle, signal.SIGKILL)
        wait_until(lambda: not is_alive(idle), "its end")
        assert body(run(sandbox, HELLO)) == "hello"

    def test_nothing_starts_after_the_end(self, guest: Path) -> None:
        sandbox = Sandbox(guest, Limits(runners=1, depth=0))
        sandbox.close()
        with pytest.raises(SandboxUnavailable):
            run(sandbox, HELLO)

    def test_without_descriptors_running_calls_go_on(self, sandbox: Sandbox) -> None:
        """A call that finds none fails; the one beside it does not, and none are lost."""
        endings: list[object] = []
        source = "import time\ndef on_request(request, response): time.sleep(0.6); return 'still here'"
        neighbour = threading.Thread(target=lambda: endings.append(body(run(sandbox, source))))
        neighbour.start()
        wait_until(lambda: runners(sandbox), "a runner")
        before = len(os.listdir("/proc/self/fd"))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 1, hard))
        try:
            with pytest.raises(SandboxUnavailable):
                run(sandbox, HELLO, app="another")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        neighbour.join()
        assert endings == ["still here"]
        assert body(run(sandbox, HELLO, app="another")) == "hello"
