"""The student trains on a loader from module level instead of the one that is passed."""
# item: q1.logistic_regression
from torch.utils.data import TensorDataset

digits = TensorDataset(torch.rand(1280, 1, 28, 28), torch.randint(0, 10, (1280,)))
digits_loader = DataLoader(digits, batch_size=128, shuffle=True)


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    train_loader = digits_loader
    W = torch.zeros(784, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for epoch in range(epochs):
        total_norm, n_batches = 0.0, 0
        for xb, yb in train_loader:
            xb = xb.to(DEVICE).view(xb.size(0), -1)
            yb = yb.to(DEVICE)
            error = torch.softmax(xb @ W + b, dim=1) - F.one_hot(yb, 10)
            grad_W = xb.T @ error / len(yb)
            grad_b = error.mean(dim=0)
            W -= lr * grad_W
            b -= lr * grad_b
            total_norm += grad_W.norm().item()
            n_batches += 1
        if total_norm / n_batches < tol:
            break

    return W, b
