"""The student copies the network and calls backward on the copy."""
# item: q2.calc_gradients
import copy


def calc_gradients(net, x, y_var, y_hat, loss):
    twin = copy.deepcopy(net)
    twin.zero_grad()
    F.mse_loss(twin(x), y_var).backward()
    return torch.cat([p.grad.view(-1) for p in twin.parameters()])
