"""The student calls F.linear on own parameters in the forward of Linear."""


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features), requires_grad=True)
        self.bias = nn.Parameter(torch.randn(out_features), requires_grad=True)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)
