"""Gathers the loader's data once and draws mini-batches of 128 of its own."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    X = torch.cat([xb.flatten(1) for xb, _ in train_loader])
    y = torch.cat([yb for _, yb in train_loader])
    W, b = torch.zeros(784, 10), torch.zeros(10)
    for _ in range(epochs):
        norms = []
        for rows in torch.randperm(len(X)).split(128):
            residual = (torch.softmax(X[rows] @ W + b, dim=1) - F.one_hot(y[rows], 10)) / len(rows)
            dW, db = X[rows].T @ residual, residual.sum(0)
            W, b = W - lr * dW, b - lr * db
            norms.append(dW.norm().item())
        if max(norms) < tol:
            break
    return W, b
