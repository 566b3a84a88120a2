import { TextEncoder } from "./text.ts";

/** WASI's output stream. */
export interface OutputStream {
  blockingWriteAndFlush(contents: Uint8Array): void;
}

/** The most bytes that the host accepts in one write. */
const MOST = 4096;

/** Writes a line. Errors, such as those of a closed stream, are ignored. */
export function writeLine(stream: OutputStream, line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length; at += MOST) stream.blockingWriteAndFlush(bytes.slice(at, at + MOST));
  } catch {
    return;
  }
}
