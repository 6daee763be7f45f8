"""What runs while student code is called: undisturbed surroundings, and a record of how a result came about."""

import contextlib
import io
import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from IPython.utils.capture import capture_output

# Every road from Python into torch's differentiation enters one of these C functions.
AUTOGRAD_ENTRIES = {"run_backward", "_make_dual", "_jvp_increment_nesting", "_grad_increment_nesting"}


class Sink(io.TextIOBase):
    """Swallows what student code prints while it is probed."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def open_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def seed_torch(torch: Any, seed: int) -> None:
    """Seed all of torch's generators: where there is no GPU, without noting down for one from where it was asked."""
    if torch.cuda.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run with seeded generators, in one thread and without output; put torch's modes back afterwards."""
    torch = sys.modules.get("torch")
    with contextlib.ExitStack() as restored:
        if torch:
            restored.callback(torch.set_grad_enabled, torch.is_grad_enabled())
            restored.callback(torch.set_default_dtype, torch.get_default_dtype())
            restored.callback(torch.set_num_threads, torch.get_num_threads())
            # hidden inputs are small: a second thread only waits, and on a busy machine for long
            torch.set_num_threads(1)
            seed_torch(torch, seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        restored.enter_context(contextlib.redirect_stdout(Sink()))
        restored.enter_context(contextlib.redirect_stderr(Sink()))
        yield


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Run `seeded`; put generators and figures back afterwards, as if nothing had run."""
    torch = sys.modules.get("torch")
    python_state, numpy_state = random.getstate(), np.random.get_state()
    figures = open_figures()
    with contextlib.ExitStack() as restored:
        restored.callback(random.setstate, python_state)
        restored.callback(np.random.set_state, numpy_state)
        if torch:
            restored.callback(torch.set_rng_state, torch.get_rng_state())
            if torch.cuda.is_initialized():
                restored.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
        restored.callback(lambda: [sys.modules["matplotlib.pyplot"].close(n) for n in open_figures() - figures])
        restored.enter_context(seeded(seed))
        # a flood of displays would push the agent's own answer out of the channel
        restored.enter_context(capture_output(stdout=False, stderr=False, display=True))
        yield


def class_name(value: Any) -> str:
    """The full name of a class, or of an object's class."""
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"[:200]


@contextlib.contextmanager
def watched(trace: dict[str, Any]) -> Iterator[None]:
    """Count into `trace` what runs inside, by name: modules called, owners of parameters, optimizers, operations.

    `autograd` counts entries into torch's differentiation, however they were reached.
    """
    import torch.nn
    from torch.optim.optimizer import register_optimizer_step_pre_hook
    from torch.utils._python_dispatch import TorchDispatchMode

    trace.update(modules={}, owners={}, optimizers={}, operations={}, autograd=0)

    def count(table: str, name: str) -> None:
        trace[table][name] = trace[table].get(name, 0) + 1

    class Operations(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            count("operations", str(func))
            return func(*args, **(kwargs or {}))

    def profile(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call" and getattr(argument, "__name__", "") in AUTOGRAD_ENTRIES:
            trace["autograd"] += 1

    hooks = torch.nn.modules.module
    before = sys.getprofile()
    with contextlib.ExitStack() as stack:
        for hook in (
            hooks.register_module_forward_pre_hook(lambda module, _: count("modules", class_name(module))),
            hooks.register_module_parameter_registration_hook(lambda module, *_: count("owners", class_name(module))),
            register_optimizer_step_pre_hook(lambda optimizer, *_: count("optimizers", class_name(optimizer))),
        ):
            stack.callback(hook.remove)
        stack.callback(threading.setprofile, None)
        stack.callback(sys.setprofile, before)
        stack.enter_context(Operations())  # type: ignore[no-untyped-call]
        threading.setprofile(profile)
        sys.setprofile(profile)
        yield
