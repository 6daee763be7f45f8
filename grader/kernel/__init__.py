"""Source text that is sent into the sandbox: it imports nothing of ours and nothing of ours imports it."""
