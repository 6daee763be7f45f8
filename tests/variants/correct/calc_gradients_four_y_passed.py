"""The student takes (net, x, y, loss) and runs the forward pass again to get y_hat."""


def calc_gradients(net, x, y, loss):
    with torch.no_grad():
        hidden = torch.sigmoid(net.hidden(x))
        y_hat = net.output(hidden)
        dL_dyhat = 2 * (y_hat - y)
        dL_dW2 = dL_dyhat * hidden
        dL_db2 = dL_dyhat
        dL_dz = dL_dyhat * net.output.weight[0] * hidden * (1 - hidden)
        dL_dW1 = dL_dz[:, None] * x[None, :]
        dL_db1 = dL_dz
    return torch.cat([dL_dW1.reshape(-1), dL_db1, dL_dW2, dL_db2])
