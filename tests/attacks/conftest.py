"""Attacks are tried on kernels that started by themselves, and on kernels that were forked."""

import pytest


@pytest.fixture(scope="module", params=["cold", "warm"])
def start(request: pytest.FixtureRequest) -> str:
    """The fork server to take kernels from, or none."""
    if request.param == "cold":
        return ""
    address: str = request.getfixturevalue("fork_server")
    return address or pytest.skip("kernels cannot be forked here")
