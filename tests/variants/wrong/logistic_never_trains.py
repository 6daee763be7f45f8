"""The student computes the loss in every epoch but never updates the start values."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = 0.01 * torch.randn(784, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for epoch in range(epochs):
        total_loss = 0.0
        for xb, yb in train_loader:
            logits = xb.to(DEVICE).view(xb.size(0), -1) @ W + b
            total_loss += F.cross_entropy(logits, yb.to(DEVICE)).item()
        print(f"epoch {epoch + 1}: loss {total_loss:.4f}")
        if total_loss < tol:
            break

    return W, b
