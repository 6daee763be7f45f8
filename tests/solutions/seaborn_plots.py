# Curves by seaborn, legends outside of the axes, loss curves and a confusion matrix as extra figures.
# %% markdown cell-02 lines 8-11
# **Submitted by:**
#
# Names: Morgan Sample, Riley Example
#
# IDs: 000000015, 000000016
# %% code cell-09
import pandas as pd
import seaborn as sns
from sklearn.model_selection import train_test_split

sns.set_theme(style="whitegrid")

train_idx, val_idx = train_test_split(
    range(len(train_full)), test_size=0.2, stratify=train_full.targets.numpy(), random_state=SEED
)
train_subset = torch.utils.data.Subset(train_full, train_idx)
val_subset = torch.utils.data.Subset(train_full, val_idx)

train_loader = DataLoader(train_subset, batch_size=128, shuffle=True)
val_loader = DataLoader(val_subset, batch_size=128, shuffle=False)
test_loader = DataLoader(test_set, batch_size=128, shuffle=False)

xb, yb = next(iter(train_loader))
print("Batch:", xb.shape, yb.shape, "| pixel range =", (xb.min().item(), xb.max().item()), "| labels:", yb.min().item(), "-", yb.max().item())

sns.countplot(x=train_full.targets.numpy()[train_idx], color="steelblue")
plt.title("Digits in the training set")
plt.show()
# %% code cell-11
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    """Returns (W, b), trained with mini-batch gradient descent. Plots the losses."""
    W = torch.empty(784, 10, device=DEVICE).normal_(0, 0.01).requires_grad_(True)
    b = torch.zeros(10, device=DEVICE, requires_grad=True)
    losses = []
    for epoch in range(epochs):
        batch_losses, norms = [], []
        for xb, yb in train_loader:
            xb, yb = xb.to(DEVICE).view(len(xb), -1), yb.to(DEVICE)
            logits = xb @ W + b
            loss = (torch.logsumexp(logits, dim=1) - logits.gather(1, yb[:, None]).squeeze(1)).mean()
            W.grad = b.grad = None
            loss.backward()
            W.data.add_(W.grad, alpha=-lr)
            b.data.add_(b.grad, alpha=-lr)
            batch_losses.append(loss.item())
            norms.append(W.grad.norm().item())
        losses.append(np.mean(batch_losses))
        if np.mean(norms) < tol:
            break
    sns.lineplot(x=range(1, len(losses) + 1), y=losses)
    plt.title("Logistic regression: training loss")
    plt.show()
    return W, b
# %% markdown cell-15
# <div style="color:#e60000">
# 1. Accuracy is good but clearly below what is possible. The model is linear: hyperplanes between classes, one template per class. Use a nonlinear model, e.g. hidden
# layers with ReLU or convolutions.<br>
# 2. Below: two misclassified digits, and the confusion matrix.
# </div>
# %% code
with torch.no_grad():
    outputs = [((x.view(len(x), -1).to(DEVICE) @ W + b).argmax(1).cpu(), y) for x, y in test_loader]
predicted, actual = map(torch.cat, zip(*outputs))
wrong = (predicted != actual).nonzero().squeeze(1)

fig, axes = plt.subplots(1, 2, figsize=(6, 3))
for i, ax in zip(wrong.tolist(), axes):
    sns.heatmap(test_set[i][0][0], ax=ax, cbar=False, xticklabels=False, yticklabels=False, cmap="gray", square=True)
    ax.set_title(f"predicted {predicted[i]}, actual {actual[i]}")
plt.show()

sns.heatmap(pd.crosstab(actual.numpy(), predicted.numpy()), annot=True, fmt="d", cmap="Blues")
plt.xlabel("predicted")
plt.ylabel("actual")
plt.show()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        def block(n_in, n_out):
            return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(inplace=True))
        self.model = nn.Sequential(nn.Flatten(), block(784, 400), block(400, 400), nn.Linear(400, 10))

    def forward(self, x):
        return self.model(x)
# %% code cell-19
def train_net(model, optimizer, label, epochs=20, evaluate_train=False):
    """One record per epoch, for a DataFrame."""
    records = []
    for epoch in range(1, epochs + 1):
        model.train()
        losses = []
        for x, y in train_loader:
            x, y = x.to(DEVICE), y.to(DEVICE)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        record = {"run": label, "epoch": epoch, "loss": np.mean(losses), "validation": evaluate_module(model, val_loader)}
        if evaluate_train:
            record["train"] = evaluate_module(model, train_loader)
            print(f"epoch {epoch:2d}   loss {record['loss']:.4f}   train {record['train']:.4f}   validation {record['validation']:.4f}")
        records.append(record)
    return records


mlp = MLP().to(DEVICE)
df = pd.DataFrame(train_net(mlp, optim.Adam(mlp.parameters(), lr=1e-3), "MLP", evaluate_train=True))

ax = sns.lineplot(data=df.melt(id_vars="epoch", value_vars=["train", "validation"], var_name="set", value_name="accuracy"),
                  x="epoch", y="accuracy", hue="set")
ax.set_title("MLP accuracy")
sns.move_legend(ax, "upper left", bbox_to_anchor=(1.02, 1))
plt.show()

