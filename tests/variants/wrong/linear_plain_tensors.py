"""The student forgets nn.Parameter in Linear, and FFNet has to wrap the plain tensors later."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = torch.randn(out_features, in_features, requires_grad=True)
        self.bias = torch.randn(out_features, requires_grad=True)

    def forward(self, x):
        return x @ self.weight.T + self.bias


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = Linear(in_features, hidden_size)
        self.output = Linear(hidden_size, out_features)
        # the optimizer found no parameters, so register them here
        for layer in (self.hidden, self.output):
            layer.weight = nn.Parameter(layer.weight.detach())
            layer.bias = nn.Parameter(layer.bias.detach())

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))
