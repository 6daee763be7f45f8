"""Differences of a forward pass that is written out again, in double precision."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    parameters = [p.detach().double().clone() for p in net.parameters()]

    def squared_error():
        W1, b1, W2, b2 = parameters
        return ((W2 @ torch.sigmoid(W1 @ x.double() + b1) + b2 - y_var) ** 2).mean()

    gradients = []
    for p in parameters:
        flat = p.view(-1)
        for i in range(len(flat)):
            start = flat[i].item()
            flat[i] = start + 1e-5
            up = squared_error()
            flat[i] = start - 1e-5
            down = squared_error()
            flat[i] = start
            gradients.append((up - down) / 2e-5)
    return torch.stack(gradients).float()
