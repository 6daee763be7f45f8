"""The student stops early when the training loss changes by less than tol."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)
    prev_loss = None

    for epoch in range(epochs):
        total_loss, total_n = 0.0, 0
        for xb, yb in train_loader:
            xb = xb.to(DEVICE).view(xb.size(0), -1)
            yb = yb.to(DEVICE)
            n = xb.size(0)

            log_p = F.log_softmax(xb @ W + b, dim=1)
            total_loss += -log_p[torch.arange(n), yb].sum().item()
            total_n += n

            dZ = (log_p.exp() - F.one_hot(yb, 10)) / n
            W -= lr * (xb.T @ dZ)
            b -= lr * dZ.sum(dim=0)

        loss = total_loss / total_n
        if prev_loss is not None and abs(prev_loss - loss) < tol:
            break
        prev_loss = loss

    return W, b
