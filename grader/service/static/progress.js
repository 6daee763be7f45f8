// Tells how far a grading is, while it runs. Without it, the page loads itself anew.
const place = document.querySelector("[data-events]");
if (place) {
  const find = (name) => place.querySelector(`[data-${name}]`);
  const events = new EventSource(place.dataset.events);
  const heard = (name, react) => events.addEventListener(name, (event) => react(JSON.parse(event.data)));
  heard("state", ({ status }) => {
    if (status === "graded" || status === "failed") {
      events.close();
      location.reload();
    }
    find("state").textContent = status;
    find("cell").textContent = "";
    find("items").replaceChildren();
  });
  heard("cell", ({ position, cells }) => {
    find("cell").textContent = `cell ${position} of ${cells}`;
    find("progress").value = position / cells;
  });
  heard("item", ({ title, status, points, max_points }) => {
    const line = document.createElement("li");
    line.className = status;
    line.textContent = points === null ? `${title}: ${status}` : `${title}: ${points} of ${max_points}`;
    find("items").append(line);
  });
}
