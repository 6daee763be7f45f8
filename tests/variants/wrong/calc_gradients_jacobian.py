"""The student lets torch.autograd.functional.jacobian compute the gradients."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    def loss_of(W1, b1, W2, b2):
        h = torch.sigmoid(W1 @ x + b1)
        return ((W2 @ h + b2 - y_var) ** 2).sum()

    params = tuple(p.detach() for p in net.parameters())
    grads = torch.autograd.functional.jacobian(loss_of, params)
    return torch.cat([g.flatten() for g in grads])
