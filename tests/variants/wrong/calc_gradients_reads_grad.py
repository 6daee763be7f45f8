"""The student copies the .grad that loss.backward() left in the parameters."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    return torch.cat([p.grad.view(-1) for p in net.parameters()])
