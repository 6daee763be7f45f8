"""The student stores the weights of Linear as [in, out] and multiplies x from the left."""


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.randn(out_features))

    def forward(self, x):
        return x @ self.weight + self.bias


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(x @ net.hidden.weight + net.hidden.bias)

        # second layer
        d_out = 2 * (y_hat - y_var)
        d_w2 = torch.outer(h, d_out)

        # first layer, weights are [in, out] so the input comes first
        d_hidden = (net.output.weight @ d_out) * h * (1 - h)
        d_w1 = torch.outer(x, d_hidden)

    return torch.cat([d_w1.reshape(-1), d_hidden, d_w2.reshape(-1), d_out])
