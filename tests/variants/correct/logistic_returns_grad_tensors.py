"""The student returns W and b while they still require grad."""


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    criterion = nn.CrossEntropyLoss()
    W = torch.zeros((784, 10), requires_grad=True, device=DEVICE)
    b = torch.zeros((10,), requires_grad=True, device=DEVICE)

    for epoch in range(epochs):
        mean_grad = 0.0
        for xb, yb in train_loader:
            W.grad, b.grad = None, None
            out = torch.mm(xb.to(DEVICE).view(-1, 784), W) + b
            criterion(out, yb.to(DEVICE)).backward()
            W.data -= lr * W.grad
            b.data -= lr * b.grad
            mean_grad += W.grad.norm().item() / len(train_loader)
        if mean_grad < tol:
            break

    return W, b
