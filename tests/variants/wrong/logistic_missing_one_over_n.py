"""The student sums the gradient over the batch and forgets the 1/N."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for epoch in range(epochs):
        total_norm, n_batches = 0.0, 0
        for xb, yb in train_loader:
            xb = xb.to(DEVICE).view(xb.size(0), -1)
            yb = yb.to(DEVICE)
            error = torch.softmax(xb @ W + b, dim=1) - F.one_hot(yb, 10)
            grad_W = xb.T @ error
            grad_b = error.sum(dim=0)
            W -= lr * grad_W
            b -= lr * grad_b
            total_norm += grad_W.norm().item()
            n_batches += 1
        if total_norm / n_batches < tol:
            break

    return W, b
