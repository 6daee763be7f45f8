# Every figure is saved to a file and shown; optimisers with PyTorch's own default learning rates.
# %% markdown cell-02 lines 8-11
# **Submitted by:**<br>
# &nbsp;&nbsp;Yael Fictitious, 000000009<br>
# &nbsp;&nbsp;Chris Dummy, 000000010
# %% code cell-09
generator = torch.Generator().manual_seed(7)
train_set, val_set = random_split(train_full, [0.8, 0.2], generator=generator)

bs = 128
train_loader = DataLoader(train_set, batch_size=bs, shuffle=True)
val_loader = DataLoader(val_set, batch_size=bs)
test_loader = DataLoader(test_set, batch_size=bs)

xb, yb = next(iter(train_loader))
assert xb.shape == (bs, 1, 28, 28) and yb.min() >= 0 and yb.max() <= 9
print("Batch:", xb.shape, yb.shape, "| pixel range =", (float(xb.min()), float(xb.max())))
print("Label range:", int(yb.min()), "-", int(yb.max()))

plt.figure(figsize=(6, 1.5))
for i in range(6):
    plt.subplot(1, 6, i + 1)
    plt.imshow(xb[i].squeeze(), cmap="gray")
    plt.title(str(yb[i].item()))
    plt.axis("off")
plt.savefig("samples.png")
plt.show()
# %% code cell-11
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    """Multiclass logistic regression with gradient descent; returns (W, b)."""
    # in numpy, images as rows
    W, b = np.zeros((784, 10)), np.zeros(10)
    for epoch in range(epochs):
        largest = 0.0
        for images, labels in train_loader:
            X = images.numpy().reshape(len(images), -1)
            Y = np.eye(10)[labels.numpy()]
            scores = X @ W + b
            scores -= scores.max(axis=1, keepdims=True)
            probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            dW = X.T @ (probs - Y) / len(X)
            db = (probs - Y).mean(axis=0)
            W -= lr * dW
            b -= lr * db
            largest = max(largest, np.abs(dW).max())
        if largest < tol:
            break
        loss = -np.mean(np.log(probs[Y == 1] + 1e-12))
        print(f"epoch {epoch + 1:>2} loss {loss:.4f}")
    return torch.tensor(W, dtype=torch.float32, device=DEVICE), torch.tensor(b, dtype=torch.float32, device=DEVICE)
# %% markdown cell-14 lines 10-11
#
# <p style="color: rgb(255, 0, 0)">1. Partly sufficient. The decision boundaries are linear in the pixels and one template per class is all that it can represent, so shifted
# or slanted digits are confused. Adding nonlinear hidden layers would help.</p>
# <p style="color: rgb(255, 0, 0)">2. The digits are in wrong_digits.png (shown below) with predicted and actual class.</p>
# %% markdown cell-15
# <p style="color: rgb(255, 0, 0)">(Our answers are above, directly under the questions.)</p>
# %% code
found = []
for xb, yb in test_loader:
    out = (xb.view(len(xb), -1).to(DEVICE) @ W + b).argmax(dim=1).cpu()
    found.extend(zip(xb[out != yb], out[out != yb], yb[out != yb]))

fig, axes = plt.subplots(1, 2)
for ax, (img, predicted, actual) in zip(axes, found[:2]):
    ax.imshow(img[0], cmap="gray")
    ax.set_title(f"predicted {predicted.item()} / actual {actual.item()}")
fig.savefig("wrong_digits.png", dpi=80)
plt.show()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.relu = nn.ReLU()
        self.lin1 = nn.Linear(28 * 28, 400)
        self.lin2 = nn.Linear(400, 400)
        self.lin3 = nn.Linear(400, 10)

    def model(self, x):
        x = self.flatten(x)
        x = self.relu(self.lin1(x))
        x = self.relu(self.lin2(x))
        return self.lin3(x)

    def forward(self, x):
        return self.model(x)
