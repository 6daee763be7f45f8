"""The student lets autograd compute the gradients and updates W and b by hand under no_grad."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE, requires_grad=True)
    b = torch.zeros(10, device=DEVICE, requires_grad=True)

    for epoch in range(epochs):
        grad_norm, n_batches = 0.0, 0
        for xb, yb in train_loader:
            xb = xb.to(DEVICE).view(xb.size(0), -1)
            yb = yb.to(DEVICE)
            loss = F.cross_entropy(xb @ W + b, yb)
            loss.backward()
            with torch.no_grad():
                W -= lr * W.grad
                b -= lr * b.grad
                grad_norm += (W.grad.norm() + b.grad.norm()).item()
                n_batches += 1
                W.grad.zero_()
                b.grad.zero_()
        if grad_norm / n_batches < tol:
            break

    return W.detach(), b.detach()
