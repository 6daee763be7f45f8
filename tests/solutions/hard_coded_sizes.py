# True MNIST sizes written into the split; sequential MLP; one figure per question, plain matplotlib.
# %% markdown cell-02 lines 10-11
# - **Alex Example, 000000001**
# - **Robin Sample, 000000002**
# %% code cell-09
BATCH_SIZE = 128

train_set, val_set = random_split(train_full, [48000, 12000])

train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
val_loader = DataLoader(val_set, batch_size=BATCH_SIZE, shuffle=False)
test_loader = DataLoader(test_set, batch_size=BATCH_SIZE, shuffle=False)

xb, yb = next(iter(train_loader))
print("Batch:", xb.shape, yb.shape, "| pixel range =", (xb.min().item(), xb.max().item()))
print("Labels:", yb.min().item(), "to", yb.max().item())
# %% code cell-11
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    """Mini-batch gradient descent on the cross-entropy. Returns (W, b)."""
    W = torch.zeros(784, 10, device=DEVICE, requires_grad=True)
    b = torch.zeros(10, device=DEVICE, requires_grad=True)

    for epoch in range(epochs):
        total_loss, biggest_grad = 0, 0
        for x, y in train_loader:
            x, y = x.view(-1, 784).to(DEVICE), y.to(DEVICE)
            log_probs = torch.log_softmax(x @ W + b, dim=1)
            loss = -log_probs[torch.arange(len(y)), y].mean()
            loss.backward()
            with torch.no_grad():
                biggest_grad = max(biggest_grad, W.grad.norm().item())
                W -= lr * W.grad
                b -= lr * b.grad
                W.grad.zero_()
                b.grad.zero_()
            total_loss += loss.item()
        print(f"epoch {epoch + 1}: loss={total_loss / len(train_loader):.4f}, val acc={evaluate_acc(W, b, val_loader):.4f}")
        if biggest_grad < tol:
            print("converged")
            break
    return W.detach(), b.detach()
# %% markdown cell-15
# <span style="color:red">1. It is a good baseline, but not sufficient. The boundary between two classes is where two linear scores are
# equal, so it is a hyperplane in pixel space, and every class is represented by a single template (a column of W). Strokes that
# move or change shape can't be expressed. Adding a hidden layer with a nonlinearity (or hand-made features) removes the constraint.</span>
#
# <span style="color:red">2. The two images below: each title shows what our model said and what the label really is.</span>
# %% code
wrong = []
for x, y in test_loader:
    pred = (x.view(-1, 784).to(DEVICE) @ W + b).argmax(dim=1).cpu()
    for i in torch.where(pred != y)[0]:
        wrong.append((x[i].squeeze(), pred[i].item(), y[i].item()))

fig, axes = plt.subplots(1, 2)
for k in range(2):
    img, p, t = wrong[k]
    axes[k].imshow(img, cmap="gray")
    axes[k].set_title(f"predicted {p}, actual {t}")
plt.show()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 400), nn.ReLU(),
            nn.Linear(400, 400), nn.ReLU(),
            nn.Linear(400, 10),
        )

    def forward(self, x):
        return self.model(x)
# %% code cell-19
EPOCHS = 20
criterion = nn.CrossEntropyLoss()


def train_one_epoch(model, optimizer):
    model.train()
    running = 0.0
    for x, y in train_loader:
        x, y = x.to(DEVICE), y.to(DEVICE)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(train_loader)


mlp = MLP().to(DEVICE)
print("parameters:", count_params(mlp))
optimizer = optim.Adam(mlp.parameters(), lr=1e-3)

train_accs, val_accs = [], []
for epoch in range(EPOCHS):
    loss = train_one_epoch(mlp, optimizer)
    train_accs.append(evaluate_module(mlp, train_loader))
    val_accs.append(evaluate_module(mlp, val_loader))
    print(f"Epoch {epoch + 1}/{EPOCHS} | loss: {loss:.4f} | train acc: {train_accs[-1]:.4f} | val acc: {val_accs[-1]:.4f}")

print("test accuracy:", evaluate_module(mlp, test_loader))

plt.plot(range(1, EPOCHS + 1), train_accs, label="train")
plt.plot(range(1, EPOCHS + 1), val_accs, label="validation")
plt.xlabel("epoch")
plt.ylabel("accuracy")
plt.title("MLP accuracy")
plt.legend()
plt.show()
# %% markdown after cell-20
# <span style="color:red">1. The two ReLU layers let the network bend its decision boundaries and learn features of its own. Evidence: already after a few
# epochs the validation curve is above the logistic regression's accuracy, and the training accuracy gets close to 1.</span>
#
# <span style="color:red">2. No, after about 10 epochs the validation curve is flat while training accuracy still creeps up. Rule: stop when the validation
# accuracy did not improve by more than 0.1% in 3 consecutive epochs, and keep the best weights.</span>
# %% code cell-22
def reset(model, scheme):
    for layer in model.modules():
        if not isinstance(layer, nn.Linear):
            continue
        if scheme == "zeros":
            init.zeros_(layer.weight)
            init.zeros_(layer.bias)
        elif scheme == "uniform [0,1]":
            init.uniform_(layer.weight, 0, 1)
            init.uniform_(layer.bias, 0, 1)
        elif scheme == "normal(0,1)":
            init.normal_(layer.weight, 0, 1)
            init.normal_(layer.bias, 0, 1)
        elif scheme == "xavier":
            init.xavier_uniform_(layer.weight)
            init.zeros_(layer.bias)
        elif scheme == "kaiming":
            init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            init.zeros_(layer.bias)


