"""The student declares the output layer of FFNet before the hidden one and orders the gradients so."""


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.output = Linear(hidden_size, out_features)
        self.hidden = Linear(in_features, hidden_size)
        self.activation = nn.Sigmoid()

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = net.activation(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        grads = {
            net.output.weight: d_out * h,
            net.output.bias: d_out,
            net.hidden.weight: torch.outer(d_hidden, x),
            net.hidden.bias: d_hidden,
        }
    return torch.cat([grads[p].flatten() for p in net.parameters()])
