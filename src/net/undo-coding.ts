import { concatBytes } from "../base/bytes.ts";
import { decompress, type BodyDecoder } from "../formats/encoding.ts";

/** Bytes and when they came, on the recorder's clock. */
export interface TimedBytes {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** Undoes the coding of one body for its recording. */
export interface CodingUndoer {
  /** What is known by now, in order: decoded bytes, or from the first that are not of the coding on the bytes as they came. */
  push(piece: TimedBytes): readonly TimedBytes[] | Promise<readonly TimedBytes[]>;
  /** What was still held when the body ended. */
  end(): readonly TimedBytes[];
  /** `none` where nothing at all could be decoded, so that all bytes are as they came; `part` where the beginning could. */
  decoded(): "all" | "part" | "none";
}

/** Coded bytes that are held until the first decoded ones come: what has given nothing by then gives nothing any more. */
const MAX_HELD_BYTES = 64 * 1024;

/** `decoder` is one of the coding that the head names. */
export function createCodingUndoer(coding: string, decoder: BodyDecoder): CodingUndoer {
  let outcome: "all" | "part" | "none" = "all";
  let held: TimedBytes[] | undefined = [];
  let heldBytes = 0;
  const hold = (piece: TimedBytes): void => {
    if (held === undefined) return;
    if (heldBytes > MAX_HELD_BYTES) held = undefined;
    else held.push(piece);
    heldBytes += piece.bytes.length;
  };
  const giveUp = (otherwise: readonly TimedBytes[]): readonly TimedBytes[] => {
    outcome = held === undefined ? "part" : "none";
    const out = held ?? otherwise;
    held = undefined;
    return out;
  };
  const settle = (piece: TimedBytes, decoded: Uint8Array | undefined): readonly TimedBytes[] => {
    if (decoded === undefined) return giveUp([piece]);
    if (decoded.length > 0) held = undefined;
    return [{ atMs: piece.atMs, bytes: decoded }];
  };
  /** A coded body may be whole and empty. */
  const isEmptyBody = (pieces: readonly TimedBytes[]): boolean =>
    decompress(coding, concatBytes(pieces.map(({ bytes }) => bytes)), 1)?.length === 0;
  return {
    push(piece) {
      if (outcome !== "all") return [piece];
      hold(piece);
      const decoded = decoder.push(piece.bytes);
      return decoded instanceof Promise ? decoded.then((bytes) => settle(piece, bytes)) : settle(piece, decoded);
    },
    end: () => (outcome === "all" && heldBytes > 0 && held !== undefined && !isEmptyBody(held) ? giveUp([]) : []),
    decoded: () => outcome,
  };
}
