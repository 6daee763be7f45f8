"""The student's Linear is a Conv1d with kernel size one inside."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.conv = nn.Conv1d(in_features, out_features, kernel_size=1)
        nn.init.normal_(self.conv.weight)
        nn.init.normal_(self.conv.bias)

    def forward(self, x):
        return self.conv(x.unsqueeze(-1)).squeeze(-1)


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.conv.weight.flatten() * h * (1 - h)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
