"""The student builds the MLP by hand from own nn.Parameters and matrix products."""


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(784, 400) * (2 / 784) ** 0.5)
        self.b1 = nn.Parameter(torch.zeros(400))
        self.W2 = nn.Parameter(torch.randn(400, 400) * (2 / 400) ** 0.5)
        self.b2 = nn.Parameter(torch.zeros(400))
        self.W3 = nn.Parameter(torch.randn(400, 10) * (2 / 400) ** 0.5)
        self.b3 = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        x = x.view(x.size(0), -1)
        h1 = torch.clamp(x @ self.W1 + self.b1, min=0)
        h2 = torch.clamp(h1 @ self.W2 + self.b2, min=0)
        return h2 @ self.W3 + self.b3
