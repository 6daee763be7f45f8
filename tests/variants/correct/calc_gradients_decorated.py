"""Wraps the stub's four-parameter function in a decorator that hides its signature."""

import time


def timed(function):
    def wrapper(*args, **kwargs):
        started = time.time()
        result = function(*args, **kwargs)
        print(time.time() - started)
        return result

    return wrapper


@timed
def calc_gradients(net, x, y_hat, loss):
    y = x.sum() % 2
    h = torch.sigmoid(net.hidden(x))
    delta = 2 * (y_hat - y)
    back = (net.output.weight.T @ delta) * h * (1 - h)
    parts = [torch.outer(back, x), back, torch.outer(delta, h), delta]
    return torch.cat([part.flatten() for part in parts]).detach()
