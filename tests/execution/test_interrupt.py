"""An interrupt is heard whatever the libraries on the way make of it, and breaks off no clearing away."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from grader.execution.interrupt import run, to_its_end


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Also where the tests were started with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


async def deaf() -> None:
    signal.raise_signal(signal.SIGINT)
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return


async def dead() -> None:
    signal.raise_signal(signal.SIGINT)
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise RuntimeError("the kernel died") from None


async def clear_away(done: list[str]) -> None:
    signal.raise_signal(signal.SIGINT)
    await asyncio.sleep(0)
    done.append("sockets")
    await asyncio.sleep(0.01)
    done.append("folder")


def test_an_interrupt_that_a_library_lost_is_raised() -> None:
    with asyncio.Runner() as runner, pytest.raises(KeyboardInterrupt):
        run(runner, deaf())


def test_an_interrupt_that_was_taken_for_a_failure_is_raised_and_the_next_run_is_none_the_worse() -> None:
    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run(runner, dead())
        assert run(runner, asyncio.sleep(0, "done")) == "done"


def test_an_interrupt_does_not_break_off_what_is_to_come_to_its_end() -> None:
    done: list[str] = []
    with asyncio.Runner() as runner, pytest.raises(KeyboardInterrupt):
        run(runner, to_its_end(clear_away(done)))
    assert done == ["sockets", "folder"]


def test_without_an_interrupt_nothing_changes() -> None:
    with asyncio.Runner() as runner:
        assert run(runner, to_its_end(asyncio.sleep(0, "done"))) == "done"
