"""The student turns gradients off in Linear, and FFNet turns them on again."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features), requires_grad=False)
        self.bias = nn.Parameter(torch.randn(out_features), requires_grad=False)

    def forward(self, x):
        return x @ self.weight.T + self.bias


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = Linear(in_features, hidden_size)
        self.output = Linear(hidden_size, out_features)
        for p in self.parameters():
            p.requires_grad_(True)

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))
