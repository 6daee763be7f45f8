"""No network, and sockets that lead nowhere."""

import os
import secrets
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from grader.execution.session import Session
from tests.sandbox.wall import WALLS, folder_of, inside, knocks, open_wall

CONNECT = """
    import socket
    try:
        with socket.socket(family) as client:
            client.settimeout(5)
            client.connect(tuple(address) if isinstance(address, list) else address)
        result = "connected"
    except OSError as error:
        result = type(error).__name__
"""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_hosts_loopback_cannot_be_reached(wall: Session, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.create_server((address, 0), family=family)) as listener:
        port = listener.getsockname()[1]
        with closing(socket.create_connection((address, port))):
            assert knocks(listener) == 1, "the listener works"

        assert inside(wall, CONNECT, family=int(family), address=[address, port]) != "connected"
        assert knocks(listener) == 0


def test_there_is_no_network_but_a_loopback_of_its_own(wall: Session) -> None:
    source = """
        import socket
        result = {"interfaces": [name for _, name in socket.if_nameindex()]}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            try:
                client.sendto(b"x", ("8.8.8.8", 53))
                result["sent"] = True
            except OSError:
                result["sent"] = False
    """
    assert inside(wall, source) == {"interfaces": ["lo"], "sent": False}


def test_abstract_sockets_of_the_host_cannot_be_reached(wall: Session) -> None:
    name = f"\0grader-test-{secrets.token_hex(8)}"
    with closing(socket.socket(socket.AF_UNIX)) as listener, closing(socket.socket(socket.AF_UNIX)) as client:
        listener.bind(name)
        listener.listen(8)
        client.connect(name)
        assert knocks(listener) == 1, "the listener works"

        assert inside(wall, CONNECT, family=int(socket.AF_UNIX), address=name) != "connected"
        assert knocks(listener) == 0


@pytest.mark.parametrize("backend", [*WALLS, "none"])
def test_the_sockets_are_out_of_reach_before_student_code_runs(backend: str) -> None:
    with open_wall(backend) as session:
        folder = folder_of(session)
        held = sorted(path.name for path in (folder / "held").iterdir())
        left = [path for path in folder.rglob("k-*") if path.parent.name != "held"]
        mode = stat.S_IMODE((folder / "held").stat().st_mode)

        assert held == [f"k-{number}" for number in range(1, 6)]
        assert left == []
        assert mode == 0o700
        assert backend == "none" or not (folder / "open").exists()


def test_replacing_sockets_leads_the_grader_nowhere(backend: str) -> None:
    """A notebook puts links to another service of the host in the sockets' places, and makes the grader connect anew."""
    canary = Path("/run" if os.geteuid() == 0 else "/tmp") / f"grader-test-{secrets.token_hex(8)}.sock"
    source = """
        import glob, os
        shared = glob.glob("/run/grader/*/open") + glob.glob("/tmp/grader-*/grader-*/open")
        for folder in shared:
            for number in range(1, 6):
                path = f"{folder}/k-{number}"
                try:
                    if os.path.lexists(path):
                        os.unlink(path)
                    os.symlink(canary, path)
                except OSError:
                    pass
        result = len(shared)
    """
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(canary))
        canary.chmod(0o777)
        listener.listen(128)
        try:
            with open_wall(backend) as session:
                assert inside(session, source, canary=str(canary)) == 1
                died = session.run_cell(1, "import os\nos._exit(0)", 30)
                assert died.status == "error"
                session.run_cell(2, "1", 5)
            assert knocks(listener) == 0
        finally:
            canary.unlink()
