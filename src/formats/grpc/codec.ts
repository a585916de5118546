/** Meaning of message frames: their text (`message-text`) with the message as JSON, compressed ones decompressed. */
import { bytesEqual } from "../../base/bytes.ts";
import { compactJson, parseJson, type JsonNode } from "../../base/json.ts";
import { WraithError } from "../../base/errors.ts";
import { compress, decompress } from "../encoding.ts";
import type { Codec } from "../format.ts";
import { invalid } from "../json-compile.ts";
import { base64FromBytes } from "./base64.ts";
import type { DecodedMessage } from "./decode-message.ts";
import { encodeMessage } from "./encode-message.ts";
import { frameFromMessage, PREFIX_BYTES } from "./framer.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import { createMessageReader } from "./message-reader.ts";
import { createMessageWriter } from "./message-writer.ts";
import {
  compileMessageShape,
  dissectMessage,
  formatMessageShape,
  joinMessageText,
  messageDifference,
  readMessageShape,
  splitMessageText,
} from "./message-text.ts";
import { placeOfNode } from "./node-place.ts";
import { bytesFromNode } from "./scalars.ts";
import { checkShape } from "./shape-check.ts";
import { createTemplateWriter } from "./template-writer.ts";
import { Unencodable } from "./unencodable.ts";
import { createWireWriter, takeWritten } from "./wire-writer.ts";

export interface CodecOptions {
  /** The message's type, where a schema knows it. */
  readonly plan: MessagePlan | undefined;
  readonly types: TypeIndex;
  /** What `grpc-encoding` says of this direction. */
  readonly coding: string | undefined;
  readonly maxMessageBytes: number;
}

const writer = createWireWriter();

/** The codec of one direction of a method. */
export function createMessageCodec({ plan, types, coding, maxMessageBytes }: CodecOptions): Codec {
  const unpack = (frame: Uint8Array): Uint8Array | undefined =>
    frame[0] === 0
      ? frame.subarray(PREFIX_BYTES)
      : decompress(coding ?? "", frame.subarray(PREFIX_BYTES), maxMessageBytes);
  const messages = createMessageWriter(plan, types);
  const templates = createTemplateWriter(plan, types);
  const writeJson = (json: string, isPlain: boolean): void => {
    if (!isPlain && messages.write(writer, json)) return;
    const node = readJson(json);
    try {
      encodeMessage(writer, node, plan, isPlain, types);
    } catch (error) {
      throw located(error, node);
    }
  };
  const reader = createMessageReader(plan, types, ({ text, plain }, bytes) => {
    writer.at = 0;
    try {
      writeJson(text, plain);
    } catch {
      return false;
    }
    return bytesEqual(writer.bytes.subarray(0, writer.at), bytes);
  });
  const textOf = ({ text, plain }: DecodedMessage, isCompressed: boolean): string =>
    isCompressed || plain ? joinMessageText({ isCompressed, isPlain: plain, isOpaque: false, json: text }) : text;
  return {
    decode(frame) {
      if (frame[0] === 0) return textOf(reader.read(frame, PREFIX_BYTES), false);
      const message = unpack(frame);
      if (message === undefined) return `opaque "${base64FromBytes(frame, PREFIX_BYTES)}"`;
      return textOf(reader.read(message), true);
    },
    prove(frame) {
      if (frame[0] !== 0) return undefined;
      const decoded = reader.prove(frame, PREFIX_BYTES);
      return { text: textOf(decoded, false), isExact: decoded.isExact };
    },
    encode(text) {
      const { isCompressed, isPlain, isOpaque, json } = splitMessageText(text);
      if (isOpaque) return frameFromMessage(bytesOfOpaque(json), true);
      writer.at = PREFIX_BYTES;
      writeJson(json, isPlain);
      const frame = takeFrame();
      if (!isCompressed) return frame;
      const packed = compress(coding ?? "", frame.subarray(PREFIX_BYTES));
      if (packed === undefined)
        throw invalid(`the message is compressed, but grpc-encoding is ${coding ?? "missing"}`, "");
      return frameFromMessage(packed, true);
    },
    encodeEvent(template, values) {
      writer.at = PREFIX_BYTES;
      return templates.write(writer, template, values) ? takeFrame() : undefined;
    },
    sameBytes(a, b) {
      if (bytesEqual(a, b)) return true;
      if (a[0] !== 1 || b[0] !== 1) return false;
      const [left, right] = [unpack(a), unpack(b)];
      return left !== undefined && right !== undefined && bytesEqual(left, right);
    },
    dissect: dissectMessage,
    formatShape: formatMessageShape,
    compileShape(shape) {
      const read = readMessageShape(shape);
      const parts = compileMessageShape(read);
      if (!read.text.isOpaque) checkShape(read.root, plan, read.text.isPlain, types);
      return parts;
    },
    difference: messageDifference,
    view: (text) => {
      const { json } = splitMessageText(text);
      const node = parseJson(json);
      return node === undefined ? JSON.stringify(text) : compactJson(node);
    },
  };
}

/** The frame of the message that was written behind the place of its prefix. */
function takeFrame(): Uint8Array<ArrayBuffer> {
  writer.bytes[0] = 0;
  writer.view.setUint32(1, writer.at - PREFIX_BYTES);
  return takeWritten(writer);
}

function readJson(json: string): JsonNode {
  const node = parseJson(json);
  if (node === undefined) throw invalid("a message is JSON", "");
  return node;
}

function bytesOfOpaque(json: string): Uint8Array {
  const node = readJson(json);
  try {
    return bytesFromNode(node);
  } catch (error) {
    throw located(error, node);
  }
}

function located(error: unknown, root: JsonNode): unknown {
  return error instanceof Unencodable
    ? new WraithError("MODEL_INVALID", error.message, { field: placeOfNode(root, error.node) })
    : error;
}
