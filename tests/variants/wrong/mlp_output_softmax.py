"""The student puts a softmax on the output of the MLP, so cross-entropy applies it twice."""
# item: q1.mlp


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 400),
            nn.ReLU(),
            nn.Linear(400, 400),
            nn.ReLU(),
            nn.Linear(400, 10),
            nn.Softmax(dim=1),
        )

    def forward(self, x):
        return self.model(x)
