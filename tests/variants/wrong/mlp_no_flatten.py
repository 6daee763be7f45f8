"""The student's MLP does not flatten, so it only takes [N, 784]."""
# item: q1.mlp


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(784, 400),
            nn.ReLU(),
            nn.Linear(400, 400),
            nn.ReLU(),
            nn.Linear(400, 10),
        )

    def forward(self, x):
        return self.model(x)
