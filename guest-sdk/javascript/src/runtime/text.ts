/** Encodes text to UTF-8. */
export class TextEncoder {
  readonly encoding = "utf-8";

  encode(text = ""): Uint8Array {
    const bytes: number[] = [];
    for (const character of text) {
      let code = character.codePointAt(0) as number;
      if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), continuation(code >> 6), continuation(code));
      else bytes.push(0xf0 | (code >> 18), continuation(code >> 12), continuation(code >> 6), continuation(code));
    }
    return Uint8Array.from(bytes);
  }
}

function continuation(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** Decodes UTF-8. */
export class TextDecoder {
  readonly encoding = "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  /** Throws a RangeError for encodings other than UTF-8. */
  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!/^utf-?8$/i.test(label.trim())) throw new RangeError(`the encoding ${label} is not supported: only utf-8 is`);
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array()): string {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const hasMark = !this.ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    let text = "";
    for (let at = hasMark ? 3 : 0; at < bytes.length;) {
      const { code, length } = codePoint(bytes, at);
      if (code === undefined && this.fatal) throw new TypeError("the bytes are not valid UTF-8");
      text += String.fromCodePoint(code ?? 0xfffd);
      at += length;
    }
    return text;
  }
}

/** Decodes the code point at a position. Invalid bytes give undefined, and the number of bytes to replace. */
function codePoint(bytes: Uint8Array, at: number): { code: number | undefined; length: number } {
  const first = bytes[at] as number;
  if (first < 0x80) return { code: first, length: 1 };
  const more =
    first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
  if (more === 0) return { code: undefined, length: 1 };
  let code = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i] ?? 0;
    const [least, most] = i === 1 ? secondRange(first) : [0x80, 0xbf];
    if (next < least || next > most) return { code: undefined, length: i };
    code = (code << 6) | (next & 0x3f);
  }
  return { code, length: more + 1 };
}

/**
 * The second bytes that may follow a first byte: no overlong forms, no surrogates, nothing past the last code point.
 */
function secondRange(first: number): [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}
