// The page: which picture is seen, what was said of it, keys and buttons.

const $ = (id) => document.getElementById(id);
const app = {
  classes: [], names: [], states: [], goal: 0, tally: null,
  number: -1, boxes: [], chosen: -1, skipped: false, touched: false, ready: false, faces: [], size: [0, 0],
  past: [], future: [], looks: new Map(), closed: false,
  choose(number) { this.chosen = number; render(); },
  commit(boxes, chosen) { change(() => { this.boxes = boxes; this.chosen = chosen; }); },
};
const stage = new Stage($("boxes"), app);
const saving = new Saving(kept, (why) => say(`Not saved: ${why}`, "warn"));

// --- the pictures ---

function look(number) { // asked for once; the server keeps the last few ready
  if (!app.looks.has(number)) app.looks.set(number, ask(`look/${number}`));
  return app.looks.get(number);
}

async function show(number) {
  if (number < 0 || number >= app.names.length || app.closed) return;
  app.number = number;
  Object.assign(app, { ready: false, boxes: [], chosen: -1, skipped: false, faces: [] });
  render();
  let seen;
  try {
    seen = await look(number);
  } catch (error) {
    app.looks.delete(number);
    return say(error instanceof TypeError ? "mien annotate no longer runs" : error.message, "warn");
  }
  if (number !== app.number) return;
  const known = seen.boxes !== null;
  if (seen.fault) say("Press X to skip it.", "warn");
  else if (!known && !seen.faces.length && !seen.skipped) say("No face was found: drag a box, or press N.");
  Object.assign(app, { faces: seen.faces, size: seen.size, skipped: seen.skipped, touched: known });
  app.boxes = known ? seen.boxes.map(fromCentre) : found();
  app.chosen = next(-1);
  $("fault").hidden = !seen.fault;
  $("fault").textContent = seen.fault;
  $("frame").hidden = Boolean(seen.fault);
  if (!seen.fault) {
    $("picture").src = `picture/${number}`;
    await $("picture").decode().catch(() => {});
  }
  if (number !== app.number) return;
  app.ready = !seen.fault;
  fit();
  render();
  for (const beside of [number + 1, open(number, 1), number - 1]) {
    if (beside >= 0 && beside < app.names.length) look(beside).catch(() => app.looks.delete(beside));
  }
}

const found = () => app.faces.map((face) => fromCentre([app.classes.length === 1 ? 0 : null, ...face]));

function open(from, step) { // the next picture that is not finished, round the corner too; -1: none
  const many = app.names.length;
  for (let far = 1; far <= many; far++) {
    const number = (from + far * step + many * far) % many;
    if (app.states[number] === "open" && number !== from) return number;
  }
  return -1;
}

function next(from, step = 1) { // the next box without a class, else the next at all
  const many = app.boxes.length;
  if (!many) return -1;
  for (let far = 1; far <= many; far++) {
    const number = (((from + far * step) % many) + many) % many;
    if (app.boxes[number].c === null) return number;
  }
  return (((from + step) % many) + many) % many;
}

function fit() { // as large as the stage allows
  const room = $("stage").getBoundingClientRect(), pad = 40, [wide, high] = app.size;
  if (!wide || !app.ready) return;
  const scale = Math.min((room.width - pad) / wide, (room.height - pad) / high);
  $("picture").style.width = `${Math.max(1, wide * scale)}px`;
  $("picture").style.height = `${Math.max(1, high * scale)}px`;
  stage.draw();
}

// --- changes, each of which is saved and can be taken back ---

const snapshot = () => ({ boxes: copy(app.boxes), chosen: app.chosen, skipped: app.skipped, touched: app.touched });
const message = (kept) => ({ boxes: kept.touched ? kept.boxes.map(toCentre) : null, skipped: kept.skipped });

function change(how, kind = "") {
  if (!app.ready && kind !== "skip") return;
  const before = snapshot();
  how();
  if (kind !== "skip") Object.assign(app, { touched: kind !== "anew", skipped: false });
  const last = app.past.at(-1);
  const same = kind === "nudge" && last && last.kind === kind && last.number === app.number && last.after.chosen === app.chosen;
  if (same) last.after = snapshot();
  else app.past.push({ number: app.number, kind, before, after: snapshot() });
  app.future = [];
  keep(app.number, snapshot());
  render();
}

function keep(number, state) {
  app.looks.get(number)?.then((seen) => Object.assign(seen, message(state))).catch(() => {});
  return saving.put(number, message(state));
}

