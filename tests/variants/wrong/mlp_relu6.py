"""Uses ReLU6, which is cut off at 6."""
# item: q1.mlp


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 400), nn.ReLU6(), nn.Linear(400, 400), nn.ReLU6(), nn.Linear(400, 10)
        )

    def forward(self, x):
        return self.model(x)
