# No functions, every loop copied; comments and names in Hebrew and English.
# %% markdown cell-02 lines 8-11
# **מגישים:**
#
# - **סטודנטית 1: ישראלה ישראלי, ת.ז. 000000019**
# - **סטודנט 2: פלוני אלמוני, ת.ז. 000000020**
# %% code cell-09
# מחלקים את הנתונים: 80% אימון, 20% ולידציה
train_size = len(train_full) * 8 // 10
val_size = len(train_full) - train_size
train_set, val_set = random_split(train_full, [train_size, val_size])

# data loaders
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=128, shuffle=False)
test_loader = DataLoader(test_set, batch_size=128, shuffle=False)

# בדיקת שפיות
for images, labels in train_loader:
    print("Batch:", images.shape, labels.shape, "| pixel range =", (images.min().item(), images.max().item()))
    print("labels from", labels.min().item(), "to", labels.max().item())
    break
# %% code cell-11
def logistic_regression(train_loader, val_loader, epochs=20, lr=0.1, tol=1e-6):
    # אתחול המשקולות באפסים (כאן זה בסדר, הבעיה קמורה)
    W = torch.zeros(784, 10)
    b = torch.zeros(10)
    W = W.to(DEVICE)
    b = b.to(DEVICE)
    for epoch in range(epochs):
        sum_of_norms = 0
        number_of_batches = 0
        for images, labels in train_loader:
            images = images.to(DEVICE)
            labels = labels.to(DEVICE)
            x = images.view(images.shape[0], 784)
            # forward
            z = torch.mm(x, W) + b
            # softmax
            z = z - torch.max(z, dim=1, keepdim=True)[0]
            e = torch.exp(z)
            p = e / torch.sum(e, dim=1, keepdim=True)
            # one hot
            y = torch.zeros(images.shape[0], 10).to(DEVICE)
            for i in range(images.shape[0]):
                y[i, labels[i]] = 1
            # גרדיאנט של cross entropy
            grad_W = torch.mm(x.t(), p - y) / images.shape[0]
            grad_b = torch.sum(p - y, dim=0) / images.shape[0]
            # update
            W = W - lr * grad_W
            b = b - lr * grad_b
            sum_of_norms = sum_of_norms + torch.norm(grad_W).item()
            number_of_batches = number_of_batches + 1
        print("epoch", epoch + 1, "val accuracy", evaluate_acc(W, b, val_loader))
        # עצירה מוקדמת
        if sum_of_norms / number_of_batches < tol:
            print("stopped early")
            break
    return W, b
# %% markdown cell-15
# <div dir="rtl" style="color:red">
#
# **שאלה 1.** המודל נותן תוצאה טובה אבל לא מספיקה. גבולות ההחלטה שלו הם על-מישורים (לינאריים), ולכל ספרה יש רק תבנית אחת של משקולות. כדי לשפר אפשר להוסיף שכבות
# נסתרות עם אקטיבציה לא לינארית כמו ReLU.
#
# **שאלה 2.** שתי ספרות שסווגו לא נכון מופיעות למטה, עם הסיווג של המודל והתווית האמיתית.
#
# </div>
# %% code
# מחפשים שתי טעויות
count = 0
for image, label in test_set:
    z = torch.mm(image.view(1, 784).to(DEVICE), W) + b
    predicted = torch.argmax(z).item()
    if predicted != label:
        count = count + 1
        plt.subplot(1, 2, count)
        plt.imshow(image[0], cmap="gray")
        plt.title("predicted " + str(predicted) + " actual " + str(label))
    if count == 2:
        break
plt.show()
# %% code cell-17
class MLP(nn.Module):
    def __init__(self):
        super(MLP, self).__init__()
        # שכבה ראשונה
        self.layer1 = nn.Linear(784, 400)
        self.relu1 = nn.ReLU()
        # שכבה שנייה
        self.layer2 = nn.Linear(400, 400)
        self.relu2 = nn.ReLU()
        # שכבת הפלט
        self.layer3 = nn.Linear(400, 10)

    def forward(self, x):
        x = x.view(x.shape[0], 784)
        x = self.layer1(x)
        x = self.relu1(x)
        x = self.layer2(x)
        x = self.relu2(x)
        x = self.layer3(x)
        return x