sns.lineplot(data=df, x="epoch", y="loss", color="black").set_title("MLP training loss")
plt.show()
print("Test accuracy of MLP:", evaluate_module(mlp, test_loader), "and of logistic regression:", test_acc)
# %% markdown after cell-20
# <div style="color:#e60000">
# 1. It can represent nonlinear boundaries thanks to the ReLU hidden layers. Evidence: the validation curve ends above the logistic regression's validation accuracy, and
# the training accuracy is nearly 1, i.e. the classes become separable in the learned features.
# </div>
#
# <div style="color:#e60000">
# 2. No: after epoch 10 only the training loss still falls. Rule: keep the best validation accuracy; if it is not beaten within 3 epochs, stop.
# </div>
# %% code cell-22
def initialized(scheme):
    model = MLP().to(DEVICE)
    for name, p in model.named_parameters():
        if scheme == "zero":
            init.zeros_(p)
        elif scheme == "uniform":
            init.uniform_(p)
        elif scheme == "normal":
            init.normal_(p)
        elif scheme == "xavier":
            init.xavier_uniform_(p) if p.dim() == 2 else init.zeros_(p)
        elif scheme == "kaiming":
            init.kaiming_uniform_(p, nonlinearity="relu") if p.dim() == 2 else init.zeros_(p)
    return model


def study(runs, title):
    """runs: label -> (scheme, optimizer class)"""
    records, test = [], {}
    for label, (scheme, optimizer_class) in runs.items():
        model = initialized(scheme)
        records += train_net(model, optimizer_class(model.parameters(), lr=1e-3), label)
        test[label] = evaluate_module(model, test_loader)
    df = pd.DataFrame(records)

    for column in ("validation", "loss"):
        plt.figure(figsize=(7, 4))
        ax = sns.lineplot(data=df, x="epoch", y=column, hue="run")
        ax.set_title(f"{title}: {column}")
        if column == "validation":
            ax.set_ylabel("validation accuracy")
        else:
            ax.set_yscale("log")
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        plt.show()
    for label, acc in test.items():
        print(f"test accuracy, {label}: {acc:.4f}")
    return test


init_test = study({s: (s, optim.Adam) for s in ["kaiming", "zero", "uniform", "normal", "xavier"]}, "Initializations")
# %% markdown after cell-23
# <div style="color:#e60000">With zero weights the activations are zero and so are the gradients of all weights. The optimizer only moves the output bias. As every neuron
# does the same, the symmetry is never broken.</div>
# %% code cell-25
best_init = max(init_test, key=init_test.get)
optimizers = {"Adam": optim.Adam, "SGD": optim.SGD, "RMSProp": optim.RMSprop, "Adagrad": optim.Adagrad}
opt_test = study({name: (best_init, cls) for name, cls in optimizers.items()}, f"Optimizers with {best_init}")

sns.barplot(x=list(opt_test), y=list(opt_test.values()))
plt.title("Test accuracy")
plt.show()
# %% code cell-27
worst_init, best_opt, worst_opt = min(init_test, key=init_test.get), max(opt_test, key=opt_test.get), min(opt_test, key=opt_test.get)
_ = study({
    f"{best_init}, {worst_opt}": (best_init, optimizers[worst_opt]),
    f"{worst_init}, {best_opt}": (worst_init, optimizers[best_opt]),
}, "Reflection")
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    scale = in_features ** -0.5
    self.A = nn.Parameter(scale * torch.randn(in_features, out_features))
    self.c = nn.Parameter(scale * torch.randn(out_features))

  def forward(self, x):
    return x @ self.A + self.c
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.out = Linear(hidden_size, out_features)
    self.hid = Linear(in_features, hidden_size)

  def forward(self, x):
    return self.out(self.hid(x).sigmoid())
# %% code cell-37
def xor_records(d, hidden, epochs=300):
  X, Y = XORData(d)
  X, Y = torch.Tensor(X), torch.Tensor(Y).unsqueeze(1)
  model = FFNet(d, 1, hidden)
  optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
  records = []
  for epoch in range(epochs):
    losses = []
    for i in np.random.choice(len(X), len(X)):
      optimizer.zero_grad()
      loss = loss_func(model(X[i]), Y[i])
      loss.backward()
      optimizer.step()
      losses.append(loss.item())
    records.append({"d": d, "hidden neurons": str(hidden), "epoch": epoch, "loss": np.mean(losses)})
  return records

xor = pd.DataFrame([r for d in (2, 3, 4, 5) for hidden in (1, d, 20) for r in xor_records(d, hidden)])
grid = sns.relplot(data=xor, x="epoch", y="loss", hue="hidden neurons", col="d", col_wrap=2, kind="line", height=3.5, aspect=1.4)
grid.set(ylim=(0, 0.8))
plt.show()
print(xor[xor["epoch"] == 299].pivot(index="d", columns="hidden neurons", values="loss").round(4))
# %% markdown after cell-38
# <div style="color:#e60000">
# 1. For d=2, and with many neurons for d=3.<br>
# 2. 20, found by a small grid: 1, d, 20.<br>
# 3. We expected that each net with at least d neurons converges. Instead SGD often stays at 0.25, the loss of the constant 0.5.
# </div>
# %% code cell-40
def calc_gradients(net, x, y_var, y_hat, loss):
  with torch.no_grad():
    h = net.hid(x).sigmoid()
    g = 2 * (y_hat - y_var)                       # dL / dy_hat
    g_out = {"A": torch.outer(h, g), "c": g}
    s = (net.out.A @ g) * h * (1 - h)             # dL / d(hidden, before the sigmoid)
    g_hid = {"A": torch.outer(x, s), "c": s}
    by_name = {"out": g_out, "hid": g_hid}
    # `out` was declared before `hid`, so net.parameters() starts with it
    return torch.cat([by_name[n.split(".")[0]][n.split(".")[1]].flatten() for n, _ in net.named_parameters()])
