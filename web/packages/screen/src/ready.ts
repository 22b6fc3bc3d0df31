/**
 * A line opened before anybody asked for a PC: on a bad line its handshakes take half a second and more, and they are over
 * by the time there is a ticket to show. It says nothing until then, and is let go before the gateway would let it go.
 */

const READY_FOR_MS = 20_000;

export class ReadyLine {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Have one; asking again is free. */
  open(url: string): void {
    if (this.socket) return;
    const socket = line(url);
    socket.onclose = () => {
      if (this.socket === socket) this.drop();
    };
    this.socket = socket;
    this.timer = setTimeout(() => this.drop(), READY_FOR_MS);
  }

  /** A line to this address, open or opening. */
  take(url: string): WebSocket {
    const { socket } = this;
    if (!socket || socket.url !== url || socket.readyState > WebSocket.OPEN) {
      this.drop();
      return line(url);
    }
    this.socket = null;
    clearTimeout(this.timer);
    socket.onclose = null;
    return socket;
  }

  private drop(): void {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }
}

function line(url: string): WebSocket {
  return new WebSocket(url, "sudare-1");
}
