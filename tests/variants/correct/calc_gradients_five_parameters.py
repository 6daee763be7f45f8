"""The student takes (net, x, y_var, y_hat, loss) as the check cell passes them."""


@torch.no_grad()
def calc_gradients(net, x, y_var, y_hat, loss):
    w1, b1, w2, b2 = list(net.parameters())
    h = torch.sigmoid(w1.mv(x) + b1)

    db2 = 2 * (y_hat - y_var)
    dw2 = db2.outer(h)
    db1 = w2.t().mv(db2) * h * (1 - h)
    dw1 = db1.outer(x)

    return torch.cat([dw1.flatten(), db1, dw2.flatten(), db2])
