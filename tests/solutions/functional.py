# Lambdas, comprehensions and partials; an MLP of bare parameters; plain plt.plot in a loop.
# %% markdown cell-02 lines 10-11
# 000000017 Casey Nobody<br>
# 000000018 Drew Noname
# %% code cell-03 lines 3-3
# Import Libraries
import contextlib
import io
from functools import partial, reduce
# %% code cell-09
shuffled = torch.randperm(len(train_full), generator=torch.Generator().manual_seed(1))
parts = shuffled.tensor_split([len(train_full) * 4 // 5])
train_ds, val_ds = (torch.utils.data.Subset(train_full, part.tolist()) for part in parts)
load = partial(DataLoader, batch_size=128)
train_loader, val_loader, test_loader = load(train_ds, shuffle=True), load(val_ds), load(test_set)

describe = lambda x, y: print(f"Batch: {x.shape} {y.shape} | pixel range = {(x.min().item(), x.max().item())} | labels {y.unique().tolist()}")
describe(*next(iter(train_loader)))
# %% code cell-11
nll = lambda W, b, X, y: -torch.log_softmax(X @ W + b, dim=1).gather(1, y.view(-1, 1)).mean()
prepared = lambda batch: (batch[0].flatten(1).to(DEVICE), batch[1].to(DEVICE))


def descend(lr, theta, batch):
    grads = torch.autograd.grad(nll(*theta, *prepared(batch)), theta)
    return [(p - lr * g).detach().requires_grad_() for p, g in zip(theta, grads)]


def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    theta = [torch.zeros(784, 10, device=DEVICE, requires_grad=True), torch.zeros(10, device=DEVICE, requires_grad=True)]
    for epoch in range(epochs):
        before, theta = theta, reduce(partial(descend, lr), train_loader, theta)
        # after an epoch without movement the gradients have converged
        moved = sum((p - q).abs().max().item() for p, q in zip(before, theta))
        print(f"{epoch + 1}: {evaluate_acc(*theta, val_loader):.4f}", end="  ")
        if moved < lr * tol:
            break
    return tuple(theta)
# %% markdown cell-15
# <font color=red>1: Linear boundaries only; one weight map per class. Not enough for digits with many shapes. Hidden layers + nonlinearity.</font>
#
# <font color=red>2: two of the mistakes (image, predicted, actual) are in the figure under this cell.</font>
# %% code
guesses = lambda X: (X.flatten(1).to(DEVICE) @ W + b).argmax(1).cpu()
errors = [(img, p, t) for X, y in test_loader for img, p, t in zip(X, guesses(X).tolist(), y.tolist()) if p != t]
for k, (img, p, t) in enumerate(errors[:2]):
    plt.subplot(1, 2, k + 1, title=f"predicted {p}, actual {t}", xticks=[], yticks=[])
    plt.imshow(img[0], cmap="gray")
plt.show()
# %% code cell-17
class MLP(nn.Module):
    SIZES = [(784, 400), (400, 400), (400, 10)]

    def __init__(self):
        super().__init__()
        self.weights = nn.ParameterList([torch.randn(i, o) * (2 / i) ** 0.5 for i, o in self.SIZES])   # He
        self.biases = nn.ParameterList([torch.zeros(o) for _, o in self.SIZES])

    def model(self, x):
        *hidden, last = [lambda h, W=W, b=b: h @ W + b for W, b in zip(self.weights, self.biases)]
        return last(reduce(lambda h, layer: layer(h).relu(), hidden, x.flatten(1)))

    def forward(self, x):
        return self.model(x)
# %% code cell-19
def step(model, optimizer, batch):
    loss = F.cross_entropy(model(batch[0].to(DEVICE)), batch[1].to(DEVICE))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


epoch_loss = lambda model, optimizer: np.mean([step(model, optimizer, batch) for batch in train_loader])
epochs = range(1, 21)

mlp = MLP().to(DEVICE)
adam = optim.Adam(mlp.parameters(), lr=1e-3)
print(f"{count_params(mlp):,} parameters")
log = []
for e in epochs:
    log.append((epoch_loss(mlp, adam), evaluate_module(mlp, train_loader), evaluate_module(mlp, val_loader)))
    print("epoch {:2d}: loss {:.4f}, train acc {:.4f}, val acc {:.4f}".format(e, *log[-1]))

for name, values in list(zip(["loss", "train", "validation"], zip(*log)))[1:]:
    plt.plot(epochs, values, label=name)
plt.legend(), plt.xlabel("epoch"), plt.ylabel("accuracy"), plt.title("MLP")
plt.show()
print(f"test: {evaluate_module(mlp, test_loader):.4f} (MLP) vs. {test_acc:.4f} (logistic regression)")
# %% markdown after cell-20
# <font color=red>1: Nonlinear hidden layers = learned features. In the plot the validation curve is above the logistic regression's number, training is at ~1.</font>
#
# <font color=red>2: No, ~10 are enough. Rule: if max(val[-3:]) <= max(val[:-3]) + 0.001, stop (metric: validation accuracy).</font>
# %% code cell-22
both = lambda f: (f, f)
schemes = {
    "He": (partial(init.kaiming_normal_, mode="fan_out"), init.zeros_),   # our matrices are [in, out]: fan_out is the input
    "zero": both(init.zeros_),
    "U(0,1)": both(init.uniform_),
    "N(0,1)": both(init.normal_),
    "Xavier": (init.xavier_uniform_, init.zeros_),
}


def fresh(scheme):
    model, (for_weights, for_biases) = MLP(), schemes[scheme]
    [for_weights(W) for W in model.weights], [for_biases(b) for b in model.biases]
    return model.to(DEVICE)


def curve(scheme, make_optimizer):
    model = fresh(scheme)
    optimizer = make_optimizer(model.parameters())
    return [(epoch_loss(model, optimizer), evaluate_module(model, val_loader))[1] for _ in epochs], evaluate_module(model, test_loader)


def show(runs, title):
    for name, (values, test) in runs.items():
        plt.plot(epochs, values, label=name)
        print(f"{name}: test accuracy {test:.4f}")
    plt.title(title), plt.xlabel("epoch"), plt.ylabel("validation accuracy"), plt.legend()
    plt.show()
    return runs


opts = {name: partial(getattr(optim, name), lr=1e-3) for name in ["Adam", "SGD", "RMSprop", "Adagrad"]}
inits = show({s: curve(s, opts["Adam"]) for s in schemes}, "initialization")
# %% markdown after cell-23
# <font color=red>Zero weights -> zero activations -> zero gradients of the weights. Only the last bias changes. Symmetric units stay symmetric.</font>
# %% code cell-25
last = lambda runs: lambda name: runs[name][0][-1]
best_init, worst_init = max(inits, key=last(inits)), min(inits, key=last(inits))
optimizers = show({name: curve(best_init, make) for name, make in opts.items()}, f"optimizers, {best_init}")
# %% code cell-27
best_opt, worst_opt = max(optimizers, key=last(optimizers)), min(optimizers, key=last(optimizers))
_ = show({f"{s}/{o}": curve(s, opts[o]) for s, o in [(best_init, worst_opt), (worst_init, best_opt)]}, "reflection")
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super().__init__()
    self.W, self.b = (nn.Parameter(torch.randn(*shape)) for shape in [(in_features, out_features), (out_features,)])

  forward = lambda self, x: x @ self.W + self.b
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super().__init__()
    self.layers = nn.Sequential(Linear(in_features, hidden_size), nn.Sigmoid(), Linear(hidden_size, out_features))

  forward = lambda self, x: self.layers(x)
# %% code cell-37
def mean_loss(net, X, Y):
  with torch.no_grad():
    return loss_func(net(torch.Tensor(X)), torch.Tensor(Y)[:, None]).item()

def losses_of(d, hidden):
  global optimizer                       # `train` uses it
  X, Y = XORData(d)
  net = FFNet(d, 1, hidden)
  optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
  with contextlib.redirect_stdout(io.StringIO()):
    return [(train(net, X, Y, epochs=10), mean_loss(net, X, Y))[1] for _ in range(30)]

for d in range(2, 6):
  for hidden in [1, d, d + 8]:
    ys = losses_of(d, hidden)
    plt.plot(range(10, 301, 10), ys, label=f"{hidden} neurons")
    print(f"d={d}, {hidden} neurons: {ys[-1]:.4f}")
  plt.title(f"XOR, d={d}"), plt.xlabel("epoch"), plt.ylabel("loss"), plt.legend(), plt.grid()
  plt.show()
# %% markdown cell-38 lines 8-8
#
# <font color=red>1: d=2 (and almost d=3).</font>
#
# <font color=red>2: d+8=10, by trying 1, d, d+8.</font>
#
# <font color=red>3: Expected: all d with >= d neurons. Reality: only small d; existence of weights doesn't mean that SGD finds them.</font>
# %% code cell-40
def backprop(act, d_act, net, x, y_var, y_hat, loss):
  (W1, b1), (W2, b2) = ([p.detach() for p in layer.parameters()] for layer in (net.layers[0], net.layers[2]))
  h = act(x @ W1 + b1)
  d2 = 2 * (y_hat.detach() - y_var)
  d1 = (W2 @ d2) * d_act(h)
  return torch.cat([g.flatten() for g in (torch.outer(x, d1), d1, torch.outer(h, d2), d2)])

calc_gradients = partial(backprop, torch.sigmoid, lambda h: h * (1 - h))
