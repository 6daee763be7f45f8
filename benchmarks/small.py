"""The small notebook that graders are compared with: what a student imports and defines, and a moment of training."""

import json

CELLS = (
    "import torch\nimport numpy as np\nimport matplotlib.pyplot as plt\nfrom torch import nn",
    """class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.randn(out_features))

    def forward(self, x):
        return x @ self.weight.T + self.bias""",
    """class FFNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.hidden = Linear(in_features, hidden)
        self.output = Linear(hidden, out_features)

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))""",
    """def calc_gradients(net, x, y):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        error = 2 * (net.output(h) - y)
        back = (net.output.weight.T @ error) * h * (1 - h)
        return torch.cat([torch.outer(back, x).flatten(), back, torch.outer(error, h).flatten(), error])""",
    """torch.manual_seed(0)
X = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
Y = torch.tensor([[0.], [1.], [1.], [0.]])
net = FFNet(2, 4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
losses = []
for epoch in range(200):
    loss = nn.functional.mse_loss(net(X), Y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
plt.plot(losses)
plt.show()""",
)
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def small(number: int = 0, **metadata: object) -> bytes:
    """The notebook as bytes, each `number` another; `metadata` for its last cell, where a tool wants some."""
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate((*CELLS, f"# {number}"))
    ]
    cells[-1]["metadata"] = metadata
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNELSPEC}, "cells": cells}
    return json.dumps(notebook).encode()
