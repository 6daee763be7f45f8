"""What honest notebooks do works behind the wall: a wall that stops it takes points from people who did nothing wrong."""

from collections.abc import Iterator

import pytest

from grader.datasets.prepare import find
from grader.execution.session import Session
from grader.grading.grade import session_for
from grader.settings import Settings

EVERYDAY = {
    "loader with workers": (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "loader = DataLoader(TensorDataset(torch.arange(64.0)), batch_size=8, num_workers=2, persistent_workers=True)\n"
        "print(sum(batch[0].sum().item() for _ in range(2) for batch in loader))"
    ),
    "figures in the notebook": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')",
    "a shell line": "files = !ls /\nprint('usr' in files)\n!echo from the shell",
    "a shell cell": "%%bash\nset -e\nmkdir -p folder && cd folder && echo text > file && cat file",
    "time measured": "%timeit -n 1 -r 1 sum(range(10))\n%time sum(range(10))",
    "progress bars": "from tqdm.auto import tqdm\nprint(sum(tqdm(range(5))))\nfrom tqdm.notebook import tqdm as bars\nprint(sum(bars(range(5))))",
    "weights saved and loaded": (
        "import torch\ntorch.save({'w': torch.ones(2)}, 'model.pt')\nprint(torch.load('model.pt')['w'].sum().item())\n"
        "import pickle\npickle.dump([1], open('list.pkl', 'wb'))\nprint(pickle.load(open('list.pkl', 'rb')))"
    ),
    "two gigabytes": "data = bytearray(b'x') * (2 << 30)\nprint(len(data))\ndel data",
    "threads": (
        "import threading, concurrent.futures\nwith concurrent.futures.ThreadPoolExecutor(4) as pool:\n"
        "    print(list(pool.map(abs, [-1, -2])))\nthread = threading.Thread(target=print, args=('from a thread',))\n"
        "thread.start()\nthread.join()"
    ),
    "processes": (
        "import multiprocessing, subprocess, sys\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map(abs, [-1, -2]))\nprint(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout)"
    ),
    "a local server": (
        "import socket, threading\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "threading.Thread(target=lambda: server.accept()[0].sendall(b'hello')).start()\n"
        "print(socket.create_connection(server.getsockname()).recv(5))"
    ),
    "temporary files": "import tempfile\nwith tempfile.NamedTemporaryFile() as file:\n    file.write(b'x')\nprint('written')",
    "links and folders": "import os\nos.makedirs('a/b', exist_ok=True)\nos.symlink('a', 'link')\nprint(os.listdir('link'))",
    "numpy, pandas, sklearn": (
        "import numpy as np, pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "print(LogisticRegression(n_jobs=2).fit(np.eye(4), [0, 1, 0, 1]).score(np.eye(4), [0, 1, 0, 1]))\n"
        "pd.DataFrame({'a': [1]})"
    ),
    "compiled functions": "import torch\nf = torch.jit.script(torch.nn.Linear(2, 2))\nprint(f(torch.ones(1, 2)).shape)",
    "the machine asked about": "import os, platform\nprint(os.cpu_count(), platform.platform())\n!nvidia-smi || true\n!free -h",
}


@pytest.fixture(scope="module")
def kernel(settings: Settings, start: str) -> Iterator[Session]:
    with session_for(settings, find(settings.datasets, "small"), start) as session:
        yield session


@pytest.mark.parametrize("name", EVERYDAY)
def test_what_honest_notebooks_do_works_inside(kernel: Session, name: str) -> None:
    run = kernel.run_cell(0, EVERYDAY[name], 120)

    assert (run.status, run.error) == ("ok", None)
    assert run.outputs