function kept(number, said) {
  app.states[number] = said.state;
  app.tally = said.tally;
  render();
  if (number === app.number) say(SAVED[said.state], "good");
}

const SAVED = {
  open: "Saved; not finished yet.", labelled: "Saved.",
  none: "Saved: nothing here.", skipped: "Saved: skipped.",
};

async function back(from, to, side) {
  const step = from.pop();
  if (!step) return say(side === "before" ? "Nothing to undo." : "Nothing to redo.");
  to.push(step);
  const state = step[side];
  await keep(step.number, state);
  if (step.number !== app.number) return show(step.number);
  Object.assign(app, { ...state, boxes: copy(state.boxes) });
  render();
}

async function pick(c) {
  if (!app.ready || c >= app.classes.length) return;
  if (app.chosen < 0) return say("Draw a box first: drag, or press B.", "warn");
  const number = app.number; // a box without a class may have been drawn a moment ago, and be on its way to the server
  const wasOpen = app.states[number] === "open" || app.boxes.some((box) => box.c === null);
  change(() => { app.boxes[app.chosen].c = c; });
  const left = app.boxes.some((box) => box.c === null);
  if (left) { app.chosen = next(app.chosen); render(); }
  else if (wasOpen) await onward(number);
}

async function onward(number) { // go on, once it is saved
  if (!$("onward").checked) return;
  await saving.running;
  if (number === app.number && app.states[number] !== "open") await nextOpen();
}

async function nextOpen() {
  const number = open(app.number, 1);
  if (number >= 0) return show(number);
  say(app.states[app.number] === "open" ? "The only one left." : "No picture is open any more.", "good");
}

async function nothing() {
  const wasOpen = app.states[app.number] === "open", number = app.number;
  change(() => { app.boxes = []; app.chosen = -1; });
  if (wasOpen) await onward(number);
}

async function skip() {
  const number = app.number;
  change(() => { app.skipped = !app.skipped; }, "skip");
  if (app.skipped) await onward(number);
}

function nudge(dx, dy, resize) {
  const box = app.boxes[app.chosen];
  if (!box) return;
  const [wide, high] = app.size, step = .006 * Math.min(wide, high);
  const way = resize ? grown(box, dx * step / wide, -dy * step / high) : moved(box, dx * step / wide, dy * step / high);
  change(() => { app.boxes[app.chosen] = way; }, "nudge");
}

function draw() { // a new box in the middle, to be moved by keys
  const [wide, high] = app.size, side = .3 * Math.min(wide, high), w = side / wide, h = side / high;
  const box = fromCentre([app.classes.length === 1 ? 0 : null, .5, .5, w, h]);
  change(() => { app.boxes.push(box); app.chosen = app.boxes.length - 1; });
}

function remove() {
  if (app.chosen < 0) return say("No box is chosen.");
  change(() => { app.boxes.splice(app.chosen, 1); app.chosen = next(-1); });
}

function turn(step) { // another class, where there are more than the keys 1-9
  const box = app.boxes[app.chosen], many = app.classes.length;
  if (!box) return say("No box is chosen.");
  change(() => { box.c = box.c === null ? (step > 0 ? 0 : many - 1) : (box.c + step + many) % many; });
}

// --- keys ---

const WAYS = { w: [0, -1], a: [-1, 0], s: [0, 1], d: [1, 0] };
const KEYS = {
  arrowleft: () => show(app.number - 1), arrowright: () => show(app.number + 1), " ": nextOpen,
  arrowup: () => turn(-1), arrowdown: () => turn(1),
  b: () => app.ready && draw(), delete: remove, backspace: remove, n: nothing, x: skip,
  f: () => change(() => { app.boxes = found(); app.chosen = next(-1); }, "anew"),
  z: () => back(app.past, app.future, "before"), y: () => back(app.future, app.past, "after"),
};

