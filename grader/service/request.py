"""What a request works with, and who asks."""

from asyncio import Semaphore
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from grader.errors import Refused
from grader.service.board import Board
from grader.service.dispatch import Dispatcher
from grader.service.metrics import Metrics
from grader.service.rates import Rates
from grader.service.store import Store
from grader.service.users import User
from grader.settings import Settings


@dataclass(frozen=True)
class Service:
    """What requests work with."""

    store: Store
    settings: Settings
    board: Board
    metrics: Metrics
    dispatcher: Dispatcher
    rates: Rates
    looking: Semaphore
    """For those who have an upload in memory."""


def service_of(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def user_of(request: Request) -> User:
    found = request.state.user
    assert isinstance(found, User)
    return found


def staff_of(request: Request) -> User:
    user = user_of(request)
    if not user.staff:
        raise Refused("Only staff may do this.")
    return user


ServiceIn = Annotated[Service, Depends(service_of)]
UserIn = Annotated[User, Depends(user_of)]
StaffIn = Annotated[User, Depends(staff_of)]
