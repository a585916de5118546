/** Descriptors between their JSON form and bytes, by the message codec itself: descriptor.proto is a schema like others. */
import { concatBytes } from "../../base/bytes.ts";
import { parseJson } from "../../base/json.ts";
import { decodeMessage } from "./decode-message.ts";
import { mergedValue, type FileDescriptor } from "./descriptor.ts";
import { encodeMessage } from "./encode-message.ts";
import { createTypeIndex, type TypeIndex } from "./message-plan.ts";
import { linkProtos } from "./proto-linker.ts";
import { createWireReader, LEN, readLength, readTag, skipRecord } from "./wire-reader.ts";
import { writeTag } from "./wire-tree.ts";
import { beginLength, createWireWriter, endLength, takeWritten, writeBytes } from "./wire-writer.ts";

let descriptorTypes: TypeIndex | undefined;

/** Types of descriptor.proto, made when they are first needed. */
function typesOfDescriptors(): TypeIndex {
  const known = { symbols: new Map(), fileNames: new Set<string>(), wanted: ["google/protobuf/descriptor.proto"] };
  descriptorTypes ??= createTypeIndex(linkProtos([], known));
  return descriptorTypes;
}

const FILE_TYPE = "google.protobuf.FileDescriptorProto";

/** Serialized FileDescriptorProto of a descriptor. */
export function bytesFromFile(file: FileDescriptor): Uint8Array {
  const types = typesOfDescriptors();
  const w = createWireWriter();
  encodeMessage(w, parseJson(JSON.stringify(file))!, types.message(FILE_TYPE), false, types);
  return takeWritten(w);
}

/** The descriptor of a serialized FileDescriptorProto; undefined where it is none. */
export function fileFromBytes(bytes: Uint8Array): FileDescriptor | undefined {
  const types = typesOfDescriptors();
  const { text } = decodeMessage(withoutSourceInfo(bytes), types.message(FILE_TYPE), types);
  const tree = parseJson(text);
  if (tree === undefined) return undefined;
  const file = mergedValue(tree) as FileDescriptor & { readonly "-raw"?: unknown };
  return typeof file.name === "string" && file.name !== "" && file["-raw"] === undefined ? file : undefined;
}

/** Tag of source_code_info: places and comments of everything, by far the most of a file that has it. */
const SOURCE_INFO_TAG = 9 * 8 + LEN;

function withoutSourceInfo(bytes: Uint8Array): Uint8Array {
  const r = createWireReader(bytes);
  const kept: Uint8Array[] = [];
  while (r.at < bytes.length) {
    const from = r.at;
    const tag = readTag(r, bytes.length);
    const end = tag === 0 ? -1 : skipRecord(bytes, r.at, bytes.length, tag);
    if (end < 0) return bytes;
    if (tag !== SOURCE_INFO_TAG) kept.push(bytes.subarray(from, end));
    r.at = end;
  }
  return concatBytes(kept);
}

/** The files of a serialized FileDescriptorSet, each serialized; undefined where it is none. */
export function splitDescriptorSet(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const r = createWireReader(bytes);
  const out: Uint8Array[] = [];
  while (r.at < bytes.length) {
    if (readTag(r, bytes.length) !== 8 + LEN) return undefined;
    const end = readLength(r, bytes.length);
    if (end < 0) return undefined;
    out.push(bytes.subarray(r.at, end));
    r.at = end;
  }
  return out;
}

/** A serialized FileDescriptorSet of serialized files. */
export function joinDescriptorSet(files: readonly Uint8Array[]): Uint8Array {
  const w = createWireWriter();
  for (const file of files) {
    writeTag(w, 1, LEN);
    const mark = beginLength(w);
    writeBytes(w, file);
    endLength(w, mark);
  }
  return takeWritten(w);
}
