// What goes to the server and back. Changes of a picture are sent one after the other; of several
// that wait the last counts.

async function ask(path, body) {
  const how = body === undefined ? {} :
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, how);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.fault || `answer ${answer.status}`);
  return said;
}

class Saving {
  // told(number, said): after each change that was kept; failed(message)
  constructor(told, failed) {
    this.waiting = new Map();
    this.running = null;
    this.told = told;
    this.failed = failed;
    window.addEventListener("beforeunload", (event) => { if (this.busy) event.preventDefault(); });
  }

  get busy() {
    return this.waiting.size > 0 || this.running !== null;
  }

  put(number, answer) {
    this.waiting.set(number, answer);
    this.running ||= this.send().finally(() => { this.running = null; });
    return this.running;
  }

  async send() {
    while (this.waiting.size) {
      const [number, answer] = this.waiting.entries().next().value;
      this.waiting.delete(number);
      try {
        this.told(number, await ask(`save/${number}`, answer));
      } catch (error) {
        if (!this.waiting.has(number)) this.waiting.set(number, answer);
        this.failed(error instanceof TypeError ? "mien annotate no longer runs" : error.message);
        return;
      }
    }
  }
}
