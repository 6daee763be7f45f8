"""The probe agent: answers the grader's questions about the objects in a namespace.

A request is a JSON object plus one safetensors blob for its arrays; so is a reply. Nothing is pickled, and nothing
here knows a right answer: the agent calls, reads and reports, the grader compares outside.
"""

import contextlib
import inspect
import json
import linecache
import math
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import safetensors.numpy

from .bind import bindings, parameter_names, required_parameters
from .values import Kept, Reader, Unusable, Writer, is_tensor, to_numpy
from .watch import class_name, undisturbed, watched

Build = Callable[[Any], Any]
Surroundings = Callable[[int], contextlib.AbstractContextManager[None]]
"""What code is called in, by a seed."""

ELSEWHERE = re.compile(r"same device|device type|type .* should be the same")
"""What torch says where some tensors are here and some there."""

MAX_SAMPLES = 200_000
"""In one pass through a loader: more than any data set here has, so that one without an end is noticed."""


class Agent:
    """Holds the objects that stay inside and answers one request after the other.

    Each operation `do_<name>` gets `build`, which turns a value of the request into an object, and the request's
    own fields.
    """

    def __init__(self, namespace: Callable[[], dict[str, Any]], surroundings: Surroundings = undisturbed):
        self.namespace = namespace
        self.surroundings = surroundings
        self.objects: list[Any] = []

    def answer(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        """The reply to one request; an exception of the student's code is a reply too."""
        try:
            try:
                return self.answered(request, blob, "cpu")
            except RuntimeError as error:
                # what is asked of is on the accelerator: whoever calls it takes their tensors there
                if (device := self.device()) != "cpu" and ELSEWHERE.search(str(error)):
                    with contextlib.suppress(Exception):
                        return self.answered(request, blob, device)
                raise
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of student code are answers as well
            return {"error": describe(error)}, b""

    def answered(self, request: dict[str, Any], blob: bytes, device: str) -> tuple[dict[str, Any], bytes]:
        """The reply where tensors are handed over on `device`; raises what student code raises."""
        arrays = safetensors.numpy.load(blob) if blob else {}
        build, writer = Reader(arrays, self.objects.__getitem__, self.find, device).value, Writer(self.keep)
        with self.surroundings(request["seed"]):
            value = writer.value(getattr(self, f"do_{request['do']}")(build, **request["fields"]))
        return {"value": value}, safetensors.numpy.save(writer.arrays)

    def device(self) -> str:
        """Where student code finds that tensors can be."""
        torch = sys.modules.get("torch")
        return "cuda" if torch and torch.cuda.is_available() else "cpu"

    def keep(self, value: Any) -> int:
        self.objects.append(value)
        return len(self.objects) - 1

    def find(self, name: str) -> Any:
        if name not in self.namespace():
            raise Unusable(f"`{name}` is not defined")
        return self.namespace()[name]

    def do_describe(self, build: Build, name: str) -> Any:
        """What a variable is, and the names of its parameters; None where it is not defined."""
        if name not in self.namespace():
            return None
        value = self.namespace()[name]
        kind = "class" if inspect.isclass(value) else "callable" if callable(value) else "value"
        names, required = parameter_names(value), required_parameters(value)
        return {"kind": kind, "type": class_name(value), "parameters": names, "required": required}

    def do_read(self, build: Build, target: Any) -> Any:
        """The value of a variable or of a kept object."""
        return build(target)

    def do_call(
        self,
        build: Build,
        target: Any,
        method: str | None,
        args: list[Any],
        offered: dict[str, Any],
        aliases: dict[str, str],
        orders: list[list[str]],
        traced: bool,
    ) -> Any:
        """Call a function, a class, an object or one of its methods; traced, the result comes with a record."""
        call = getattr(build(target), method) if method else build(target)
        given, values = [build(spec) for spec in args], {name: build(spec) for name, spec in offered.items()}
        *guesses, last = bindings(call, len(given), values, aliases, orders)
        trace: dict[str, Any] = {}
        with watched(trace) if traced else contextlib.nullcontext():
            for positional, keywords in guesses:
                with contextlib.suppress(TypeError):
                    result = call(*given, *positional, **keywords)
                    break
            else:
                result = call(*given, *last[0], **last[1])
        return {"result": result, "trace": trace} if traced else result

    def do_parameters(self, build: Build, target: Any) -> Any:
        """A module's parameters in order; where it registers none, the tensors that it holds, so that it can be judged."""
        module, torch = build(target), sys.modules["torch"]
        registered = list(module.named_parameters())
        loose = [
            (f"{prefix}.{name}".lstrip("."), value)
            for prefix, part in module.named_modules()
            for name, value in vars(part).items()
            if isinstance(value, torch.Tensor)
        ]
        return [
            {"name": name, "value": value, "requires_grad": value.requires_grad, "registered": bool(registered)}
            for name, value in registered or loose
        ]

    def do_assign(self, build: Build, target: Any, values: dict[str, Any], gradients: dict[str, Any]) -> None:
        """Overwrite a module's parameters in place, and the `.grad` of some, by name."""
        module, torch = build(target), sys.modules["torch"]

        def parameter(name: str) -> Any:
            owner, _, attribute = name.rpartition(".")
            return getattr(module.get_submodule(owner), attribute)

        with torch.no_grad():
            for name, spec in values.items():
                parameter(name).copy_(build(spec))
        for name, spec in gradients.items():
            parameter(name).grad = build(spec).to(parameter(name))

    def do_modules(self, build: Build, target: Any, classes: list[str]) -> Any:
        """All modules inside one, itself first, with their classes and which of the variables `classes` they are of."""
        known = {name: self.namespace().get(name) for name in classes}
        return [
            {
                "name": name,
                "handle": Kept(self.keep(part)),
                "type": class_name(part),
                "bases": [class_name(base) for base in type(part).__mro__],
                "of": [n for n, kind in known.items() if inspect.isclass(kind) and isinstance(part, kind)],
            }
            for name, part in build(target).named_modules()
        ]

    def do_gradients(self, build: Build, target: Any, x: Any, y: Any, loss: str) -> Any:
        """What `torch.nn.functional.<loss>(module(x), y)` sends back to each parameter; None where nothing arrives."""
        module, torch = build(target), sys.modules["torch"]
        module.zero_grad(set_to_none=True)
        with torch.enable_grad():
            getattr(torch.nn.functional, loss)(module(build(x)), build(y)).backward()
        found = {name: None if p.grad is None else p.grad.clone() for name, p in module.named_parameters()}
        module.zero_grad(set_to_none=True)
        return found

    def do_batches(self, build: Build, target: Any, directions: Any, passes: int, first: int | None) -> Any:
        """What a loader gives in each of `passes` passes, or in the first batches of them; see `one_pass`."""
        loader, toward = build(target), build(directions)
        # going through it would leave nothing for the notebook; a class of the notebook's own may well start again
        if isinstance(loader, Iterator) and type(loader).__module__ != "__main__":
            raise Unusable(f"it is a {type(loader).__name__}, which can be gone through only once, and not a loader")
        with contextlib.ExitStack() as restored:
            keep_generators(loader, restored)
            return [one_pass(loader, toward, first) for _ in range(passes)]

    def do_forget(self, build: Build) -> None:
        """Let go of all kept objects; their numbers are used again."""
        self.objects.clear()

    def do_environment(self, build: Build) -> Any:
        """Versions and the device that student code finds."""
        torch = sys.modules.get("torch")
        return {
            "python": sys.version.split()[0],
            "torch": str(torch.__version__) if torch else "none",
            "device": self.device(),
        }


def one_pass(loader: Any, directions: np.ndarray, first: int | None) -> dict[str, np.ndarray]:
    """The batches' sizes, and for each sample its label and its print, in the order in which they come.

    With `first`, only the batches that hold the first `first` samples.
    """
    count, sizes = 0, list[int]()
    labels, found = [np.empty(0, np.int64)], [np.empty((0, directions.shape[1]))]
    for batch in loader:
        images, answers = images_and_labels(batch, len(directions))
        count += len(images)
        sizes.append(len(images))
        labels.append(answers)
        found.append(prints(images, directions))
        if first is not None and count >= first:
            break
        if max(count, len(sizes)) > MAX_SAMPLES:
            raise Unusable(f"it has no end: it gives more than {MAX_SAMPLES:,} samples")
    return {"sizes": np.array(sizes, np.int64), "labels": np.concatenate(labels), "prints": np.concatenate(found)}


def images_and_labels(batch: Any, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """A batch as images [N, pixels] and labels [N]."""
    if not (isinstance(batch, tuple | list) and len(batch) == 2 and all(map(is_tensor, batch))):
        parts = f" of {len(batch)}" if isinstance(batch, tuple | list) else ""
        kind = f"{type(batch).__name__}{parts}"
        raise Unusable(f"its batches should be pairs `(images, labels)` of tensors, but one is a {kind}")
    images, labels = map(to_numpy, batch)
    if math.prod(images.shape[1:]) != pixels:
        raise Unusable(f"its images should have {pixels} pixels each, but a batch of them has shape {images.shape}")
    if labels.ndim == 0 or labels.size != len(images):
        raise Unusable(f"a batch of {len(images)} images comes with labels of shape {labels.shape}")
    return images.reshape(len(images), pixels), labels.reshape(-1)


def prints(images: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """What tells images [N, pixels] apart, however they are scaled and shifted: their standardised pixels along
    `directions` [pixels, D]. Zeros for an image of one colour."""
    flat = images.astype(np.float64)
    flat[np.ptp(flat, axis=1) == 0] = 0
    with np.errstate(all="ignore"):
        flat -= flat.mean(axis=1, keepdims=True)
        spread = flat.std(axis=1, keepdims=True)
        return np.asarray(flat / np.where(spread == 0, 1, spread) @ directions)


def keep_generators(loader: Any, restored: contextlib.ExitStack) -> None:
    """Have the random generators put back that a loader and its parts hold; `undisturbed` knows only the global ones."""
    torch = sys.modules.get("torch")
    parts = [loader, *(getattr(loader, name, None) for name in ("sampler", "batch_sampler", "dataset"))]
    parts.append(getattr(parts[2], "sampler", None))
    for value in [value for part in parts for value in getattr(part, "__dict__", {}).values()]:
        if isinstance(value, np.random.RandomState) or (torch and isinstance(value, torch.Generator)):
            restored.callback(value.set_state, value.get_state())
        elif isinstance(value, np.random.Generator):
            restored.callback(setattr, value.bit_generator, "state", value.bit_generator.state)
        elif isinstance(value, random.Random):
            restored.callback(value.setstate, value.getstate())


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as plain text, with the line of the student's own code in which it arose."""
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "ipykernel_" in frame.filename:
            line = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return {"type": type(error).__name__[:200], "message": message_of(error)[:1000], "line": line[:300]}


def message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception of a student's own may fail even at this
        return ""


def listen(line: Any, agent: Agent, call: bytes) -> None:
    """Answer what comes over the grader's line, until it hangs up on this `call`: an earlier one may have broken off."""
    while True:
        caller, number, question, blob = line.recv_multipart()
        if not question:
            if number == call:
                return
            continue
        reply, arrays = agent.answer(json.loads(question), blob)
        line.send_multipart([caller, number, json.dumps(reply).encode(), arrays])


def serve(shell: Any) -> None:
    """Listen to the grader's line whenever its comm says so."""
    agent = Agent(lambda: shell.user_ns)
    # `exit()` in a cell is no reason to lose the cells after it
    shell.ask_exit = lambda: None

    def opened(comm: Any, _: Any) -> None:
        comm.on_msg(lambda message: listen(shell.kernel.stdin_socket, agent, message["header"]["msg_id"].encode()))

    shell.kernel.comm_manager.register_target("grader.probe", opened)
