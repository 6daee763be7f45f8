"""The student uses the order of the check cell with the names model, inp, target, pred and l."""


def calc_gradients(model, inp, target, pred, l):  # noqa: E741
    hidden = torch.sigmoid(model.hidden(inp)).detach()
    grad_pred = 2 * (pred - target).detach()
    grad_hidden = model.output.weight.detach().squeeze(0) * grad_pred
    grad_pre = grad_hidden * hidden * (1 - hidden)
    return torch.cat([
        torch.outer(grad_pre, inp).flatten(),
        grad_pre,
        grad_pred * hidden,
        grad_pred,
    ])
