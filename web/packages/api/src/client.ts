/** The gateway's HTTP API. Nothing is cached; a failure is a `Problem`. */

import { Problem } from "./problem";
import type { CredentialEntry, SessionAnswer, SignedIn, Site, StreamPermit, Target } from "./types";
import { createPasskey, getPasskey } from "./webauthn";

type Method = "GET" | "POST" | "PUT" | "DELETE";

export class Client {
  private csrf = "";

  private async call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    let answer: Response;
    try {
      answer = await fetch(`/api/v1/${path}`, {
        method,
        cache: "no-store",
        credentials: "same-origin",
        headers: {
          ...(method === "GET" ? {} : { "Content-Type": "application/json" }),
          ...(this.csrf && method !== "GET" ? { "Sudare-CSRF": this.csrf } : {}),
        },
        ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
      });
    } catch {
      throw new Problem("link.lost");
    }
    if (!answer.ok) throw new Problem(await problemCode(answer));
    return (answer.status === 204 || answer.headers.get("Content-Length") === "0" ? null : await answer.json()) as T;
  }

  private async session(answer: Promise<SessionAnswer>): Promise<SessionAnswer> {
    const session = await answer;
    this.csrf = session.signed_in ? session.csrf : "";
    return session;
  }

  /** Who is signed in here. */
  current(): Promise<SessionAnswer> {
    return this.session(this.call("GET", "session"));
  }

  extend(): Promise<SessionAnswer> {
    return this.session(this.call("POST", "session/extend"));
  }

  async withPasskey(): Promise<SessionAnswer> {
    const { flow, options } = await this.call<{ flow: string; options: object }>("POST", "signin/passkey/options");
    const credential = await getPasskey(options);
    return this.session(this.call("POST", "signin/passkey", { flow, credential }));
  }

  /** The session, or the flow that wants a code. */
  async withPassword(login: string, password: string): Promise<SessionAnswer | { need: "totp"; flow: string }> {
    const body = { login, password };
    const answer = await this.call<SessionAnswer | { need: "totp"; flow: string }>("POST", "signin/password", body);
    return "need" in answer ? answer : this.session(Promise.resolve(answer));
  }

  withCode(flow: string, code: string): Promise<SessionAnswer> {
    return this.session(this.call("POST", "signin/totp", { flow, code }));
  }

  welcome(token: string): Promise<SessionAnswer> {
    return this.session(this.call("POST", "welcome", { token }));
  }

  async signOut(): Promise<void> {
    await this.call("POST", "signout");
    this.csrf = "";
  }

  credentials(): Promise<CredentialEntry[]> {
    return this.call("GET", "me/credentials");
  }

  async addPasskey(name: string): Promise<void> {
    const { flow, options } = await this.call<{ flow: string; options: object }>("POST", "me/passkey/options");
    const credential = await createPasskey(options);
    await this.call("POST", "me/passkey", { flow, credential, name });
  }

  async setPassword(password: string, current?: string): Promise<void> {
    await this.call("POST", "me/password", { password, ...(current ? { current } : {}) });
  }

  startTotp(): Promise<{ flow: string; uri: string; secret: string }> {
    return this.call("POST", "me/totp/options");
  }

  async finishTotp(flow: string, code: string): Promise<void> {
    await this.call("POST", "me/totp", { flow, code });
  }

  async removeCredential(id: string): Promise<void> {
    await this.call("DELETE", `me/credentials/${encodeURIComponent(id)}`);
  }

  sites(): Promise<Site[]> {
    return this.call("GET", "sites");
  }

  targets(): Promise<Target[]> {
    return this.call("GET", "targets");
  }

  stream(kind: "screen" | "api", target: string, cnf: string, session?: string): Promise<StreamPermit> {
    return this.call("POST", "streams", { kind, target, cnf, ...(session ? { session } : {}) });
  }

  async keepSecret(target: string, account: string, sealed: string): Promise<void> {
    await this.call("PUT", `secrets/${encodeURIComponent(target)}`, { account, sealed });
  }

  async forgetSecret(target: string): Promise<void> {
    await this.call("DELETE", `secrets/${encodeURIComponent(target)}`);
  }
}

async function problemCode(answer: Response): Promise<string> {
  try {
    const told = (await answer.json()) as { code?: unknown };
    return typeof told.code === "string" ? told.code : "bug.unexpected";
  } catch {
    return answer.status >= 502 ? "link.lost" : "bug.unexpected";
  }
}

export function isSignedIn(answer: object): answer is SignedIn {
  return "signed_in" in answer && answer.signed_in === true;
}
