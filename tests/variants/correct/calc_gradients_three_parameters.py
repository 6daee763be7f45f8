"""The student takes (net, x, loss) as in the text and gets y as the XOR of the bits of x."""


def calc_gradients(net, x, loss):
    y = int(x.sum().item()) % 2  # XOR of the bits
    with torch.no_grad():
        y_hat = net(x)
        h = torch.sigmoid(net.hidden(x))
        d_out = 2 * (y_hat - y)
        d_hidden = d_out * net.output.weight.squeeze(0) * h * (1 - h)
    return torch.cat([torch.outer(d_hidden, x).flatten(), d_hidden, d_out * h, d_out])
