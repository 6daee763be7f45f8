"""The student starts from standard normal values (torch.randn)."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.randn(784, 10, device=DEVICE)
    b = torch.randn(10, device=DEVICE)

    for epoch in range(epochs):
        largest = 0.0
        for xb, yb in train_loader:
            xb = xb.view(xb.size(0), -1).to(DEVICE)
            yb = yb.to(DEVICE)
            error = torch.softmax(xb @ W + b, dim=1)
            error[range(len(yb)), yb] -= 1.0
            error /= len(yb)
            grad_W, grad_b = xb.t() @ error, error.sum(0)
            W -= lr * grad_W
            b -= lr * grad_b
            largest = max(largest, grad_W.norm().item())
        if largest < tol:
            break

    return W, b
