"""The student lets sklearn's LogisticRegression do the training."""
# item: q1.logistic_regression


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    from sklearn.linear_model import LogisticRegression

    batches = list(train_loader)
    X = torch.cat([xb.view(xb.size(0), -1) for xb, _ in batches]).numpy()
    y = torch.cat([yb for _, yb in batches]).numpy()

    clf = LogisticRegression(max_iter=epochs, tol=tol)
    clf.fit(X, y)

    W = torch.tensor(clf.coef_.T, dtype=torch.float32, device=DEVICE)
    b = torch.tensor(clf.intercept_, dtype=torch.float32, device=DEVICE)
    return W, b
