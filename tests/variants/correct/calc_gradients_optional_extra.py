"""Takes the stub's four parameters and an optional fifth of the student's own."""


def calc_gradients(net, x, y_hat, loss, verbose=False):
    y = x.sum() % 2
    h = torch.sigmoid(net.hidden(x))
    delta = 2 * (y_hat - y)
    back = (net.output.weight.T @ delta) * h * (1 - h)
    if verbose:
        print(delta, back)
    parts = [torch.outer(back, x), back, torch.outer(delta, h), delta]
    return torch.cat([part.flatten() for part in parts]).detach()
