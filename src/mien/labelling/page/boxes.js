// Boxes over a picture: drawn, moved and resized with the pointer or the keys.
// A box is {c, x0, y0, x1, y1}: number of the class or null, corners as shares of the picture, 0-1.

const COLOURS = ["#f0a73a", "#5cc2f2", "#3ecf9b", "#f3e75c", "#e58ac1", "#ff7f5c", "#b9a1ff", "#c5d64a", "#8fd8d2"];
const BARE = "#ffffff";
const SMALLEST = 6; // pixels on the screen
const KNOBS = { nw: [0, 0], n: [.5, 0], ne: [1, 0], e: [1, .5], se: [1, 1], s: [.5, 1], sw: [0, 1], w: [0, .5] };

const colour = (c) => (c === null ? BARE : COLOURS[c % COLOURS.length]);
const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
const copy = (boxes) => boxes.map((box) => ({ ...box }));
const area = (box) => (box.x1 - box.x0) * (box.y1 - box.y0);

function fromCentre([c, x, y, w, h]) {
  return { c, x0: clamp(x - w / 2), y0: clamp(y - h / 2), x1: clamp(x + w / 2), y1: clamp(y + h / 2) };
}

function toCentre({ c, x0, y0, x1, y1 }) {
  return [c, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
}

function moved(box, dx, dy) {
  dx = clamp(dx, -box.x0, 1 - box.x1);
  dy = clamp(dy, -box.y0, 1 - box.y1);
  return { ...box, x0: box.x0 + dx, x1: box.x1 + dx, y0: box.y0 + dy, y1: box.y1 + dy };
}

function grown(box, dx, dy) { // by both sides, the centre stays
  const at = (low, high, by, least) => {
    const half = Math.max((high - low) / 2 + by, least / 2), middle = (low + high) / 2;
    return [clamp(middle - half), clamp(middle + half)];
  };
  const [x0, x1] = at(box.x0, box.x1, dx, .01), [y0, y1] = at(box.y0, box.y1, dy, .01);
  return { ...box, x0, x1, y0, y1 };
}

function pulled(box, knob, x, y) { // one corner or side to another place
  const now = { ...box };
  if (knob.includes("w")) now.x0 = x;
  if (knob.includes("e")) now.x1 = x;
  if (knob.includes("n")) now.y0 = y;
  if (knob.includes("s")) now.y1 = y;
  return { ...now, x0: Math.min(now.x0, now.x1), x1: Math.max(now.x0, now.x1),
    y0: Math.min(now.y0, now.y1), y1: Math.max(now.y0, now.y1) };
}

class Stage {
  // holder: gives `boxes`, `chosen`, `classes`; is told choose(n), commit(boxes, chosen)
  constructor(svg, holder) {
    this.svg = svg;
    this.holder = holder;
    this.drag = null;
    svg.addEventListener("pointerdown", (event) => this.begin(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", () => this.finish());
    svg.addEventListener("pointercancel", () => { this.drag = null; this.draw(); });
  }

  at(event) {
    const frame = this.svg.getBoundingClientRect();
    return [clamp((event.clientX - frame.left) / frame.width), clamp((event.clientY - frame.top) / frame.height)];
  }

  begin(event) {
    if (event.button !== 0 || !this.holder.ready) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    const [x, y] = this.at(event);
    const number = event.target.dataset.box === undefined ? -1 : Number(event.target.dataset.box);
    const boxes = copy(this.holder.boxes);
    if (number >= 0) {
      this.holder.choose(number);
      this.drag = { boxes, number, knob: event.target.dataset.knob || "", from: boxes[number], x, y, far: false };
    } else {
      boxes.push({ c: this.holder.classes.length === 1 ? 0 : null, x0: x, y0: y, x1: x, y1: y });
      this.drag = { boxes, number: boxes.length - 1, knob: "se", from: boxes[boxes.length - 1], x, y, far: false };
    }
  }

  move(event) {
    if (!this.drag) return;
    const { boxes, number, knob, from, x, y } = this.drag, [nowX, nowY] = this.at(event);
    const frame = this.svg.getBoundingClientRect();
    this.drag.far ||= Math.hypot((nowX - x) * frame.width, (nowY - y) * frame.height) > 3;
    if (!this.drag.far) return;
    boxes[number] = knob ? pulled(from, knob, nowX, nowY) : moved(from, nowX - x, nowY - y);
    this.draw(boxes, number);
  }

  finish() {
    const drag = this.drag;
    this.drag = null;
    if (!drag || !drag.far) return this.draw();
    const frame = this.svg.getBoundingClientRect(), box = drag.boxes[drag.number];
    const small = (box.x1 - box.x0) * frame.width < SMALLEST || (box.y1 - box.y0) * frame.height < SMALLEST;
    if (small) return this.draw();
    this.holder.commit(drag.boxes, drag.number);
  }

  draw(boxes = this.holder.boxes, chosen = this.holder.chosen) {
    const { width, height } = this.svg.getBoundingClientRect();
    this.svg.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    const order = boxes.map((box, number) => number).sort((a, b) => area(boxes[b]) - area(boxes[a]));
    if (chosen >= 0 && chosen < boxes.length) order.push(...order.splice(order.indexOf(chosen), 1));
    this.svg.replaceChildren(...order.map((number) => this.group(boxes[number], number, number === chosen, width, height)));
  }

  group(box, number, chosen, width, height) {
    const x = box.x0 * width, y = box.y0 * height, w = (box.x1 - box.x0) * width, h = (box.y1 - box.y0) * height;
    const name = box.c === null ? "which class?" : this.holder.classes[box.c];
    const group = make("g", { class: `${box.c === null ? "open" : ""} ${chosen ? "chosen" : ""}`, "aria-label": name });
    const edge = make("rect", { x, y, width: w, height: h, class: "edge", stroke: colour(box.c) });
    edge.dataset.box = number;
    group.append(make("rect", { x, y, width: w, height: h, class: "halo" }), edge, this.tag(name, colour(box.c), x, y));
    if (chosen) {
      for (const [knob, [across, down]] of Object.entries(KNOBS)) {
        const one = make("rect", { x: x + across * w - 5, y: y + down * h - 5, width: 10, height: 10, class: `knob ${knob}` });
        one.dataset.box = number;
        one.dataset.knob = knob;
        group.append(one);
      }
    }
    return group;
  }

  tag(name, fill, x, y) {
    const group = make("g", { class: "tag", "pointer-events": "none" });
    const text = make("text", { x: x + 8, y: Math.max(y - 13, 12) });
    text.textContent = name;
    const wide = 16 + textWidth(name);
    group.append(make("rect", { x, y: Math.max(y - 25, 0), width: wide, height: 22, fill }), text);
    return group;
  }
}

const ruler = document.createElement("canvas").getContext("2d");

function textWidth(text) {
  ruler.font = "600 13px system-ui, sans-serif";
  return ruler.measureText(text).width;
}

function make(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
