"""The student returns nine zeros."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    return torch.zeros(9)
