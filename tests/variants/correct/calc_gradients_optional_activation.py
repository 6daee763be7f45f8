"""Takes the text's three parameters and the activation function as an optional one."""


def calc_gradients(net, x, loss, activation=torch.sigmoid):
    y = x.sum() % 2
    h = activation(net.hidden(x))
    delta = 2 * (net.output(h) - y)
    back = (net.output.weight.T @ delta) * h * (1 - h)
    parts = [torch.outer(back, x), back, torch.outer(delta, h), delta]
    return torch.cat([part.flatten() for part in parts]).detach()
