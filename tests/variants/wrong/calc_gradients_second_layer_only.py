"""The student computes the second layer and leaves zeros for the first."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        return torch.cat([torch.zeros(6), d_out * h, d_out])