# %% code cell-19
def epoch_step(model, optimizer):
    model.train()
    loss_sum = 0
    for x, y in train_loader:
        loss = F.cross_entropy(model(x.to(DEVICE)), y.to(DEVICE))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss_sum += float(loss)
    return loss_sum / len(train_loader)


def save_curves(curves, title, filename, ylabel="Validation accuracy"):
    plt.figure(figsize=(8, 5))
    for label, ys in curves.items():
        plt.plot(np.arange(1, len(ys) + 1), ys, marker=".", label=label)
    plt.title(title)
    plt.xlabel("Epoch")
    plt.ylabel(ylabel)
    plt.xticks(range(1, 21))
    plt.legend()
    plt.savefig(filename)
    plt.show()


mlp = MLP().to(DEVICE)
adam = optim.Adam(mlp.parameters())
curves = {"Train": [], "Validation": []}
for epoch in range(20):
    loss = epoch_step(mlp, adam)
    curves["Train"].append(evaluate_module(mlp, train_loader))
    curves["Validation"].append(evaluate_module(mlp, val_loader))
    print("Epoch %d: loss %.4f, train accuracy %.4f, validation accuracy %.4f"
          % (epoch + 1, loss, curves["Train"][-1], curves["Validation"][-1]))

save_curves(curves, "MLP", "mlp.png", "Accuracy")
print("Test accuracy: %.4f (logistic regression: %.4f)" % (evaluate_module(mlp, test_loader), test_acc))
# %% markdown after cell-20
# <p style="color: rgb(255, 0, 0)">1. It outperforms the baseline because it's nonlinear: two hidden ReLU layers learn features like strokes. See mlp.png: the validation
# accuracy is above the logistic regression's after a few epochs.</p>
# <p style="color: rgb(255, 0, 0)">2. We did not need them all. In the plot validation accuracy saturates at about epoch 8. Rule for next time: stop after 3 epochs in
# which the validation accuracy does not exceed the best value so far by at least 0.001.</p>
# %% code cell-22
def normal(layer):
    init.normal_(layer.weight), init.normal_(layer.bias)

def uniform(layer):
    init.uniform_(layer.weight), init.uniform_(layer.bias)

def zeros(layer):
    init.zeros_(layer.weight), init.zeros_(layer.bias)

def xavier(layer):
    init.xavier_uniform_(layer.weight), init.zeros_(layer.bias)

def he(layer):
    layer.reset_parameters()


def validation_curve(initialize, optimizer_class):
    model = MLP().to(DEVICE)
    for layer in (model.lin1, model.lin2, model.lin3):
        initialize(layer)
    optimizer = optimizer_class(model.parameters())
    accuracies = []
    for _ in range(20):
        epoch_step(model, optimizer)
        accuracies.append(evaluate_module(model, val_loader))
    return accuracies, evaluate_module(model, test_loader)


by_init, test_by_init = {}, {}
for initialize in [he, zeros, uniform, normal, xavier]:
    by_init[initialize.__name__], test_by_init[initialize.__name__] = validation_curve(initialize, optim.Adam)
save_curves(by_init, "Validation accuracy for five initializations", "initializations.png")
print("Final test accuracies:")
for name, acc in test_by_init.items():
    print("  %-8s %.4f" % (name, acc))
# %% markdown cell-23
# <font color="red">Answer the following question:</font>
#
# Why does zero initialization cause training to fail, even though the optimizer still updates the weights?
#
# <p style="color: rgb(255, 0, 0)">Since all weights are equal (0), all neurons in a layer are equal and stay equal, and here they even get a gradient of exactly 0, because both the
# activations and the weights that the error is multiplied with are 0. The updates therefore change nothing but the bias of the last layer.</p>
# %% code cell-25
best_init = max(test_by_init, key=test_by_init.get)
print("Best init:", best_init)

by_opt, test_by_opt = {}, {}
for optimizer_class in [optim.Adam, optim.SGD, optim.RMSprop, optim.Adagrad]:
    name = optimizer_class.__name__
    by_opt[name], test_by_opt[name] = validation_curve(globals()[best_init], optimizer_class)
    print("%s finished, test accuracy %.4f" % (name, test_by_opt[name]))
