"""The student returns the nine gradients as a 3 by 3 matrix."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        first = torch.cat([torch.outer(d_hidden, x), d_hidden.unsqueeze(1)], dim=1)
        second = torch.cat([d_out * h, d_out]).unsqueeze(0)
        return torch.cat([first, second])
