"""Adds the bias's gradient instead of subtracting it."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W, b = torch.zeros(784, 10), torch.zeros(10)
    for _ in range(epochs):
        norms = []
        for X, y in train_loader:
            X = X.flatten(1)
            residual = (torch.softmax(X @ W + b, dim=1) - F.one_hot(y, 10)) / len(y)
            dW, db = X.T @ residual, residual.sum(0)
            W, b = W - lr * dW, b + lr * db
            norms.append(dW.norm().item())
        if sum(norms) / len(norms) < tol:
            break
    return W, b
