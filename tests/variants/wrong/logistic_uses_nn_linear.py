"""The student uses nn.Linear instead of writing the model from scratch."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    layer = nn.Linear(784, 10).to(DEVICE)

    for epoch in range(epochs):
        total_norm = 0.0
        for xb, yb in train_loader:
            layer.zero_grad()
            logits = layer(xb.to(DEVICE).view(xb.size(0), -1))
            F.cross_entropy(logits, yb.to(DEVICE)).backward()
            with torch.no_grad():
                for p in layer.parameters():
                    p -= lr * p.grad
            total_norm += layer.weight.grad.norm().item()
        if total_norm / len(train_loader) < tol:
            break

    return layer.weight.detach().T, layer.bias.detach()
