# no-ids
# Saved by an editor that drops cell ids; cells split into small ones; accuracies in percent.
# %% markdown cell-02 lines 10-11
# Student 1: Kim Nobody, ID 000000011
#
# Student 2: Lee Anyone, ID 000000012
# %% code cell-09
# 80 / 20
val_size = int(len(train_full) * 0.2)
train_size = len(train_full) - val_size
train_dataset, val_dataset = random_split(train_full, [train_size, val_size])
print(train_size, val_size)
# %% code
train_loader = DataLoader(dataset=train_dataset, batch_size=128, shuffle=True)
val_loader = DataLoader(dataset=val_dataset, batch_size=128, shuffle=False)
test_loader = DataLoader(dataset=test_set, batch_size=128, shuffle=False)
# %% code
imgs, lbls = next(iter(train_loader))
print(f"Batch: {imgs.shape} {lbls.shape} | pixel range = ({imgs.min().item()}, {imgs.max().item()})")
# %% code
print("labels:", lbls.unique().tolist())
# %% code cell-11
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    """
    Train a multiclass logistic regression model using gradient descent.
    Returns: (W, b)
    """
    W = torch.zeros(784, 10).to(DEVICE)
    b = torch.zeros(10).to(DEVICE)

    for epoch in range(epochs):
        total_norm = 0.0
        for x, y in train_loader:
            x = x.view(-1, 784).to(DEVICE)
            one_hot = F.one_hot(y, 10).float().to(DEVICE)
            probs = torch.softmax(x @ W + b, dim=1)
            diff = (probs - one_hot) / len(x)
            grad_W, grad_b = x.T @ diff, diff.sum(dim=0)
            W -= lr * grad_W
            b -= lr * grad_b
            total_norm += grad_W.norm().item()

        loss = -(one_hot * torch.log(probs + 1e-9)).sum(dim=1).mean().item()
        print(f"Epoch {epoch + 1}: loss {loss:.3f}, val {100 * evaluate_acc(W, b, val_loader):.2f}%")
        if total_norm / len(train_loader) < tol:
            print("Converged.")
            break

    return W, b
# %% code cell-13
# TODO: Run
W, b = logistic_regression(train_loader, val_loader, epochs=20, lr=0.1)
model = (W, b)
# %% code
# Evaluate
val_acc  = 100 * evaluate_acc(W, b, val_loader)
test_acc = 100 * evaluate_acc(W, b, test_loader)

print(f"\nNumber of Parameters: {count_params(model):,}")
print(f"Val. acc.: {val_acc:.2f}%")
print(f"Test acc.: {test_acc:.2f}%")
# %% markdown cell-15
# $\color{red}{\textsf{1. It is good, but limited: all decision boundaries are linear, each class is one weighted sum of the pixels.}}$
#
# $\color{red}{\textsf{Nonlinear hidden layers (or nonlinear features) remove this constraint.}}$
#
# $\color{red}{\textsf{2. Two misclassified digits are drawn below, with the predicted and the actual class.}}$
# %% code
def show_wrong(count=2):
    shown = 0
    for x, y in test_loader:
        pred = (x.view(-1, 784).to(DEVICE) @ W + b).argmax(1).cpu()
        for i in range(len(y)):
            if pred[i] != y[i] and shown < count:
                shown += 1
                plt.subplot(1, count, shown)
                plt.imshow(x[i].view(28, 28), cmap="gray")
                plt.title(f"predicted={pred[i].item()} actual={y[i].item()}")
    plt.show()
# %% code
show_wrong()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super(MLP, self).__init__()
        self.input_layer = nn.Linear(784, 400)
        self.hidden_layer = nn.Linear(400, 400)
        self.output_layer = nn.Linear(400, 10)
        self.activation = nn.ReLU()

    def forward(self, x):
        x = x.view(-1, 784)
        x = self.activation(self.input_layer(x))
        x = self.activation(self.hidden_layer(x))
        return self.output_layer(x)
# %% code
print(MLP())
print(count_params(MLP()))
# %% code cell-19
num_epochs = 20
learning_rate = 0.001
loss_fn = nn.CrossEntropyLoss()
# %% code
def train_epoch(net, optimizer):
    net.train()
    losses = []
    for x, y in train_loader:
        x, y = x.to(DEVICE), y.to(DEVICE)
        optimizer.zero_grad()
        loss = loss_fn(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)

