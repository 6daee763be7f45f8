"""The student takes *args and unpacks them in the order of the check cell."""


def calc_gradients(*args):
    net, x, y, y_hat, _ = args
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d2 = 2 * (y_hat - y)
        d1 = d2 * net.output.weight[0] * h * (1 - h)
        return torch.cat([torch.outer(d1, x).flatten(), d1, d2 * h, d2])
