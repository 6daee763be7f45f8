"""The student keeps W and b in a small nn.Module and uses F.cross_entropy, without nn.Linear."""


class SoftmaxRegression(nn.Module):
    def __init__(self, d=784, n_classes=10):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(d, n_classes))
        self.b = nn.Parameter(torch.zeros(n_classes))

    def forward(self, x):
        return x.flatten(start_dim=1) @ self.W + self.b


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    net = SoftmaxRegression().to(DEVICE)

    for epoch in range(epochs):
        grad_norm = 0.0
        for xb, yb in train_loader:
            net.zero_grad()
            loss = F.cross_entropy(net(xb.to(DEVICE)), yb.to(DEVICE))
            loss.backward()
            with torch.no_grad():
                for p in net.parameters():
                    p -= lr * p.grad
                    grad_norm += p.grad.norm().item()
        if grad_norm / len(train_loader) < tol:
            break

    return net.W.detach(), net.b.detach()
