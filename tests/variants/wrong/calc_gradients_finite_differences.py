"""The student nudges every parameter up and down and takes finite differences of the loss."""
# item: q2.calc_gradients


def calc_gradients(net, x, y_var, y_hat, loss):
    eps = 1e-3
    grads = []
    with torch.no_grad():
        for p in net.parameters():
            flat = p.view(-1)
            for i in range(flat.numel()):
                old = flat[i].item()
                flat[i] = old + eps
                up = ((net(x) - y_var) ** 2).mean().item()
                flat[i] = old - eps
                down = ((net(x) - y_var) ** 2).mean().item()
                flat[i] = old
                grads.append((up - down) / (2 * eps))
    return torch.tensor(grads)
