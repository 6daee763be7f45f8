"""nbclient, hardened for a kernel that may send anything."""

import asyncio
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode

from grader.execution.outputs import Collector, parts_of, text_of, to_output


class CappedClient(NotebookClient):
    """Runs cells and collects their outputs with caps; widgets, comms and later changes of outputs are dropped.

    Metadata of the notebook has no say: no tag skips a cell or forgives an error.
    """

    def __init__(self, notebook: NotebookNode, room: int, **options: Any):
        super().__init__(
            notebook,
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            skip_cells_with_tag="\0",
            **options,
        )
        self.collected = Collector(room)
        self.raised: str | None = None
        """The exception that the cell ended with, as the kernel's reply has it: one that is only shown is no failure."""
        self.on_cell_executed = self.keep_reply
        self.heard_all = False
        """Whether the kernel's word that the cell is done came through, and with it all that the cell published."""
        self.reading: asyncio.Task[Any] | None = None

    def keep_reply(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        content = execute_reply["content"]
        if content["status"] != "ok":
            self.raised = f"{text_of(content.get('ename'))}: {text_of(content.get('evalue'))}"

    async def stop_reading(self) -> None:
        """nbclient leaves the reader of a timed-out cell running, and it would take the next cell's messages."""
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.gather(self.reading, return_exceptions=True)

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        # nbclient's own loop indexes into messages that a hostile kernel may have sent without these keys
        assert self.kc is not None
        self.reading = asyncio.current_task()
        while True:
            message = await self.kc.iopub_channel.get_msg(timeout=None)
            header, parent, content = parts_of(message)
            if parent.get("msg_id") != parent_msg_id:
                continue
            kind = header.get("msg_type")
            if kind == "status" and content.get("execution_state") == "idle":
                self.heard_all = True
                return
            if kind == "clear_output":
                self.collected.clear()
            elif output := to_output(kind, content):
                self.collected.add(output)
