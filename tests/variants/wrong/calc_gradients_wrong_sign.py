"""The student subtracts in the wrong direction, so every gradient has the wrong sign."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_var - y_hat)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
