"""The student makes calc_gradients with functools.partial from a function that also takes the activation."""
import functools


def backprop(activation, net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = activation(net.hidden.weight @ x + net.hidden.bias)
        d2 = 2 * (y_hat - y_var)
        d1 = (net.output.weight.T @ d2) * h * (1 - h)
        return torch.cat([torch.outer(d1, x).flatten(), d1, torch.outer(d2, h).flatten(), d2])


calc_gradients = functools.partial(backprop, torch.sigmoid)
