"""What can be written, and what cannot."""

from pathlib import Path

from grader.execution.session import Session
from tests.sandbox.wall import inside


def test_the_system_is_read_only(wall: Session) -> None:
    source = """
        import os, sys, sysconfig
        result = []
        for folder in ("/", "/usr", "/usr/bin", "/home", "/run", "/dev", sys.prefix, sys.base_prefix, sysconfig.get_paths()["purelib"]):
            try:
                open(os.path.join(folder, "grader-test"), "w").close()
                result.append(folder)
            except OSError:
                pass
    """
    assert inside(wall, source) == []


def test_the_notebook_starts_in_a_folder_that_it_can_write_to(wall: Session) -> None:
    source = """
        import os, pathlib
        for folder in (".", "..", os.environ["HOME"], "/tmp", "/dev/shm", os.environ["MPLCONFIGDIR"], os.environ["IPYTHONDIR"]):
            path = pathlib.Path(folder, "grader-test")
            path.write_text("x")
            path.unlink()
        result = os.getcwd()
    """
    assert inside(wall, source) == "/home/student/work"


def test_the_data_can_be_read_and_not_changed(wall: Session, data: Path) -> None:
    source = """
        import os, pathlib, shutil
        raw = pathlib.Path("data/MNIST/raw")
        result = {"read": (raw / "images").read_text(), "changed": []}
        for name, change in {
            "written": lambda: (raw / "images").write_text("other"),
            "created": lambda: (raw / "more").write_text("more"),
            "removed": lambda: (raw / "images").unlink(),
            "renamed": lambda: raw.rename("mine"),
            "opened up": lambda: raw.chmod(0o777),
            "linked over": lambda: os.symlink("/tmp", "data/MNIST/more"),
        }.items():
            try:
                change()
                result["changed"].append(name)
            except OSError:
                pass
    """
    assert inside(wall, source) == {"read": "pixels", "changed": []}
    assert [path.name for path in sorted(data.rglob("*"))] == ["MNIST", "raw", "images"]
    assert (data / "MNIST" / "raw" / "images").read_text() == "pixels"


def test_a_file_of_the_system_cannot_be_linked(wall: Session) -> None:
    source = """
        import errno, os, sys
        result = []
        for path in ("/usr/bin/env", sys.executable, "/etc/fonts/fonts.conf"):
            try:
                os.link(path, "mine", follow_symlinks=True)
                result.append(path)
            except OSError as error:
                assert error.errno in (errno.EXDEV, errno.EPERM, errno.ENOENT), error
    """
    assert inside(wall, source) == []
