/**
 * The protobuf wire format, read strictly: what this module accepts is exactly what `wire-writer` writes, so that a record that
 * was read can be written again with the same bytes. Whatever else is possible on the wire (varints longer than they need
 * be, lengths beyond the end) is refused here and kept as raw bytes by the caller.
 */

/** Wire types (protobuf encoding guide). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LEN = 2;
export const GROUP = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** A position in bytes, and the two halves of the number that was read last (unsigned 32 bits each). */
export interface WireReader {
  readonly bytes: Uint8Array;
  at: number;
  lo: number;
  hi: number;
}

export function createWireReader(bytes: Uint8Array): WireReader {
  return { bytes, at: 0, lo: 0, hi: 0 };
}

const scratch = new DataView(new ArrayBuffer(8));

/** The double whose halves were read last. */
export function doubleOf({ lo, hi }: WireReader): number {
  scratch.setUint32(0, lo, true);
  scratch.setUint32(4, hi, true);
  return scratch.getFloat64(0, true);
}

/** The float whose bits were read last. */
export function floatOf({ lo }: WireReader): number {
  scratch.setUint32(0, lo, true);
  return scratch.getFloat32(0, true);
}

/** Reads a varint of the shortest form into `lo` and `hi`; false (position undefined) where it is cut off or longer than it need be. */
export function readVarint(r: WireReader, end: number): boolean {
  const { bytes } = r;
  if (r.at >= end) return false;
  let byte = bytes[r.at++]!;
  if (byte < 0x80) {
    r.lo = byte;
    r.hi = 0;
    return true;
  }
  let lo = byte & 0x7f;
  for (let shift = 7; shift < 28; shift += 7) {
    if (r.at >= end) return false;
    byte = bytes[r.at++]!;
    lo |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      r.lo = lo >>> 0;
      r.hi = 0;
      return byte !== 0;
    }
  }
  if (r.at >= end) return false;
  byte = bytes[r.at++]!;
  r.lo = (lo | ((byte & 0x0f) << 28)) >>> 0;
  let hi = (byte & 0x7f) >> 4;
  if (byte < 0x80) {
    r.hi = hi;
    return byte !== 0;
  }
  for (let shift = 3; shift <= 31; shift += 7) {
    if (r.at >= end) return false;
    byte = bytes[r.at++]!;
    if (shift === 31 && byte > 1) return false;
    hi |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      r.hi = hi >>> 0;
      return byte !== 0;
    }
  }
  return false;
}

/** Reads a field's tag as `number * 8 + wire type`; 0 where there is none in its shortest form, or the number is 0 or above 2^29 - 1. */
export function readTag(r: WireReader, end: number): number {
  if (!readVarint(r, end) || r.hi !== 0 || r.lo < 8 || (r.lo & 7) > FIXED32) return 0;
  return r.lo;
}

/** Reads a length and gives the end of what it measures; -1 where that is beyond `end`. */
export function readLength(r: WireReader, end: number): number {
  if (!readVarint(r, end) || r.hi !== 0 || r.lo > end - r.at) return -1;
  return r.at + r.lo;
}

/** Reads 4 or 8 bytes into `lo` and `hi`; false where they are cut off. */
export function readFixed(r: WireReader, end: number, size: 4 | 8): boolean {
  if (end - r.at < size) return false;
  r.lo = word(r.bytes, r.at);
  r.hi = size === 8 ? word(r.bytes, r.at + 4) : 0;
  r.at += size;
  return true;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Groups inside groups deeper than this are not looked into. */
const MAX_GROUPS = 100;

/**
 * End of the record whose tag (`tag` as read loosely) ends at `from`, whatever forms its varints have; -1 where it is cut off or
 * no record.
 */
export function skipRecord(bytes: Uint8Array, from: number, end: number, tag: number): number {
  const groups: number[] = [];
  let at = from;
  let current = tag;
  for (;;) {
    const number = Math.floor(current / 8);
    if (number === 0) return -1;
    switch (current % 8) {
      case VARINT:
        at = looseVarint(bytes, at, end).at;
        break;
      case FIXED64:
        at += 8;
        break;
      case FIXED32:
        at += 4;
        break;
      case LEN: {
        const length = looseVarint(bytes, at, end);
        at = length.at < 0 ? -1 : length.at + length.value;
        break;
      }
      case GROUP:
        if (groups.push(number) > MAX_GROUPS) return -1;
        break;
      case GROUP_END:
        if (groups.pop() !== number) return -1;
        break;
      default:
        return -1;
    }
    if (at < 0 || at > end) return -1;
    if (groups.length === 0) return at;
    const next = looseVarint(bytes, at, end);
    if (next.at < 0) return -1;
    ({ at } = next);
    current = next.value;
  }
}

/** A varint of any form, as a number (exact up to 2^53), and where it ends; `at` -1 where it is cut off or above ten bytes. */
export function looseVarint(
  bytes: Uint8Array,
  from: number,
  end: number,
): { readonly value: number; readonly at: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < end && at < from + 10; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, at: at + 1 };
    scale *= 128;
  }
  return { value: 0, at: -1 };
}
