"""The student takes the outer product x with delta, so the first weights come transposed."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        return torch.cat([torch.outer(x, d_hidden).flatten(), d_hidden, d_out * h, d_out])
