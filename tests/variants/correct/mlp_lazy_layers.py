"""Lets PyTorch find the sizes of the inputs with lazy layers."""


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(400), nn.ReLU(), nn.LazyLinear(400), nn.ReLU(), nn.LazyLinear(10)
        )

    def forward(self, x):
        return self.model(x)
