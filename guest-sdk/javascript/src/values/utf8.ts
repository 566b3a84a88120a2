/** UTF-8 sizes of strings, which JavaScript keeps in UTF-16: the contract counts in UTF-8 bytes. */

/** Whether a text is well-formed Unicode: a lone surrogate has no encoding in UTF-8. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** Returns a text's length in UTF-8 bytes. A lone surrogate counts as the replacement character that it becomes. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isPair(text, unit, i)) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

function isPair(text: string, unit: number, at: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** Splits a text at offsets in UTF-8 bytes. */
export function cut(data: string, offsets: ArrayLike<number>, count: number): string[] {
  const texts = new Array<string>(count);
  if (offsets[count] === data.length) {
    for (let i = 0; i < count; i++) texts[i] = data.slice(offsets[i], offsets[i + 1]);
    return texts;
  }
  let unit = 0;
  let byte = 0;
  for (let i = 0; i < count; i++) {
    const begin = unit;
    const end = offsets[i + 1] ?? 0;
    while (byte < end) {
      const code = data.charCodeAt(unit++);
      if (code < 0x80) byte += 1;
      else if (code < 0x800) byte += 2;
      else if (code >= 0xd800 && code < 0xdc00) {
        byte += 4;
        unit++;
      } else byte += 3;
    }
    texts[i] = data.slice(begin, unit);
  }
  return texts;
}
