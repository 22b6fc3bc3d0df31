/**
 * What the office PC plays: Opus packets of 20 ms, decoded by the browser and played after a short wait that evens out
 * the line. Loaded only when somebody asks to hear. What comes too late is left out: sound never lags behind the picture.
 */

const PACKET_US = 20_000;
/** Wait before the first packet, and after every gap. */
const AHEAD_S = 0.06;
/** More than this in store means that packets came in a heap: the surplus is dropped. */
const STORE_S = 0.3;

export class Sound {
  private readonly context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
  private readonly decoder: AudioDecoder;
  private next = 0; // when the next packet begins, on the context's clock

  constructor(onFailure: () => void) {
    this.decoder = new AudioDecoder({ output: (data) => this.decoded(data), error: onFailure });
    this.decoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 2 });
    void this.context.resume(); // it was asked for by a click
  }

  play(number: number, packets: Uint8Array[]): void {
    packets.forEach((data, index) => {
      if (this.decoder.state !== "configured") return;
      const timestamp = (number + index) * PACKET_US;
      this.decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, duration: PACKET_US, data }));
    });
  }

  private decoded(data: AudioData): void {
    const now = this.context.currentTime;
    if (this.next < now) this.next = now + AHEAD_S;
    if (this.next <= now + STORE_S) {
      const buffer = this.context.createBuffer(data.numberOfChannels, data.numberOfFrames, data.sampleRate);
      for (let plane = 0; plane < data.numberOfChannels; plane++) {
        data.copyTo(buffer.getChannelData(plane), { planeIndex: plane, format: "f32-planar" });
      }
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.context.destination);
      source.start(this.next);
      this.next += buffer.duration;
    }
    data.close();
  }

  stop(): void {
    if (this.decoder.state !== "closed") this.decoder.close();
    void this.context.close();
  }
}