function choose(step) {
  if (app.boxes.length) app.choose((((app.chosen + step) % app.boxes.length) + app.boxes.length) % app.boxes.length);
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase(), undo = (event.ctrlKey || event.metaKey) && "zy".includes(key);
  if (app.closed || ((event.ctrlKey || event.metaKey || event.altKey) && !undo)) return;
  const onButton = document.activeElement.closest("aside, nav");
  if (key === "escape") {
    event.preventDefault();
    return onButton ? $("stage").focus() : $("classes").querySelector("button").focus();
  }
  if (onButton && ["tab", "enter", " "].includes(key)) return; // buttons are reached and pressed as ever
  const act = key === "tab" ? () => choose(event.shiftKey ? -1 : 1)
    : /^[1-9]$/.test(key) ? () => pick(Number(key) - 1)
    : WAYS[key] ? () => nudge(...WAYS[key], event.shiftKey)
    : key === "z" && event.shiftKey ? KEYS.y : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- what is seen ---

function say(text, kind = "") {
  $("said").textContent = text;
  $("said").className = kind;
}

function render() {
  const state = app.states[app.number];
  $("where").textContent = `${app.number + 1} of ${app.names.length}`;
  if ($("name").textContent !== app.names[app.number]) {
    $("name").textContent = app.names[app.number];
    $("picture").alt = app.names[app.number];
    say(state === "labelled" ? "Finished." : "");
  }
  $("none").setAttribute("aria-pressed", String(state === "none"));
  $("skip").setAttribute("aria-pressed", String(app.skipped));
  $("badge").hidden = !(app.skipped || state === "none");
  $("badge").textContent = app.skipped ? "skipped: not used" : "nothing here: learned as background";
  app.classes.forEach((name, c) => classButton(c));
  app.states.forEach((one, number) => stripButton(number, one));
  const { open: left, labelled, none, skipped, train, val } = app.tally;
  $("total").replaceChildren(...[[left, "left"], [labelled + none, "finished"], [skipped, "skipped"], [train, "train"],
    [val, "held out"]].map(([many, what]) => fact(many, what)));
  stage.draw();
}

function fact(many, what) {
  const line = document.createElement("span"), number = document.createElement("b");
  number.textContent = many;
  line.append(number, ` ${what}`);
  return line;
}

function classButton(c) {
  const button = $("classes").children[c].firstElementChild, many = app.tally.pictures[c];
  const left = Math.max(0, app.goal - many), [note, bar] = [button.querySelector(".left"), button.querySelector("i")];
  note.textContent = left ? `${many}, ${left} left` : `${many}, enough`;
  note.classList.toggle("full", left === 0);
  bar.style.width = `${100 * Math.min(1, many / Math.max(1, app.goal))}%`;
  button.setAttribute("aria-pressed", String(app.chosen >= 0 && app.boxes[app.chosen]?.c === c));
}

function stripButton(number, state) {
  const button = $("strip").children[number];
  if (!button) return;
  button.className = state;
  button.style.background = state === "labelled" ? "#3ecf9b" : "";
  if (number === app.number) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

function build() {
  app.classes.forEach((name, c) => {
    const line = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.innerHTML = "<kbd></kbd><b></b><span class='left'></span><span class='bar'><i></i></span>";
    button.querySelector("kbd").textContent = c < 9 ? c + 1 : "·";
    button.querySelector("kbd").style.background = button.querySelector("i").style.background = colour(c);
    button.querySelector("b").textContent = name;
    button.addEventListener("click", () => pick(c));
    line.append(button);
    $("classes").append(line);
  });
  if (app.names.length > 300) $("strip").hidden = true;
  else $("strip").append(...app.names.map((name, number) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", title: name, ariaLabel: name, tabIndex: -1 });
    button.addEventListener("click", () => { show(number); $("stage").focus(); });
    return button;
  }));
}

async function finish() {
  await saving.running;
  if (saving.waiting.size) return say("Something is not saved yet.", "warn");
  try {
    const { tally } = await ask("done", {});
    const finished = tally.labelled + tally.none;
    $("sum").textContent = `${finished} ${finished === 1 ? "picture is" : "pictures are"} finished: ${tally.train} to train with, ` +
      `${tally.val} held out; ${tally.open} are left.`;
    app.closed = true;
    $("end").showModal();
  } catch (error) {
    say(error.message, "warn");
  }
}

document.querySelector("aside").addEventListener("click", (event) => { // with the pointer: the keys go on as before
  if (event.detail > 0 && event.target.closest("button, label")) $("stage").focus();
});
$("none").addEventListener("click", nothing);
$("skip").addEventListener("click", skip);
$("done").addEventListener("click", finish);
new ResizeObserver(fit).observe($("stage"));

ask("state").then((state) => {
  Object.assign(app, state);
  $("folder").textContent = state.folder;
  build();
  const first = app.states.indexOf("open");
  $("stage").focus();
  return show(Math.max(0, first));
}).catch((error) => say(error.message, "warn"));
