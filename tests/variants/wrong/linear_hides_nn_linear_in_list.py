"""The student hides an nn.Linear in a plain list and registers its weight and bias as own ones."""
# item: q2.linear


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.layers = [nn.Linear(in_features, out_features)]
        nn.init.normal_(self.layers[0].weight)
        nn.init.normal_(self.layers[0].bias)
        self.weight = self.layers[0].weight
        self.bias = self.layers[0].bias

    def forward(self, x):
        return self.layers[0](x)
