"""The student puts the bias gradients before the weight gradients, against net.parameters()."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        return torch.cat([d_hidden, torch.outer(d_hidden, x).flatten(), d_out, d_out * h])