def percent(net, loader):
    return 100 * evaluate_module(net, loader)
# %% code
mlp = MLP().to(DEVICE)
optimizer = optim.Adam(mlp.parameters(), lr=learning_rate)
train_percent, val_percent = [], []
for epoch in range(num_epochs):
    loss = train_epoch(mlp, optimizer)
    train_percent.append(percent(mlp, train_loader))
    val_percent.append(percent(mlp, val_loader))
    print(f"Epoch [{epoch + 1}/{num_epochs}], Loss: {loss:.4f}, Train Acc: {train_percent[-1]:.2f}%, Val Acc: {val_percent[-1]:.2f}%")
# %% code
plt.figure()
plt.plot(range(1, num_epochs + 1), train_percent, "b", label="Train Acc")
plt.plot(range(1, num_epochs + 1), val_percent, "r", label="Val Acc")
plt.xlabel("Epoch")
plt.ylabel("Accuracy [%]")
plt.legend()
plt.show()
# %% code
print(f"MLP test accuracy: {percent(mlp, test_loader):.2f}%")
print(f"Logistic regression test accuracy: {test_acc:.2f}%")
# %% markdown cell-20 lines 8-14
#     <br>
#     $\color{red}{\textsf{The hidden layers with ReLU make it nonlinear. Evidence: a higher test accuracy (printed above), and train accuracy near 100%.}}$
#   </li>
# <br>
#   <li>
#     Did you need all 20 epochs? If not, choose a stopping point from the validation curve, and justify it.
#     Propose a concrete rule you would use next time to limit computation waste (spell out the metric and the trigger).
#     <br>
#     $\color{red}{\textsf{No, the red curve is flat after about 8 epochs. Rule: stop when the best val accuracy is 3 epochs old.}}$
# %% code cell-22
def zero_(layer):
    init.zeros_(layer.weight); init.zeros_(layer.bias)

def uniform_(layer):
    init.uniform_(layer.weight, 0, 1); init.uniform_(layer.bias, 0, 1)

def normal_(layer):
    init.normal_(layer.weight, 0, 1); init.normal_(layer.bias, 0, 1)

def xavier_(layer):
    init.xavier_normal_(layer.weight); init.zeros_(layer.bias)

def kaiming_(layer):
    init.kaiming_uniform_(layer.weight, nonlinearity="relu"); init.zeros_(layer.bias)

schemes = {"Kaiming/He": kaiming_, "Zeros": zero_, "U[0,1]": uniform_, "N(0,1)": normal_, "Xavier/Glorot": xavier_}
# %% code
def run(init_layer, optimizer_class):
    torch.manual_seed(SEED)
    net = MLP().to(DEVICE)
    for layer in net.children():
        if isinstance(layer, nn.Linear):
            init_layer(layer)
    optimizer = optimizer_class(net.parameters(), lr=learning_rate)
    curve = []
    for epoch in range(num_epochs):
        train_epoch(net, optimizer)
        curve.append(percent(net, val_loader))
    return curve, percent(net, test_loader)
# %% code
init_runs = {name: run(f, optim.Adam) for name, f in schemes.items()}
# %% code
for name, (curve, test) in init_runs.items():
    plt.plot(range(1, num_epochs + 1), curve, label=f"{name} ({test:.1f}%)")
plt.xlabel("Epoch")
plt.ylabel("Val Acc [%]")
plt.title("Initialization")
plt.legend()
plt.show()
# %% code
for name, (curve, test) in init_runs.items():
    print(f"{name}: test accuracy {test:.2f}%")
# %% markdown cell-23 lines 4-4
#
# $\color{red}{\textsf{All neurons of a layer are identical and get identical (here: zero) gradients, so symmetry is never broken;}}$
# $\color{red}{\textsf{only the output bias changes and the prediction is the same for all images.}}$
# %% code cell-25
best_init = max(init_runs, key=lambda n: init_runs[n][1])
opts = {"Adam": optim.Adam, "SGD": optim.SGD, "RMSProp": optim.RMSprop, "Adagrad": optim.Adagrad}
opt_runs = {name: run(schemes[best_init], o) for name, o in opts.items()}
# %% code
for name, (curve, test) in opt_runs.items():
    plt.plot(range(1, num_epochs + 1), curve, label=name)
    print(f"{name}: test accuracy {test:.2f}%")
