"""The student takes (net, x, y_hat, loss) and finds which of y_hat +- sqrt(loss) is a bit."""


def calc_gradients(net, x, y_hat, loss):
    y_hat = y_hat.detach()
    root = float(loss) ** 0.5

    # loss = (y_hat - y)^2, so y is y_hat - root or y_hat + root: take the one that is 0 or 1
    def distance_to_bit(candidate):
        return min(abs(candidate), abs(candidate - 1))

    residual = min(root, -root, key=lambda r: distance_to_bit(y_hat.item() - r))

    h = torch.sigmoid(net.hidden(x)).detach()
    d_out = torch.full_like(y_hat, 2 * residual)
    d_hidden = d_out * net.output.weight.detach()[0] * h * (1 - h)
    return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
