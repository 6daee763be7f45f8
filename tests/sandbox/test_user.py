"""Neither root nor the grader, and no way to become either."""

import os

from grader.execution.session import Session
from tests.sandbox.wall import SLEEPER, as_root, folder_of, inside, open_wall, processes, user_of


def test_inside_nobody_is_root_or_can_become_it(wall: Session) -> None:
    source = """
        import os, subprocess
        status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
        namespace = subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True)
        result = {
            "users": len({*os.getresuid(), *os.getresgid(), *os.getgroups()}), "root": os.getuid() == 0,
            "capabilities": [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")],
            "no_new_privileges": int(status["NoNewPrivs"]), "unshared": namespace.returncode == 0,
        }
    """
    assert inside(wall, source) == {
        "users": 1,
        "root": False,
        "capabilities": [0] * 5,
        "no_new_privileges": 1,
        "unshared": False,
    }


@as_root
def test_outside_it_is_neither_root_nor_the_grader(wall: Session, marker: str) -> None:
    inside(wall, SLEEPER, marker=marker)

    (pid,) = processes(marker)
    assert user_of(pid) not in (0, os.geteuid(), 1000)


@as_root
def test_two_at_once_have_users_of_their_own_and_do_not_see_each_other(
    wall: Session, backend: str, marker: str
) -> None:
    with open_wall(backend) as other:
        for session in (wall, other):
            inside(session, SLEEPER, marker=marker)
        look = """
            import os
            result = {
                "folders": os.listdir("/run/grader"),
                "sleepers": sum(
                    marker in open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit()
                ),
            }
        """
        seen = [inside(session, look, marker=marker) for session in (wall, other)]
        users = {user_of(pid) for pid in processes(marker)}

    assert len(users) == 2
    assert seen == [
        {"folders": [folder_of(wall).name], "sleepers": 1},
        {"folders": [folder_of(other).name], "sleepers": 1},
    ]
