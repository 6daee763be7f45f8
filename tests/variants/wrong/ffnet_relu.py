"""The student uses ReLU instead of the sigmoid in FFNet."""
# item: q2.ffnet


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.hidden = Linear(in_features, hidden_size)
        self.output = Linear(hidden_size, out_features)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        z = net.hidden(x)
        h = torch.relu(z)
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * (z > 0)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
