"""The student renames the parameters of logistic_regression but keeps their order and defaults."""


def logistic_regression(train_dl, val_dl, n_epochs=20, learning_rate=0.1, tolerance=1e-6):
    weights = torch.zeros(784, 10, device=DEVICE)
    bias = torch.zeros(10, device=DEVICE)

    for epoch in range(n_epochs):
        steps, size = 0, 0.0
        for images, labels in train_dl:
            images = images.to(DEVICE).view(images.size(0), -1)
            labels = labels.to(DEVICE)
            residual = torch.softmax(images @ weights + bias, dim=1) - F.one_hot(labels, 10)
            d_weights = images.T @ residual / images.size(0)
            d_bias = residual.mean(dim=0)
            weights -= learning_rate * d_weights
            bias -= learning_rate * d_bias
            size += d_weights.norm().item()
            steps += 1
        if size / steps < tolerance:
            break

    return weights, bias
