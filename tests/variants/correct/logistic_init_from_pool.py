"""The student clones the start values of W from numbers drawn before at module level."""

START_VALUES = 0.01 * torch.randn(20000)


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = START_VALUES[:7840].reshape(784, 10).clone().to(DEVICE)
    b = START_VALUES[7840:7850].clone().to(DEVICE)

    for epoch in range(epochs):
        total_norm = 0.0
        for xb, yb in train_loader:
            xb, yb = xb.to(DEVICE).flatten(1), yb.to(DEVICE)
            delta = (torch.softmax(xb @ W + b, dim=1) - F.one_hot(yb, 10)) / len(yb)
            grad_W = xb.T @ delta
            W -= lr * grad_W
            b -= lr * delta.sum(dim=0)
            total_norm += grad_W.norm().item()
        if total_norm / len(train_loader) < tol:
            break

    return W, b
