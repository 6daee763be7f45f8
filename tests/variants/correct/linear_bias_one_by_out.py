"""The student keeps the bias of Linear as a [1, out] row and takes its only row in forward."""


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.randn(1, out_features))

    def forward(self, x):
        return x @ self.weight.T + self.bias[0]


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d2 = 2 * (y_hat - y_var)
        d1 = d2 * net.output.weight.view(-1) * h * (1 - h)
        return torch.cat([torch.outer(d1, x).view(-1), d1, d2 * h, d2])
