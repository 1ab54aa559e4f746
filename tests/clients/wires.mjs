// A bad network between phones and the server, for convergence.mjs: a proxy that loses requests, loses answers after the
// server committed, and sends a request twice. What a request suffers is said in its header X-Fault, which it takes off.
import http from "node:http";

export const FAULTS = ["cut", "half", "drop", "repeat"];

export class Wire {
  // `late_ms`: by how much answers to pushes come after those to what was pulled meanwhile
  constructor(base, late_ms = 0) {
    this.late_ms = late_ms;
    this.target = new URL(base);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 12 });
    this.pushes = []; // every push that the server answered, also where the phone never learnt of it
    this.suffered = Object.fromEntries(FAULTS.map((fault) => [fault, 0]));
    this.refused = []; // answers that are neither 200 nor what a test asked for
    this.server = http.createServer((request, answer) => this.#serve(request, answer));
  }

  async open() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.base = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.agent.destroy();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #serve(request, answer) {
    const { "x-fault": fault, "x-device": device, host, "accept-encoding": packed, ...headers } = request.headers;
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const asked = { method: request.method, path: request.url, headers, body: Buffer.concat(pieces), device, fault };
    if (fault) this.suffered[fault] += 1;
    try {
      if (fault === "cut") return request.socket.destroy();
      if (fault === "half") {
        await this.#half(asked);
        return request.socket.destroy();
      }
      const times = fault === "repeat" ? 2 : 1;
      const said = await Promise.all(Array.from({ length: times }, () => this.#forward(asked)));
      if (this.late_ms && asked.path.endsWith("/push")) await new Promise((resolve) => setTimeout(resolve, this.late_ms));
      if (fault === "drop") return request.socket.destroy();
      answer.writeHead(said[0].status, { "content-type": said[0].type, "content-length": said[0].body.length });
      answer.end(said[0].body);
    } catch (error) {
      this.refused.push(`${asked.method} ${asked.path}: ${error}`);
      request.socket.destroy();
    }
  }

  #forward(asked) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.target;
      const options = { hostname, port, agent: this.agent, method: asked.method, path: asked.path, headers: asked.headers };
      const outgoing = http.request(options, async (incoming) => {
        try {
          const pieces = [];
          for await (const piece of incoming) pieces.push(piece);
          const said = { status: incoming.statusCode, type: incoming.headers["content-type"] ?? "", body: Buffer.concat(pieces) };
          this.#note(asked, said);
          resolve(said);
        } catch (error) {
          reject(error);
        }
      });
      outgoing.on("error", reject);
      outgoing.end(asked.body);
    });
  }

  // Half of the body, then the line is gone: the server must take nothing.
  #half(asked) {
    return new Promise((resolve) => {
      const { hostname, port } = this.target;
      const headers = { ...asked.headers, "content-length": asked.body.length };
      const outgoing = http.request({ hostname, port, agent: false, method: asked.method, path: asked.path, headers });
      outgoing.on("error", resolve);
      outgoing.on("close", resolve);
      outgoing.write(asked.body.subarray(0, asked.body.length >> 1), () => setTimeout(() => outgoing.destroy(), 5));
    });
  }

  #note(asked, said) {
    const [, collection] = /^\/sync\/([a-z_]+)\/\d+\/push$/.exec(asked.path) ?? [];
    if (said.status >= 300 && said.status !== 503) {
      this.refused.push(`${asked.method} ${asked.path}: ${said.status} ${said.body.toString().slice(0, 300)}`);
    } else if (collection && said.status === 200) {
      const rows = JSON.parse(asked.body.toString());
      this.pushes.push({ device: asked.device, collection, rows, answer: JSON.parse(said.body.toString()), fault: asked.fault });
    }
  }
}
