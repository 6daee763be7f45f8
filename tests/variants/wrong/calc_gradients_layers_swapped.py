"""The student returns the gradients of the second layer before those of the first."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    with torch.no_grad():
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y_var)
        second_layer = torch.cat([d_out * h, d_out])
        d_hidden = d_out * net.output.weight[0] * h * (1 - h)
        first_layer = torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden])
        return torch.cat([second_layer, first_layer])
