"""The student joins all batches and takes one full-batch gradient step per epoch."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    batches = [(xb, yb) for xb, yb in train_loader]
    X = torch.cat([xb for xb, _ in batches]).flatten(1).to(DEVICE)
    y = torch.cat([yb for _, yb in batches]).to(DEVICE)
    N = X.shape[0]

    W = torch.zeros(X.shape[1], 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for _ in range(epochs):
        probs = torch.softmax(X @ W + b, dim=1)
        probs[torch.arange(N), y] -= 1
        grad_W = X.T @ probs / N
        grad_b = probs.mean(dim=0)
        if grad_W.norm() < tol and grad_b.norm() < tol:
            break
        W -= lr * grad_W
        b -= lr * grad_b

    return W, b
