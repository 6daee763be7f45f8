"""The student registers the bias of Linear before the weight, so the gradients come in that order."""


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(out_features))
        self.weight = nn.Parameter(torch.randn(out_features, in_features))

    def forward(self, x):
        return torch.matmul(x, self.weight.t()) + self.bias


def calc_gradients(net, x, y_var, y_hat, loss):
    b1, W1, b2, W2 = [p.detach() for p in net.parameters()]
    h = torch.sigmoid(W1 @ x + b1)

    grad_b2 = 2 * (y_hat.detach() - y_var)
    grad_W2 = grad_b2.view(1, 1) * h.view(1, 2)
    grad_b1 = grad_b2 * W2.view(-1) * h * (1 - h)
    grad_W1 = grad_b1.view(2, 1) * x.view(1, 2)

    return torch.cat([grad_b1, grad_W1.flatten(), grad_b2, grad_W2.flatten()])