def experiment(scheme, make_optimizer):
    model = MLP().to(DEVICE)
    reset(model, scheme)
    optimizer = make_optimizer(model.parameters(), lr=1e-3)
    accs = []
    for epoch in range(EPOCHS):
        train_one_epoch(model, optimizer)
        accs.append(evaluate_module(model, val_loader))
    return accs, evaluate_module(model, test_loader)


init_results = {}
for scheme in ["kaiming", "zeros", "uniform [0,1]", "normal(0,1)", "xavier"]:
    init_results[scheme] = experiment(scheme, optim.Adam)
    plt.plot(range(1, EPOCHS + 1), init_results[scheme][0], label=scheme)
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.title("Initialization schemes")
plt.legend()
plt.show()

for scheme, (_, acc) in init_results.items():
    print(f"{scheme}: test accuracy = {acc:.4f}")
# %% markdown after cell-23
# <span style="color:red">All hidden activations are 0 and all weights behind them are 0, so the gradient of every weight is 0 too; only the last bias moves.
# Even with other constants all neurons of a layer would stay identical: nothing breaks the symmetry.</span>
# %% code cell-25
best_init = max(init_results, key=lambda s: init_results[s][0][-1])
print("best initialization:", best_init)

opt_results = {}
for name, opt in [("Adam", optim.Adam), ("SGD", optim.SGD), ("RMSProp", optim.RMSprop), ("Adagrad", optim.Adagrad)]:
    opt_results[name] = experiment(best_init, opt)
    plt.plot(range(1, EPOCHS + 1), opt_results[name][0], label=name)
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.title("Optimizers")
plt.legend()
plt.show()

for name, (_, acc) in opt_results.items():
    print(f"{name}: test accuracy = {acc:.4f}")
# %% code cell-27
worst_init = min(init_results, key=lambda s: init_results[s][0][-1])
best_name = max(opt_results, key=lambda s: opt_results[s][0][-1])
worst_name = min(opt_results, key=lambda s: opt_results[s][0][-1])
classes = {"Adam": optim.Adam, "SGD": optim.SGD, "RMSProp": optim.RMSprop, "Adagrad": optim.Adagrad}

for scheme, name in [(best_init, worst_name), (worst_init, best_name)]:
    accs, acc = experiment(scheme, classes[name])
    print(f"{scheme} + {name}: final val = {accs[-1]:.4f}, test = {acc:.4f}")
    plt.plot(range(1, EPOCHS + 1), accs, label=f"{scheme} + {name}")
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.legend()
plt.show()
# %% markdown
# <span style="color:red">A good start with a slow optimizer still learns, only slowly. A bad start can't be repaired by a good optimizer.</span>
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    self.weight = nn.Parameter(torch.randn(out_features, in_features))
    self.bias = nn.Parameter(torch.randn(out_features))

  def forward(self, x):
    return x @ self.weight.T + self.bias
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.hidden = Linear(in_features, hidden_size)
    self.output = Linear(hidden_size, out_features)

  def forward(self, x):
    return self.output(torch.sigmoid(self.hidden(x)))
# %% code cell-35
loss_func = nn.MSELoss()

def train(net, X, Y, epochs=300):
  steps = X.shape[0]
  losses = []  # added: mean loss of every epoch
  for i in range(epochs):
      total = 0
      for j in range(steps):
          data_point = np.random.randint((X.shape[0]))
          x_var = torch.Tensor(X[data_point])
          y_var = torch.Tensor([Y[data_point]])
          optimizer.zero_grad()
          y_hat = net(x_var)
          loss = loss_func(y_hat, y_var)
          loss.backward()
          optimizer.step()
          total += loss.item()
      losses.append(total / steps)
      if(i % 100 == 0):
          print("Epoch:{}, Loss:{}".format(i, loss.detach()))
  return losses
# %% code cell-37
for d in [2, 3, 4, 5]:
    X, Y = XORData(d)
    plt.figure()
    for hidden in [1, d, 4 * d]:
        model = FFNet(d, 1, hidden)
        optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        losses = train(model, X, Y)
        print(f"d={d}, hidden={hidden}, final loss={losses[-1]:.4f}")
        plt.plot(losses, label=f"hidden={hidden}")
    plt.title(f"XOR with d={d}")
    plt.xlabel("epoch")
    plt.ylabel("MSE")
    plt.legend()
    plt.grid()
    plt.show()
# %% markdown after cell-38
# <span style="color:red">1. For d=2 (and d=3 with many neurons) the loss gets close to 0; d=4 and d=5 mostly stay near 0.25.</span>
#
# <span style="color:red">2. The widest one, 4d = 8 hidden neurons for d=2. We found it by trying 1, d and 4d and comparing the curves.</span>
#
# <span style="color:red">3. We expected d neurons to be enough for each d. In theory they are, but SGD does not find these weights in 300 epochs.</span>
# %% code cell-40
def calc_gradients(net, x, y_var, y_hat, loss):
  with torch.no_grad():
    h = torch.sigmoid(net.hidden(x))
    d_out = 2 * (y_hat - y_var)                               # dL/dy_hat
    d_hid = (net.output.weight.T @ d_out) * h * (1 - h)       # chain rule
    return torch.cat([torch.outer(d_hid, x).flatten(), d_hid, torch.outer(d_out, h).flatten(), d_out])
