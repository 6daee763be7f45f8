"""An event loop that one thread runs for a while at a time, and an interrupt that is neither lost nor in the way."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(runner: asyncio.Runner, coroutine: Coroutine[Any, Any, T]) -> T:
    """asyncio turns an interrupt into the task's cancellation, and libraries take that for something else or lose it:
    `asyncio.wait_for` before Python 3.12 where what it waits for has just come. Here it is raised all the same.
    """
    return runner.run(heard(coroutine))


async def heard(coroutine: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    try:
        return await coroutine
    finally:
        if task and task.cancelling():
            raise asyncio.CancelledError


async def to_its_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """What an interrupt does not break off: it is raised afterwards. A second one is somebody's who will not wait."""
    task = asyncio.ensure_future(coroutine)
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            continue
    return task.result()
