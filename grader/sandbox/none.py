"""No wall at all, for development: the notebook runs as you, with your files and your network."""

import sys
from pathlib import Path

from grader.sandbox.provisioner import WalledProvisioner, arithmetic

UNPROTECTED = (
    "--sandbox none protects nothing: the notebook can read and change your files, use your network and your memory, "
    "and see the reference solution. Use it only for notebooks that you wrote yourself."
)


class NoneProvisioner(WalledProvisioner):
    """Runs the kernel in a temporary folder, as the grader's own user."""

    lacks = ("a wall",)

    def command(self, kernel: list[str], folder: Path) -> list[str]:
        work = folder / "work"
        work.mkdir()
        if self.data:
            (work / "data").symlink_to(self.data)
        variables = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": str(work), "LANG": "C.UTF-8"}
        variables |= arithmetic(self.limits.threads)
        if self.gpus not in ("", "all"):
            variables["CUDA_VISIBLE_DEVICES"] = self.gpus
        settings = [f"{name}={value}" for name, value in variables.items()]
        # the grader has a limit on its own memory, which is not the notebook's
        free = ["/usr/bin/prlimit", "--data=unlimited:"]
        return ["/usr/bin/env", "-C", str(work), "-i", *settings, *free, *kernel]

    def close(self, opened: Path) -> None:
        # without a wall the kernel sees this very folder, and still looks for its connection file in there
        return
