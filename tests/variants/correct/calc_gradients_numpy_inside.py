"""The student computes the gradients in numpy and returns them as a torch tensor."""


def calc_gradients(net, x, y_var, y_hat, loss):
    W1 = net.hidden.weight.detach().cpu().numpy()
    b1 = net.hidden.bias.detach().cpu().numpy()
    W2 = net.output.weight.detach().cpu().numpy()
    x_np = x.detach().cpu().numpy()

    h = 1 / (1 + np.exp(-(W1 @ x_np + b1)))
    d_out = 2 * (y_hat.detach().cpu().numpy() - y_var.detach().cpu().numpy())
    d_hidden = (W2.T @ d_out) * h * (1 - h)

    grads = np.concatenate([np.outer(d_hidden, x_np).ravel(), d_hidden, np.outer(d_out, h).ravel(), d_out])
    return torch.from_numpy(grads)
