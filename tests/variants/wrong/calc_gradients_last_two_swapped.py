"""The student mixes up the last two numbers, one weight and the bias of the second layer."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        dW1 = torch.outer(d_hidden, x).flatten()
        return torch.cat([dW1, d_hidden, d_out * h[:1], d_out, d_out * h[1:]])
