"""The student takes (net, x, y_hat, loss) as in the stub and gets y as the XOR of the bits of x."""


def calc_gradients(net, x, y_hat, loss):
    with torch.no_grad():
        y = x.sum() % 2
        W1, b1, W2, b2 = net.parameters()
        h = torch.sigmoid(W1 @ x + b1)
        delta2 = 2 * (y_hat - y)
        delta1 = (W2.T @ delta2) * h * (1 - h)
        grads = [torch.outer(delta1, x), delta1, torch.outer(delta2, h), delta2]
        return torch.cat([g.view(-1) for g in grads])
