"""The student applies the sigmoid to h again before taking its derivative."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        s = torch.sigmoid(h)
        d_hidden = d_out * net.output.weight[0] * s * (1 - s)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
