// Runs scripts with the original client: a JSON line {server, app, masterKey, script} in, a JSON line {value} or {error} out.
import { createInterface } from "node:readline";
import Everlive from "everlive-sdk/dist/everlive.all.js";

const AsyncFunction = (async () => {}).constructor;
const PATIENCE_MS = 60_000;
console.log = console.error; // stdout is for answers

// What scripts find by name, beside `Everlive` itself.
const vocabulary = ({ server, app, masterKey }) => {
  const connect = (options) => new Everlive({ appId: app, url: `//${server}/v1/`, scheme: "http", ...options });
  return {
    Everlive,
    connect,
    anyone: connect({}),
    master: connect({ masterKey }),
    query: () => new Everlive.Query(),
    where: () => new Everlive.Query().where(),
    ids: ({ result }) => result.map((item) => item.Id),
  };
};

// Dates are told apart from texts.
function tagged(key, value) {
  return this[key] instanceof Date ? { $date: this[key].toISOString() } : value;
}

const late = () =>
  new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error(`The script took ${PATIENCE_MS} ms.`)).unref());

for await (const line of createInterface({ input: process.stdin })) {
  const { script, ...where } = JSON.parse(line);
  const words = vocabulary(where);
  let answer;
  try {
    const running = new AsyncFunction(...Object.keys(words), script)(...Object.values(words));
    answer = { value: await Promise.race([running, late()]) };
  } catch (error) {
    answer = { error: { code: error.code, message: String(error.message ?? error) } };
  }
  process.stdout.write(JSON.stringify(answer, tagged) + "\n");
}
