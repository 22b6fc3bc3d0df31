/** Questions to the office inside the sealed channel: the gateway carries them and cannot read them. */

import { Channel, createEphemeral, fromBase64url, type Ephemeral } from "@sudare/wire";
import type { Client } from "./client";
import { Problem } from "./problem";
import type { StreamPermit } from "./types";

export interface OfficeCredential {
  account: string;
  sealed: string;
}

interface Waiting {
  resolve(ok: unknown): void;
  reject(problem: Problem): void;
}

export class OfficeStream {
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;
  private ended = false;

  private constructor(
    private readonly socket: WebSocket,
    private readonly channel: Channel,
  ) {
    socket.onmessage = (event) => void this.receive(new Uint8Array(event.data as ArrayBuffer));
    socket.onclose = (event) => this.close(event.code >= 4000 && event.reason ? event.reason : "link.lost");
  }

  /** Open a stream to a site; `credential` decides between the kept secret and one just entered. */
  static async open(
    client: Client,
    site: string,
    credential?: (permit: StreamPermit) => Promise<OfficeCredential | null>,
  ): Promise<OfficeStream> {
    const ephemeral: Ephemeral = await createEphemeral();
    const permit = await client.stream("api", site, ephemeral.cnf);
    const sealKey = fromBase64url(permit.seal_key);
    const [channel, sent] = await Promise.all([
      Channel.open({ sealKey, ticket: permit.ticket, ephemeral }),
      credential ? credential(permit) : Promise.resolve(permit.secret ?? null),
    ]);
    const hello = { v: 1, knd: "api", ...(sent ? { credential: { account: sent.account, sealed: sent.sealed } } : {}) };
    const socket = new WebSocket(`wss://${location.host}${permit.url}`, ["sudare-1", permit.ticket]);
    socket.binaryType = "arraybuffer";
    const stream = new OfficeStream(socket, channel);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("close", (event) => reject(new Problem(event.reason || "link.lost")));
    });
    socket.send(await channel.first(new TextEncoder().encode(JSON.stringify(hello))));
    return stream;
  }

  get alive(): boolean {
    return !this.ended;
  }

  async ask<T>(op: string, args: object): Promise<T> {
    if (this.ended) throw new Problem("link.lost");
    const id = this.next++;
    const answer = new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: (ok) => resolve(ok as T), reject });
    });
    const request = new TextEncoder().encode(JSON.stringify({ id, op, args }));
    this.socket.send(await this.channel.seal(request));
    return answer;
  }

  private async receive(data: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const told = JSON.parse(new TextDecoder().decode(await this.channel.open(data))) as {
        id?: number;
        ok?: unknown;
        problem?: { code: string; since?: string };
      };
      const waiting = told.id === undefined ? undefined : this.waiting.get(told.id);
      if (!waiting || told.id === undefined) return;
      this.waiting.delete(told.id);
      if (told.problem) waiting.reject(new Problem(told.problem.code, told.problem.since));
      else waiting.resolve(told.ok);
    } catch {
      this.close("caller.malformed");
    }
  }

  close(code = "link.lost"): void {
    this.ended = true;
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(1000);
    for (const waiting of this.waiting.values()) waiting.reject(new Problem(code));
    this.waiting.clear();
  }
}
