"""The student never detaches anything, so the returned gradients require grad themselves."""


def calc_gradients(net, x, y_var, y_hat, loss):
    h = torch.sigmoid(net.hidden(x))
    d_out = 2 * (net.output(h) - y_var)
    d_hidden = d_out * net.output.weight.view(-1) * h * (1 - h)
    return torch.cat([torch.outer(d_hidden, x).view(-1), d_hidden, d_out * h, d_out])
