"""The student keeps the weights of the epoch with the best validation accuracy (the latest on a tie)."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(784, 10, device=DEVICE, requires_grad=True)
    b = torch.zeros(10, device=DEVICE, requires_grad=True)
    best_acc, best = -1.0, None

    for epoch in range(epochs):
        grad_norm = 0.0
        for xb, yb in train_loader:
            logits = xb.to(DEVICE).view(xb.size(0), -1) @ W + b
            loss = F.cross_entropy(logits, yb.to(DEVICE))
            grad_W, grad_b = torch.autograd.grad(loss, (W, b))
            with torch.no_grad():
                W -= lr * grad_W
                b -= lr * grad_b
            grad_norm += grad_W.norm().item()

        correct, total = 0, 0
        for xb, yb in val_loader:
            pred = (xb.to(DEVICE).view(xb.size(0), -1) @ W + b).argmax(dim=1)
            correct += (pred == yb.to(DEVICE)).sum().item()
            total += len(yb)
        val_acc = correct / total

        if val_acc >= best_acc:
            best_acc = val_acc
            best = (W.detach().clone(), b.detach().clone())
        if grad_norm / len(train_loader) < tol:
            break

    return best
