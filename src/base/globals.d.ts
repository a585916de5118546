// The only globals beyond ES2023 that the pure folders may use: both are plain functions of their input.
// Declared by hand so that the pure tsconfig needs no "dom" or "node" types, which would let timers and sockets in.
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}
// ES2024, in every Node from 20 on.
interface String {
  isWellFormed(): boolean;
}
