"""The student lets torch.func.grad compute the gradients."""
# item: q2.calc_gradients
from torch.func import functional_call, grad


def calc_gradients(net, x, y_var, y_hat, loss):
    params = {name: p.detach() for name, p in net.named_parameters()}

    def loss_of(params):
        return F.mse_loss(functional_call(net, params, (x,)), y_var)

    grads = grad(loss_of)(params)
    return torch.cat([grads[name].reshape(-1) for name in params])
