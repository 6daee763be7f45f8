"""Fetches a whole batch of MNIST's pictures at once, where one by one gives the same bits.

torch's loaders ask a dataset for `__getitems__` before they go through it one by one; torchvision's has none. Where the
samples would only be stacked again, not even these are made.
"""

import functools
from typing import Any


def fetch_in_batches() -> None:
    """Give torchvision's MNIST family a `__getitems__`, and torch's loaders a way around it."""
    from torch.utils.data._utils.fetch import _MapDatasetFetcher
    from torchvision.datasets import mnist

    one_by_one = mnist.MNIST.__getitem__
    whole = Whole(one_by_one)

    def samples(self: Any, indices: list[int]) -> list[tuple[Any, Any]]:
        found = whole.batch(self, indices)
        if found is None:
            return [self[index] for index in indices]
        return list(zip(found[0].unbind(), found[1].tolist(), strict=True))

    fetcher: Any = _MapDatasetFetcher
    collated = fetcher.fetch

    @functools.wraps(collated)
    def batches(self: Any, indices: Any) -> Any:
        found = whole.stacked(self.dataset, indices) if self.auto_collation and whole.stacks(self.collate_fn) else None
        return collated(self, indices) if found is None else list(found)

    mnist.MNIST.__getitems__ = samples
    fetcher.fetch = batches


class Whole:
    """Knows where a batch can be had at once, and has it; None where it cannot."""

    def __init__(self, one_by_one: Any) -> None:
        from torch.utils.data import Subset
        from torch.utils.data._utils.collate import default_collate, default_collate_fn_map

        self.one_by_one, self.subset = one_by_one, Subset
        self.of_subset = (Subset.__getitem__, Subset.__getitems__)
        self.default, self.ways, self.ways_now = default_collate, dict(default_collate_fn_map), default_collate_fn_map

    def stacks(self, collate: Any) -> bool:
        """Whether a loader's `collate_fn` is torch's own, and does what it always did."""
        return collate is self.default and self.ways_now == self.ways

    def stacked(self, dataset: Any, indices: Any) -> tuple[Any, Any] | None:
        """A batch of a dataset or of subsets of it."""
        while type(dataset) is self.subset:
            if (self.subset.__getitem__, self.subset.__getitems__) != self.of_subset:
                return None
            indices, dataset = [dataset.indices[index] for index in indices], dataset.dataset
        return self.batch(dataset, indices)

    def batch(self, dataset: Any, indices: Any) -> tuple[Any, Any] | None:
        """Pictures [N, 1, H, W] in [0, 1] and labels [N]."""
        import torch

        if getattr(type(dataset), "__getitem__", None) is not self.one_by_one or not only_to_tensor(dataset):
            return None
        chosen = torch.as_tensor(indices, dtype=torch.int64)
        count = min(len(dataset.data), len(dataset.targets))
        if chosen.ndim != 1 or not len(chosen) or int(chosen.min()) < 0 or int(chosen.max()) >= count:
            return None
        pictures = dataset.data[chosen].unsqueeze(1).to(torch.get_default_dtype()).div(255)
        return pictures, dataset.targets[chosen]


def only_to_tensor(dataset: Any) -> bool:
    """Whether the transform is exactly `ToTensor()` and the data are as torchvision loads them."""
    import torch
    from torchvision.transforms import Compose, ToTensor

    data, labels, transform = dataset.data, dataset.targets, dataset.transform
    if type(transform) is Compose and len(transform.transforms) == 1:
        (transform,) = transform.transforms
    plain = all(type(part) is torch.Tensor and part.device.type == "cpu" for part in (data, labels))
    usual = plain and (data.dtype, data.ndim, labels.dtype, labels.ndim) == (torch.uint8, 3, torch.int64, 1)
    return usual and type(transform) is ToTensor and dataset.target_transform is None
