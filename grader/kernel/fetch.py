"""Fetches a whole batch of MNIST's pictures at once, where one by one gives the same bits.

torch's loaders ask a dataset for `__getitems__` before they go through it one by one; torchvision's has none.
"""

from typing import Any


def fetch_in_batches() -> None:
    """Give torchvision's MNIST family a `__getitems__`."""
    from torchvision.datasets import mnist

    one_by_one = mnist.MNIST.__getitem__

    def fetch(self: Any, indices: list[int]) -> list[tuple[Any, Any]]:
        if type(self).__getitem__ is not one_by_one or not only_to_tensor(self):
            return [self[index] for index in indices]
        return list(zip(pictures(self.data, indices), [int(self.targets[index]) for index in indices], strict=True))

    mnist.MNIST.__getitems__ = fetch


def only_to_tensor(dataset: Any) -> bool:
    """Whether the transform is exactly `ToTensor()` and the data are as torchvision loads them."""
    import torch
    from torchvision.transforms import ToTensor

    data = dataset.data
    plain = type(data) is torch.Tensor and data.dtype == torch.uint8 and data.ndim == 3 and data.device.type == "cpu"
    return plain and type(dataset.transform) is ToTensor and dataset.target_transform is None


def pictures(data: Any, indices: list[int]) -> Any:
    """What `ToTensor` makes of each picture: [1, H, W] each, in [0, 1]."""
    import torch

    chosen = data[torch.as_tensor(indices, dtype=torch.int64)]
    return chosen.unsqueeze(1).to(torch.get_default_dtype()).div(255).unbind()
