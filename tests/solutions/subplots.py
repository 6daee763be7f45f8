# One figure per question with a subplot for each run; a dataset class of its own for the split.
# %% markdown cell-02 lines 8-11
# **Submitted by:**
#
# |           | Name           | ID        |
# |-----------|----------------|-----------|
# | Student 1 | Jordan Mockup  | 000000003 |
# | Student 2 | Sam Placeholder| 000000004 |
# %% code cell-09
class Part(torch.utils.data.Dataset):
    """The images of `full` at the given positions, transformed once and kept in memory."""

    def __init__(self, full, positions):
        self.items = [full[int(i)] for i in positions]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


order = np.random.permutation(len(train_full))
n_train = int(len(order) * 0.8)
train_part, val_part = Part(train_full, order[:n_train]), Part(train_full, order[n_train:])

train_loader = DataLoader(train_part, 128, shuffle=True)
val_loader = DataLoader(val_part, 128)
test_loader = DataLoader(test_set, 128)

for images, labels in train_loader:
    print(f"Batch: {images.shape} {labels.shape} | pixel range = ({images.min():.1f}, {images.max():.1f})"
          f" | labels {labels.min()}-{labels.max()}")
    break
# %% code cell-11
def softmax(z):
    e = torch.exp(z - z.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    W = 0.01 * torch.randn(28 * 28, 10)
    b = torch.zeros(10)
    W, b = W.to(DEVICE), b.to(DEVICE)

    for epoch in range(1, epochs + 1):
        norms, losses = [], []
        for X, y in train_loader:
            X, y = X.reshape(len(X), -1).to(DEVICE), y.to(DEVICE)
            P = softmax(X @ W + b)
            losses.append(-torch.log(P[range(len(y)), y] + 1e-12).mean().item())
            Y = torch.eye(10, device=DEVICE)[y]
            grad_W = X.T @ (P - Y) / len(y)
            grad_b = (P - Y).mean(dim=0)
            W = W - lr * grad_W
            b = b - lr * grad_b
            norms.append(grad_W.norm().item())
        print(f"[{epoch:02}] loss {np.mean(losses):.4f} val {evaluate_acc(W, b, val_loader):.4f}")
        if np.mean(norms) < tol:
            break
    return W, b
# %% markdown cell-15
# <span style="color:#ff0000">**1.** For a baseline yes, for a good classifier no. Logistic regression can only cut the pixel space with hyperplanes: every class is one
# weighted sum of pixels, so pixels can't interact. Nonlinear hidden layers (an MLP, or even better convolutions) would help.
#
# **2.** See the figure below: the network confuses digits whose pixels overlap much.</span>
# %% code
X_test = torch.stack([x for x, _ in test_set]).flatten(1).to(DEVICE)
y_test = torch.tensor([y for _, y in test_set])
y_pred = (X_test @ W + b).argmax(1).cpu()
misses = (y_pred != y_test).nonzero().flatten()[:2]

fig, axs = plt.subplots(1, 2, figsize=(6, 3))
for ax, i in zip(axs, misses):
    ax.imshow(X_test[i].cpu().view(28, 28), cmap="gray_r")
    ax.set_title(f"Pred: {y_pred[i].item()} | True: {y_test[i].item()}")
    ax.set_axis_off()
plt.show()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc2 = nn.Linear(400, 400)
        self.fc3 = nn.Linear(400, 10)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
# %% code cell-19
def fit(model, optimizer, epochs=20, with_train=False):
    """Returns lists: loss, training accuracy (empty unless asked for), validation accuracy."""
    losses, train_acc, val_acc = [], [], []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for x, y in train_loader:
            x, y = x.to(DEVICE), y.to(DEVICE)
            loss = F.cross_entropy(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        losses.append(total / len(train_part))
        val_acc.append(evaluate_module(model, val_loader))
        if with_train:
            train_acc.append(evaluate_module(model, train_loader))
            print(f"Epoch {epoch:2d}: loss = {losses[-1]:.5f}, training accuracy = {train_acc[-1]:.2%}, "
                  f"validation accuracy = {val_acc[-1]:.2%}")
    return losses, train_acc, val_acc


net = MLP().to(DEVICE)
losses, train_acc, val_acc_mlp = fit(net, optim.Adam(net.parameters(), lr=1e-3), with_train=True)

epochs_axis = np.arange(1, 21)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
left.plot(epochs_axis, losses, "k.-")
left.set_title("Training loss")
left.set_xlabel("Epoch")
right.plot(epochs_axis, train_acc, label="Training accuracy")
right.plot(epochs_axis, val_acc_mlp, label="Validation accuracy")
right.axhline(val_acc, ls=":", c="gray", label="Logistic regression")
right.set_title("Accuracy")
right.set_xlabel("Epoch")
right.legend(loc="lower right")
fig.tight_layout()
plt.show()
print("MLP test accuracy:", round(evaluate_module(net, test_loader), 4), "| logistic regression:", round(test_acc, 4))
# %% markdown cell-20 lines 18-20
# </ol>
#
# <span style="color:#FF0000">**Answer 1.** In the right subplot the validation curve lies above the dotted line of logistic regression. The reason is depth with ReLU: the
# hidden layers learn nonlinear combinations of pixels, while logistic regression has only one linear map.</span>
#
# <span style="color:#FF0000">**Answer 2.** No. The curve is flat from about epoch 8-10. Next time: early stopping on validation accuracy, patience 3, minimal gain 0.001.</span>
# %% code cell-22
@torch.no_grad()
def fill(model, weight_init, bias_init):
    for module in [model.fc1, model.fc2, model.fc3]:
        weight_init(module.weight)
        bias_init(module.bias)
    return model


schemes = {
    "Kaiming": lambda m: m,
    "Zero": lambda m: fill(m, init.zeros_, init.zeros_),
    "Uniform[0,1]": lambda m: fill(m, init.uniform_, init.uniform_),
    "Normal(0,1)": lambda m: fill(m, init.normal_, init.normal_),
    "Xavier": lambda m: fill(m, init.xavier_normal_, init.zeros_),
}

init_val, init_test = {}, {}
fig, axs = plt.subplots(1, 5, figsize=(20, 3.5), sharey=True)
for ax, (name, prepare) in zip(axs, schemes.items()):
    net = prepare(MLP()).to(DEVICE)
    _, _, init_val[name] = fit(net, optim.Adam(net.parameters(), lr=1e-3))
    init_test[name] = evaluate_module(net, test_loader)
    ax.plot(epochs_axis, init_val[name], label=name)
    ax.set_title(name)
    ax.set_xlabel("Epoch")
    ax.legend()
    print(f"{name:>13}  test accuracy: {init_test[name]:.2%}")
axs[0].set_ylabel("Validation accuracy")
fig.suptitle("Weight initialization")
plt.show()
# %% markdown cell-23 lines 4-4
#
# <span style="color:#FF0000">Because all gradients of the weights are exactly zero: they are products with zero activations or zero weights. What the optimizer
# updates is the output bias alone. The neurons of a layer stay copies of each other (symmetry is never broken).</span>
# %% code cell-25
best_scheme = max(init_test, key=init_test.get)
makers = {
    "Adam": lambda p: optim.Adam(p, lr=1e-3),
    "SGD": lambda p: optim.SGD(p, lr=1e-3),
    "RMSProp": lambda p: optim.RMSprop(p, lr=1e-3),
    "Adagrad": lambda p: optim.Adagrad(p, lr=1e-3),
}

opt_val, opt_test = {}, {}
fig, axs = plt.subplots(2, 2, figsize=(9, 7), sharex=True, sharey=True)
for ax, (name, make) in zip(axs.ravel(), makers.items()):
    net = schemes[best_scheme](MLP()).to(DEVICE)
    _, _, opt_val[name] = fit(net, make(net.parameters()))
    opt_test[name] = evaluate_module(net, test_loader)
    ax.plot(epochs_axis, opt_val[name], label=name)
    ax.set_title(name)
    ax.legend()
    print(f"{name:>13}  test accuracy: {opt_test[name]:.2%}")
fig.suptitle(f"Optimizers, all with {best_scheme} initialization")
fig.supxlabel("Epoch")
fig.supylabel("Validation accuracy")
plt.show()
# %% code cell-27
worst_scheme = min(init_test, key=init_test.get)
pairs = [(best_scheme, min(opt_test, key=opt_test.get)), (worst_scheme, max(opt_test, key=opt_test.get))]
fig, axs = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
for ax, (scheme, optimizer_name) in zip(axs, pairs):
    net = schemes[scheme](MLP()).to(DEVICE)
    _, _, curve = fit(net, makers[optimizer_name](net.parameters()))
    ax.plot(epochs_axis, curve)
    ax.set_title(f"{scheme} + {optimizer_name}")
    print(f"{scheme} + {optimizer_name}: test accuracy {evaluate_module(net, test_loader):.2%}")
plt.show()
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    self.w = nn.Parameter(torch.randn(in_features, out_features))
    self.b = nn.Parameter(torch.randn(out_features))

  def forward(self, x):
    return torch.matmul(x, self.w) + self.b
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.layer1 = Linear(in_features, hidden_size)
    self.layer2 = Linear(hidden_size, out_features)
    self.sigmoid = nn.Sigmoid()

  def forward(self, x):
    return self.layer2(self.sigmoid(self.layer1(x)))
# %% code cell-37
def train_xor(net, X, Y, epochs=300):
  optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
  X, Y = torch.Tensor(X), torch.Tensor(Y)[:, None]
  curve = []
  for _ in range(epochs):
    for i in torch.randint(len(X), (len(X),)):
      optimizer.zero_grad()
      loss_func(net(X[i]), Y[i]).backward()
      optimizer.step()
    with torch.no_grad():
      curve.append(loss_func(net(X), Y).item())
  return curve

torch.manual_seed(0)
fig, axs = plt.subplots(2, 2, figsize=(12, 8))
for d, ax in zip(range(2, 6), axs.flatten()):
  X, Y = XORData(d)
  for hidden_size in (1, d, 5 * d):
    curve = train_xor(FFNet(d, 1, hidden_size), X, Y)
    ax.plot(curve, label=f"{hidden_size} neurons ({curve[-1]:.3f})")
  ax.set_title(f"d = {d}")
  ax.set_xlabel("Epoch")
  ax.set_ylabel("Loss")
  ax.legend()
plt.tight_layout()
plt.show()
# %% markdown after cell-38
# <span style="color:#F00">1. Clearly for d = 2 and for the wide nets in d = 3; larger dimensions hardly leave the plateau at 0.25.</span>
#
# <span style="color:#F00">2. 10 neurons for d = 2, 15 for d = 3. We scanned 1, d and 5d and looked at the final losses in the legends.</span>
#
# <span style="color:#F00">3. We expected the universal approximation theorem to make every d work with a few neurons. It promises that weights exist, not that SGD finds them.</span>
# %% code cell-40
def calc_gradients(model, inp, target, pred, l):
  # forward again, to have the hidden activations
  hidden = torch.sigmoid(model.layer1(inp)).detach()
  d_pred = 2 * (pred - target).detach()
  # w2: [hidden, 1], w1: [in, hidden]
  d_w2 = hidden[:, None] * d_pred
  d_b2 = d_pred
  d_z = model.layer2.w.detach()[:, 0] * d_pred * hidden * (1 - hidden)
  d_w1 = inp[:, None] * d_z
  d_b1 = d_z
  return torch.cat([d_w1.reshape(-1), d_b1, d_w2.reshape(-1), d_b2])
