"""Start a Jupyter kernel behind a wall. A backend is a kernel provisioner; `start.open_kernel` is the door."""
