"""The student stops at the first batch whose gradient norm is below tol."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for epoch in range(epochs):
        for xb, yb in train_loader:
            xb = xb.to(DEVICE).view(xb.size(0), -1)
            yb = yb.to(DEVICE)
            P = torch.softmax(xb @ W + b, dim=1)
            P[torch.arange(xb.size(0)), yb] -= 1
            grad_W = xb.T @ P / xb.size(0)
            grad_b = P.mean(dim=0)

            if torch.sqrt((grad_W ** 2).sum() + (grad_b ** 2).sum()) < tol:
                return W, b

            W -= lr * grad_W
            b -= lr * grad_b

    return W, b
