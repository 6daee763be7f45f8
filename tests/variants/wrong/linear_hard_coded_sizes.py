"""The student's Linear is always 2 by 2, and FFNet puts in parameters of the right sizes."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 2))
        self.bias = nn.Parameter(torch.randn(2))

    def forward(self, x):
        return x @ self.weight.T + self.bias


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = self.resized(Linear(in_features, hidden_size), in_features, hidden_size)
        self.output = self.resized(Linear(hidden_size, out_features), hidden_size, out_features)

    def resized(self, layer, n_in, n_out):
        layer.weight = nn.Parameter(torch.randn(n_out, n_in))
        layer.bias = nn.Parameter(torch.randn(n_out))
        return layer

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))