save_curves(by_opt, "Validation accuracy for four optimizers", "optimizers.png")
# %% code cell-27
worst_init = min(test_by_init, key=test_by_init.get)
best_opt = max(test_by_opt, key=test_by_opt.get)
worst_opt = min(test_by_opt, key=test_by_opt.get)

mixed = {}
for i, o in [(best_init, worst_opt), (worst_init, best_opt)]:
    mixed[i + " with " + o], acc = validation_curve(globals()[i], getattr(optim, o))
    print("%s with %s: test accuracy %.4f" % (i, o, acc))
save_curves(mixed, "Mixed pairs", "mixed.png")
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    # W is stored as [in_features, out_features]
    self.weights = nn.Parameter(torch.randn(in_features, out_features), requires_grad=True)
    self.biases = nn.Parameter(torch.randn(1, out_features), requires_grad=True)

  def forward(self, x):
    return x @ self.weights + self.biases.squeeze(0)
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.input_to_hidden = Linear(in_features, hidden_size)
    self.hidden_to_output = Linear(hidden_size, out_features)

  def forward(self, x):
    h = 1 / (1 + torch.exp(-self.input_to_hidden(x)))
    return self.hidden_to_output(h)
# %% code cell-35 lines 4-16
  steps = X.shape[0]
  history = []
  for i in range(epochs):
      epoch_losses = []
      for j in range(steps):
          data_point = np.random.randint((X.shape[0]))
          x_var = torch.Tensor(X[data_point])
          y_var = torch.Tensor([Y[data_point]])
          optimizer.zero_grad()
          y_hat = net(x_var)
          loss = loss_func(y_hat, y_var)
          loss.backward()
          optimizer.step()
          epoch_losses.append(loss.item())
      history.append(np.mean(epoch_losses))
  return history
# %% code cell-37
def full_loss(net, X, Y):
  with torch.no_grad():
    return loss_func(net(torch.Tensor(X)), torch.Tensor(Y).reshape(-1, 1)).item()

for d in range(2, 6):
  X, Y = XORData(d)
  curves = {}
  for hidden in [1, d + 1, 4 * d]:
    model = FFNet(d, 1, hidden)
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    curves["hidden = %d" % hidden] = train(model, X, Y)
    print("d=%d hidden=%d loss=%.4f" % (d, hidden, full_loss(model, X, Y)))
  plt.figure()
  for label, ys in curves.items():
    plt.plot(ys, label=label)
  plt.yscale("log")
  plt.title("Loss for XOR in %d dimensions" % d)
  plt.xlabel("Epoch")
  plt.ylabel("Loss (log scale)")
  plt.legend()
  plt.savefig("xor_%d.png" % d)
  plt.show()
# %% markdown after cell-38
# <p style="color: rgb(255, 0, 0)">1. d = 2 converges to 0 (with 8 neurons). The others do not reach 0 reliably.</p>
# <p style="color: rgb(255, 0, 0)">2. 4d = 8; we trained several sizes and took the one with the lowest printed loss.</p>
# <p style="color: rgb(255, 0, 0)">3. We expected that wide nets solve all d. In d = 4, 5 there are too few epochs: the universal approximation theorem says nothing about SGD.</p>
# %% code cell-40
def calc_gradients(net, x, y_var, y_hat, loss):
  W2 = net.hidden_to_output.weights.detach()       # [2, 1]
  h = 1 / (1 + torch.exp(-net.input_to_hidden(x).detach()))

  error = 2 * (y_hat.detach() - y_var)             # dL/dy_hat, [1]
  delta = (W2 @ error) * h * (1 - h)               # dL/dz, [2]

  return torch.cat([
      torch.outer(x, delta).flatten(),             # weights of the first layer, [in, out]
      delta,
      torch.outer(h, error).flatten(),             # weights of the second layer
      error,
  ])
