"""The student keeps the weights of the epoch with the lowest validation loss."""
import copy


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    params = {"W": torch.zeros(784, 10, device=DEVICE), "b": torch.zeros(10, device=DEVICE)}
    best_loss, best_params = float("inf"), params

    for epoch in range(epochs):
        grad_norms = []
        for xb, yb in train_loader:
            x, y = xb.to(DEVICE).flatten(1), yb.to(DEVICE)
            d = (torch.softmax(x @ params["W"] + params["b"], dim=1) - F.one_hot(y, 10)) / len(y)
            grad_W = x.T @ d
            params["W"] -= lr * grad_W
            params["b"] -= lr * d.sum(dim=0)
            grad_norms.append(grad_W.norm().item())

        losses = []
        for xb, yb in val_loader:
            logits = xb.to(DEVICE).flatten(1) @ params["W"] + params["b"]
            losses.append(F.cross_entropy(logits, yb.to(DEVICE)).item())
        if np.mean(losses) <= best_loss:
            best_loss, best_params = np.mean(losses), copy.deepcopy(params)
        if np.mean(grad_norms) < tol:
            break

    return best_params["W"], best_params["b"]
