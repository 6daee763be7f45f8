"""The student lets torch.autograd.grad compute the gradients."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    loss_again = (net(x) - y_var).pow(2).mean()
    grads = torch.autograd.grad(loss_again, list(net.parameters()))
    return torch.cat([g.view(-1) for g in grads])
