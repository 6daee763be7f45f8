"""Hides a signature with keyword-only options behind a decorator."""


def announced(function):
    def wrapper(*args, **kwargs):
        print("training")
        return function(*args, **kwargs)

    return wrapper


@announced
def logistic_regression(train_loader, val_loader, *, epochs=20, lr=0.1, tol=1e-6):
    W, b = torch.zeros(784, 10, requires_grad=True), torch.zeros(10, requires_grad=True)
    for _ in range(epochs):
        norms = []
        for X, y in train_loader:
            loss = F.cross_entropy(X.flatten(1) @ W + b, y)
            dW, db = torch.autograd.grad(loss, (W, b))
            with torch.no_grad():
                W -= lr * dW
                b -= lr * db
            norms.append(dW.norm().item())
        if sum(norms) / len(norms) < tol:
            break
    return W.detach(), b.detach()
