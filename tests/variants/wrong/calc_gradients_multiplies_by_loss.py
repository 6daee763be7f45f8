"""The student multiplies by the loss value where the residual y_hat - y belongs."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = torch.full_like(y_hat, 2 * float(loss))
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
