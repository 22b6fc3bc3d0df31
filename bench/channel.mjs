// The browser's end of bench/channel.py: opens what the connector sealed, then seals as much; CPU microseconds each.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const wire = await import(pathToFileURL(process.argv[2]).href);
let channel;

async function timed(messages, act) {
  const before = process.cpuUsage();
  const out = [];
  for (const message of messages) out.push(await act(message));
  const used = process.cpuUsage(before);
  return [(used.user + used.system) / messages.length, out];
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (asked.sealKey) {
    const ephemeral = await wire.createEphemeral();
    channel = await wire.Channel.open({ sealKey: wire.fromBase64url(asked.sealKey), ticket: asked.ticket, ephemeral });
    const first = await channel.first(new TextEncoder().encode("{}"));
    console.log(JSON.stringify({ first: wire.toBase64url(first), cnf: ephemeral.cnf }));
    continue;
  }
  const data = readFileSync(asked.path);
  const step = asked.size + 16;
  const sealed = [];
  for (let at = 0; at < data.length; at += step) sealed.push(new Uint8Array(data.subarray(at, at + step)));
  const [opening, plain] = await timed(sealed, (message) => channel.open(message));
  const [sealing, again] = await timed(plain, (message) => channel.seal(message));
  writeFileSync(asked.path, Buffer.concat(again));
  console.log(JSON.stringify([opening, sealing]));
}
