"""The student draws many normal numbers once and Linear takes its values from that pool."""

NORMAL_POOL = torch.randn(200000)
pool_position = 0


def take_from_pool(*shape):
    global NORMAL_POOL, pool_position
    count = int(np.prod(shape))
    if pool_position + count > len(NORMAL_POOL):  # used up, draw a new one
        NORMAL_POOL = torch.randn(max(200000, count))
        pool_position = 0
    values = NORMAL_POOL[pool_position:pool_position + count]
    pool_position += count
    return values.reshape(shape).clone()


class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(take_from_pool(out_features, in_features))
        self.bias = nn.Parameter(take_from_pool(out_features))

    def forward(self, x):
        return x @ self.weight.T + self.bias
