"""The student scales the randn values of Linear by one over the square root of in_features."""


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        scale = 1 / in_features ** 0.5
        self.weight = nn.Parameter(torch.randn(out_features, in_features) * scale)
        self.bias = nn.Parameter(torch.randn(out_features) * scale)

    def forward(self, x):
        return x @ self.weight.T + self.bias
