"""The student trains in numpy and turns W and b into tensors at the end."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = np.zeros((784, 10))
    b = np.zeros(10)

    for epoch in range(epochs):
        grad_sizes = []
        for xb, yb in train_loader:
            X = xb.numpy().reshape(len(xb), -1)
            y = yb.numpy()

            scores = X @ W + b
            scores -= scores.max(axis=1, keepdims=True)
            probs = np.exp(scores)
            probs /= probs.sum(axis=1, keepdims=True)

            probs[np.arange(len(y)), y] -= 1
            grad_W = X.T @ probs / len(y)
            grad_b = probs.mean(axis=0)
            W -= lr * grad_W
            b -= lr * grad_b
            grad_sizes.append(np.linalg.norm(grad_W))
        if np.mean(grad_sizes) < tol:
            break

    return torch.tensor(W, dtype=torch.float32).to(DEVICE), torch.tensor(b, dtype=torch.float32).to(DEVICE)