# %% code cell-19
loss_function = nn.CrossEntropyLoss()
mlp = MLP().to(DEVICE)
opt = optim.Adam(mlp.parameters(), lr=0.001)

train_accuracies = []
val_accuracies = []
for epoch in range(20):
    mlp.train()
    total_loss = 0
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(mlp(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
        total_loss = total_loss + loss.item()
    train_accuracy = evaluate_module(mlp, train_loader)
    val_accuracy = evaluate_module(mlp, val_loader)
    train_accuracies.append(train_accuracy)
    val_accuracies.append(val_accuracy)
    print("Epoch:", epoch + 1, "Loss:", total_loss / len(train_loader), "Train accuracy:", train_accuracy, "Validation accuracy:", val_accuracy)

# גרף
plt.plot(range(1, 21), train_accuracies, color="blue", label="train accuracy")
plt.plot(range(1, 21), val_accuracies, color="orange", label="validation accuracy")
plt.title("MLP")
plt.xlabel("epoch")
plt.ylabel("accuracy")
plt.legend()
plt.show()
print("Test accuracy of the MLP:", evaluate_module(mlp, test_loader))
# %% markdown after cell-20
# <font color="red">
#
# 1. The MLP is better because of the non-linear hidden layers. אפשר לראות בגרף שדיוק הוולידציה גבוה מזה של הרגרסיה הלוגיסטית, ודיוק האימון מתקרב ל-1.
#
# 2. לא, אחרי בערך 10 אפוקים עקומת הוולידציה שטוחה. Rule: if the validation accuracy has not improved for 3 epochs, stop training.
#
# </font>
# %% code cell-22
# 1. ברירת המחדל (Kaiming)
model = MLP().to(DEVICE)
kaiming_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    kaiming_accuracies.append(evaluate_module(model, val_loader))
kaiming_test = evaluate_module(model, test_loader)
print("Kaiming: final validation accuracy", kaiming_accuracies[-1], "test accuracy", kaiming_test)

# 2. אפסים
model = MLP().to(DEVICE)
init.zeros_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.zeros_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.zeros_(model.layer3.weight)
init.zeros_(model.layer3.bias)
zero_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    zero_accuracies.append(evaluate_module(model, val_loader))
zero_test = evaluate_module(model, test_loader)
print("Zero: final validation accuracy", zero_accuracies[-1], "test accuracy", zero_test)

# 3. אחיד בין 0 ל-1
model = MLP().to(DEVICE)
init.uniform_(model.layer1.weight)
init.uniform_(model.layer1.bias)
init.uniform_(model.layer2.weight)
init.uniform_(model.layer2.bias)
init.uniform_(model.layer3.weight)
init.uniform_(model.layer3.bias)
uniform_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    uniform_accuracies.append(evaluate_module(model, val_loader))
uniform_test = evaluate_module(model, test_loader)
print("Uniform: final validation accuracy", uniform_accuracies[-1], "test accuracy", uniform_test)

# 4. נורמלי
model = MLP().to(DEVICE)
init.normal_(model.layer1.weight)
init.normal_(model.layer1.bias)
init.normal_(model.layer2.weight)
init.normal_(model.layer2.bias)
init.normal_(model.layer3.weight)
init.normal_(model.layer3.bias)
normal_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    normal_accuracies.append(evaluate_module(model, val_loader))
normal_test = evaluate_module(model, test_loader)
print("Normal: final validation accuracy", normal_accuracies[-1], "test accuracy", normal_test)

# 5. Xavier
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
xavier_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    xavier_accuracies.append(evaluate_module(model, val_loader))
xavier_test = evaluate_module(model, test_loader)
print("Xavier: final validation accuracy", xavier_accuracies[-1], "test accuracy", xavier_test)

plt.plot(range(1, 21), kaiming_accuracies, label="Kaiming")
plt.plot(range(1, 21), zero_accuracies, label="Zero")
plt.plot(range(1, 21), uniform_accuracies, label="Uniform [0,1]")
plt.plot(range(1, 21), normal_accuracies, label="Normal")
plt.plot(range(1, 21), xavier_accuracies, label="Xavier")
plt.title("Initializations")
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.legend()
plt.show()
# %% markdown after cell-23
# <font color="red">כשכל המשקולות אפס, גם האקטיבציות אפס וגם הגרדיאנטים של המשקולות אפס. רק ה-bias האחרון מתעדכן. All neurons stay identical (no symmetry breaking).</font>
# %% code cell-25
# Xavier was (one of) the best, so we use it with every optimizer
# Adam
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
adam_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    adam_accuracies.append(evaluate_module(model, val_loader))
adam_test = evaluate_module(model, test_loader)
print("Adam: final validation accuracy", adam_accuracies[-1], "test accuracy", adam_test)

# SGD
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
sgd_accuracies = []
opt = optim.SGD(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    sgd_accuracies.append(evaluate_module(model, val_loader))
sgd_test = evaluate_module(model, test_loader)
print("SGD: final validation accuracy", sgd_accuracies[-1], "test accuracy", sgd_test)

# RMSProp
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
rmsprop_accuracies = []
opt = optim.RMSprop(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    rmsprop_accuracies.append(evaluate_module(model, val_loader))
rmsprop_test = evaluate_module(model, test_loader)
print("RMSProp: final validation accuracy", rmsprop_accuracies[-1], "test accuracy", rmsprop_test)

# Adagrad
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
adagrad_accuracies = []
opt = optim.Adagrad(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    adagrad_accuracies.append(evaluate_module(model, val_loader))
adagrad_test = evaluate_module(model, test_loader)
print("Adagrad: final validation accuracy", adagrad_accuracies[-1], "test accuracy", adagrad_test)

plt.plot(range(1, 21), adam_accuracies, label="Adam")
plt.plot(range(1, 21), sgd_accuracies, label="SGD")
plt.plot(range(1, 21), rmsprop_accuracies, label="RMSProp")
plt.plot(range(1, 21), adagrad_accuracies, label="Adagrad")
plt.title("Optimizers")
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.legend()
plt.show()
# %% code cell-27
# best initialization (Xavier) with the worst optimizer (SGD)
model = MLP().to(DEVICE)
init.xavier_uniform_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.xavier_uniform_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.xavier_uniform_(model.layer3.weight)
init.zeros_(model.layer3.bias)
best_worst_accuracies = []
opt = optim.SGD(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    best_worst_accuracies.append(evaluate_module(model, val_loader))
best_worst_test = evaluate_module(model, test_loader)
print("Xavier + SGD: final validation accuracy", best_worst_accuracies[-1], "test accuracy", best_worst_test)

# worst initialization (zeros) with the best optimizer (Adam)
model = MLP().to(DEVICE)
init.zeros_(model.layer1.weight)
init.zeros_(model.layer1.bias)
init.zeros_(model.layer2.weight)
init.zeros_(model.layer2.bias)
init.zeros_(model.layer3.weight)
init.zeros_(model.layer3.bias)
worst_best_accuracies = []
opt = optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    model.train()
    for images, labels in train_loader:
        opt.zero_grad()
        loss = loss_function(model(images.to(DEVICE)), labels.to(DEVICE))
        loss.backward()
        opt.step()
    worst_best_accuracies.append(evaluate_module(model, val_loader))
worst_best_test = evaluate_module(model, test_loader)
print("Zero + Adam: final validation accuracy", worst_best_accuracies[-1], "test accuracy", worst_best_test)

plt.plot(range(1, 21), best_worst_accuracies, label="Xavier + SGD")
plt.plot(range(1, 21), worst_best_accuracies, label="Zero + Adam")
plt.title("Reflection")
plt.xlabel("epoch")
plt.ylabel("validation accuracy")
plt.legend()
plt.show()
# %% code cell-31
class Linear(nn.Module):
  def __init__(self, in_features, out_features):
    super(Linear, self).__init__()
    # מטריצת משקולות ווקטור הטיה
    self.W = nn.Parameter(torch.randn(out_features, in_features), requires_grad=True)
    self.b = nn.Parameter(torch.randn(out_features), requires_grad=True)

  def forward(self, x):
    # y = Wx + b
    y = torch.matmul(self.W, x.T if x.dim() == 2 else x)
    y = y.T if x.dim() == 2 else y
    return y + self.b
# %% code cell-33
class FFNet(nn.Module):
  def __init__(self, in_features, out_features, hidden_size):
    super(FFNet, self).__init__()
    self.first = Linear(in_features, hidden_size)
    self.second = Linear(hidden_size, out_features)

  def forward(self, x):
    x = self.first(x)
    x = torch.sigmoid(x)
    x = self.second(x)
    return x
# %% code cell-35 lines 14-14
          optimizer.step()
      all_losses.append(loss.item())  # we added this line
# %% code cell-37
# d = 2
X, Y = XORData(2)
plt.figure()
all_losses = []
model = FFNet(2, 1, 1)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="1 hidden neurons")
all_losses = []
model = FFNet(2, 1, 2)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="2 hidden neurons")
all_losses = []
model = FFNet(2, 1, 8)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="8 hidden neurons")
plt.title("d = 2")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.show()

# d = 3
X, Y = XORData(3)
plt.figure()
all_losses = []
model = FFNet(3, 1, 2)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="2 hidden neurons")
all_losses = []
model = FFNet(3, 1, 3)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="3 hidden neurons")
all_losses = []
model = FFNet(3, 1, 12)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="12 hidden neurons")
plt.title("d = 3")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.show()

