"""The student's MLP has layers without bias."""
# item: q1.mlp


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 400, bias=False),
            nn.ReLU(),
            nn.Linear(400, 400, bias=False),
            nn.ReLU(),
            nn.Linear(400, 10, bias=False),
        )

    def forward(self, x):
        return self.model(x)
