"""The student writes the sigmoid of FFNet as 1 / (1 + exp(-x))."""


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


class FFNet(nn.Module):
    def __init__(self, in_features, out_features, hidden_size):
        super().__init__()
        self.fc1 = Linear(in_features, hidden_size)
        self.fc2 = Linear(hidden_size, out_features)

    def forward(self, x):
        x = self.fc1(x)
        x = sigmoid(x)
        x = self.fc2(x)
        return x


def calc_gradients(net, x, y_var, y_hat, loss):
    h = sigmoid(net.fc1(x)).detach()
    d_loss = 2 * (y_hat - y_var).detach()
    d_h = d_loss * net.fc2.weight.detach()[0]
    d_z = d_h * h * (1 - h)
    return torch.cat([torch.outer(d_z, x).view(-1), d_z, d_loss * h, d_loss])
