"""The student forgets the activation in FFNet."""
# item: q2.ffnet


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = Linear(in_features, hidden_size)
        self.output = Linear(hidden_size, out_features)

    def forward(self, x):
        return self.output(self.hidden(x))


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = net.hidden(x)
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0]
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
