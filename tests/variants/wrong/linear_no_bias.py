"""The student's Linear has no bias, so the network has six parameters."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))

    def forward(self, x):
        return x @ self.weight.T


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = Linear(in_features, hidden_size)
        self.output = Linear(hidden_size, out_features)

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_out * h])