# d = 4
X, Y = XORData(4)
plt.figure()
all_losses = []
model = FFNet(4, 1, 2)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="2 hidden neurons")
all_losses = []
model = FFNet(4, 1, 4)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="4 hidden neurons")
all_losses = []
model = FFNet(4, 1, 12)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="12 hidden neurons")
plt.title("d = 4")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.show()

# d = 5
X, Y = XORData(5)
plt.figure()
all_losses = []
model = FFNet(5, 1, 5)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="5 hidden neurons")
all_losses = []
model = FFNet(5, 1, 12)
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
train(model, X, Y)
plt.plot(all_losses, label="12 hidden neurons")
plt.title("d = 5")
plt.xlabel("epoch")
plt.ylabel("loss")
plt.legend()
plt.show()
# %% markdown after cell-38
# <div style="color:red">
#
# 1. עבור d=2 ההפסד מתכנס ל-0. For d=3 only with 12 neurons, and not in every run.
#
# 2. 8 hidden neurons for d=2; ניסינו כמה גדלים והשווינו את הגרפים.
#
# 3. ציפינו ש-d נוירונים יספיקו לכל d, but for d=4 and d=5 the loss jumps around 0.25 and does not converge in 300 epochs.
#
# </div>
# %% code cell-40
def calc_gradients(net, x, y_var, y_hat, loss):
  # שכבה שנייה
  w21 = net.second.W[0][0].item()
  w22 = net.second.W[0][1].item()
  # שכבה ראשונה
  z = net.first(x)
  h1 = torch.sigmoid(z[0]).item()
  h2 = torch.sigmoid(z[1]).item()
  x1 = x[0].item()
  x2 = x[1].item()

  # dL/dy = 2(y_hat - y)
  dy = 2 * (y_hat.item() - y_var.item())

  # second layer
  dw21 = dy * h1
  dw22 = dy * h2
  db2 = dy

  # כלל השרשרת
  dz1 = dy * w21 * h1 * (1 - h1)
  dz2 = dy * w22 * h2 * (1 - h2)

  # first layer
  dw11 = dz1 * x1
  dw12 = dz1 * x2
  dw13 = dz2 * x1
  dw14 = dz2 * x2
  db11 = dz1
  db12 = dz2

  return torch.tensor([dw11, dw12, dw13, dw14, db11, db12, dw21, dw22, db2])
