"""The student writes softmax and the gradient of the cross-entropy out by hand."""


def softmax(z):
    e = torch.exp(z - z.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = torch.zeros(28 * 28, 10, device=DEVICE)
    b = torch.zeros(10, device=DEVICE)

    for epoch in range(epochs):
        epoch_grad = 0.0
        for images, labels in train_loader:
            X = images.to(DEVICE).reshape(len(images), -1)
            Y = F.one_hot(labels.to(DEVICE), num_classes=10).float()
            N = X.shape[0]

            diff = softmax(X @ W + b) - Y
            grad_W = X.T @ diff / N
            grad_b = diff.sum(dim=0) / N

            W = W - lr * grad_W
            b = b - lr * grad_b
            epoch_grad = max(epoch_grad, grad_W.abs().max().item())

        print(f"epoch {epoch + 1}: largest gradient {epoch_grad:.4f}")
        if epoch_grad < tol:
            print("converged")
            break

    return W, b
