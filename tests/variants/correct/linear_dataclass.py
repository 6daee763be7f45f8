"""The student writes Linear as a dataclass whose __post_init__ calls the constructor of nn.Module."""
from dataclasses import dataclass


@dataclass(eq=False)
class Linear(nn.Module):
    in_features: int
    out_features: int

    def __post_init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(self.out_features, self.in_features))
        self.bias = nn.Parameter(torch.randn(self.out_features))

    def forward(self, x):
        return x @ self.weight.T + self.bias
