"""Drive a kernel from outside: run cells, ask the probe agent."""
