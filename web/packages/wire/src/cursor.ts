/** Little-endian integers, LEB128 varints and byte strings: the twin of `sudare.base.cursor`. */

export class Malformed extends Error {
  readonly code = "caller.malformed";
}

export class Reader {
  pos = 0;
  private readonly view: DataView;

  constructor(readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  left(): number {
    return this.data.length - this.pos;
  }

  take(size: number): Uint8Array {
    const end = this.pos + size;
    if (end > this.data.length) throw new Malformed(`wanted ${size} bytes, ${this.left()} left`);
    const out = this.data.subarray(this.pos, end);
    this.pos = end;
    return out;
  }

  rest(): Uint8Array {
    return this.take(this.left());
  }

  private advance(size: number): number {
    const at = this.pos;
    if (at + size > this.data.length) throw new Malformed("the bytes end too early");
    this.pos = at + size;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  varint(): number {
    let value = 0;
    for (let shift = 1, count = 0; count < 5; shift *= 128, count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new Malformed("varint too large");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
}

export class Writer {
  private readonly bytes: number[] = [];

  u8(value: number): this {
    this.bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }

  varint(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`varint ${value}`);
    let left = value;
    while (left > 0x7f) {
      this.bytes.push((left % 128) | 0x80);
      left = Math.floor(left / 128);
    }
    this.bytes.push(left);
    return this;
  }

  zigzag(value: number): this {
    return this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  raw(value: Uint8Array): this {
    for (const byte of value) this.bytes.push(byte);
    return this;
  }

  blob(value: Uint8Array): this {
    return this.varint(value.length).raw(value);
  }

  done(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes);
  }
}