plt.xlabel("Epoch"); plt.ylabel("Val Acc [%]"); plt.title("Optimizers"); plt.legend()
plt.show()
# %% code cell-27
worst_init = min(init_runs, key=lambda n: init_runs[n][1])
best_opt = max(opt_runs, key=lambda n: opt_runs[n][1])
worst_opt = min(opt_runs, key=lambda n: opt_runs[n][1])
# %% code
a, a_test = run(schemes[best_init], opts[worst_opt])
b_, b_test = run(schemes[worst_init], opts[best_opt])
# %% code
plt.plot(a, label=f"best init {best_init}, worst optimizer {worst_opt}")
plt.plot(b_, label=f"worst init {worst_init}, best optimizer {best_opt}")
plt.legend()
plt.show()
print(f"{a_test:.2f}% vs. {b_test:.2f}%")
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    self.bias = nn.Parameter(torch.randn(out_features))
    self.weight = nn.Parameter(torch.randn(out_features, in_features))

  def forward(self, x):
    return torch.matmul(x, self.weight.t()) + self.bias
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.linear1 = Linear(in_features, hidden_size)
    self.linear2 = Linear(hidden_size, out_features)

  def forward(self, x):
    return self.linear2(torch.sigmoid(self.linear1(x)))
# %% code cell-37
def xor_run(d, hidden, epochs=300):
  X, Y = XORData(d)
  X, Y = torch.Tensor(X), torch.Tensor(Y).view(-1, 1)
  net = FFNet(d, 1, hidden)
  optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
  losses = []
  for epoch in range(epochs):
    for step in range(len(X)):
      k = random.randrange(len(X))
      optimizer.zero_grad()
      loss_func(net(X[k]), Y[k]).backward()
      optimizer.step()
    losses.append(((net(X) - Y) ** 2).mean().item())
  return losses
# %% code
xor = {d: {h: xor_run(d, h) for h in (2, d + 1, 12)} for d in (2, 3, 4, 5)}
# %% code
fig, ax = plt.subplots(4, 1, figsize=(7, 16))
for row, d in enumerate(xor):
  for h, losses in xor[d].items():
    ax[row].plot(losses, label=f"{h} hidden")
  ax[row].set_title(f"d={d}")
  ax[row].set_ylabel("loss")
  ax[row].legend(loc="upper right")
ax[-1].set_xlabel("epoch")
plt.show()
# %% code
for d in xor:
  print(d, {h: round(losses[-1], 4) for h, losses in xor[d].items()})
# %% markdown cell-38 lines 3-7
# 1. For which dimensions were you able to reach a model that converges (loss value is geting close to 0)?
#
# $\color{red}{\textsf{d=2 (and d=3 with 12 hidden neurons).}}$
#
# 2. What is the number of hidden neurons in that network and how did you find it?
#
# $\color{red}{\textsf{12; we tried 2, d+1 and 12 and compared the last losses.}}$
#
# 3. What results did you expect and how does it differ from the results you achieved?
#
# $\color{red}{\textsf{We expected that 2d is always enough. For d=4, 5 the optimization gets stuck although good weights exist.}}$
# %% code cell-40
def calc_gradients(net, x, y, loss):
  y_hat = net(x).detach()
  h = torch.sigmoid(net.linear1(x)).detach()
  grad_b2 = 2 * (y_hat - y)
  grad_W2 = grad_b2 * h
  grad_b1 = grad_b2 * net.linear2.weight.detach().flatten() * h * (1 - h)
  grad_W1 = torch.outer(grad_b1, x)
  # in each Linear the bias is registered before the weight
  return torch.cat([grad_b1, grad_W1.flatten(), grad_b2, grad_W2.flatten()])
# %% code cell-42 lines 6-6
  return True if torch.sum(grads - calc_gradients(net, x, y_var, loss)).round() == 0 else False # Added round because results were very close but not identical
