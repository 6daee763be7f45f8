"""The student assigns a lambda to calc_gradients that calls two helpers."""


def hidden_output(net, x):
    return torch.sigmoid(net.hidden(x)).detach()


def gradients_from_residual(net, x, h, r):
    d_hidden = 2 * r * net.output.weight.detach()[0] * h * (1 - h)
    return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, 2 * r * h, 2 * r])


calc_gradients = lambda net, x, y_var, y_hat, loss: gradients_from_residual(  # noqa: E731
    net, x, hidden_output(net, x), (y_hat - y_var).detach()
)
