"""What notebooks of a course commonly do, in few lines: a fork server has imported beforehand whatever this needs."""

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch._dynamo  # which the first optimizer imports
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchvision import datasets, transforms

assert datasets.MNIST
assert transforms.ToTensor
samples = TensorDataset(torch.from_numpy(np.random.rand(8, 2).astype(np.float32)), torch.arange(8) % 2)
training, _ = random_split(samples, [0.5, 0.5])
model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
optimizer = optim.Adam(model.parameters())
for x, y in DataLoader(training, batch_size=2, shuffle=True):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
plt.plot([1, 2, 3], label="loss")
plt.xlabel("epoch")
plt.legend()
plt.show()
# a mistake, for what its traceback needs
torch.zeros(2) @ torch.zeros(3)
