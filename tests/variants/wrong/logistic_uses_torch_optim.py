"""The student lets torch.optim.SGD update W and b."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE, requires_grad=True)
    b = torch.zeros(10, device=DEVICE, requires_grad=True)
    optimizer = torch.optim.SGD([W, b], lr=lr)

    for epoch in range(epochs):
        total_norm = 0.0
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(xb.to(DEVICE).view(xb.size(0), -1) @ W + b, yb.to(DEVICE))
            loss.backward()
            optimizer.step()
            total_norm += W.grad.norm().item()
        if total_norm / len(train_loader) < tol:
            break

    return W.detach(), b.detach()
