import type { JsonNode } from "../base/json.ts";
import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";

/** One self-delimiting piece of a body. The bytes of all frames of a body, joined, are the body. */
export interface Frame {
  /** `message`: carries an event. `filler`: means nothing (a comment, an empty line). `malformed`: cut off or broken. */
  readonly kind: "message" | "filler" | "malformed";
  readonly bytes: Uint8Array;
  /** What is wrong with a malformed frame, in a few words. */
  readonly detail?: string | undefined;
}

/** Finds boundaries. Total: never throws on peer data; frames do not depend on how the bytes were cut into chunks. */
export interface Framer {
  /** Frames that this chunk completed. The bytes may be kept: the caller must not change them. */
  push(chunk: Uint8Array): readonly Frame[];
  /** Frames of what is left when the body ends. The framer is not to be used after it. */
  end(): readonly Frame[];
}

/**
 * Kind of a leaf of an event's text (`formats/leaf-kind` finds the end of one):
 * `string number boolean null` JSON scalars · `json` an opaque object or array · `scalar` any JSON scalar or null (a nullable place) ·
 * `line` raw text up to the next CR, LF or the end · `text` the same, where it is not JSON · `prose` the same, where it is more than
 * JSON tokens and white space · `rest` raw text up to the end of the event, where it is not a JSON object or array.
 * (A shape of text never takes JSON: `text` where one line is the payload, `prose` in one line at least where there are several.)
 */
export type LeafKind =
  | "string"
  | "number"
  | "boolean"
  | "null"
  | "json"
  | "scalar"
  | "line"
  | "text"
  | "prose"
  | "rest";

/** A place of an event that could vary. */
export interface Leaf {
  readonly kind: LeafKind;
  /** Path inside the event, in the notation of `base/path`: `data.choices[0].delta.role`, `id`, `kv.modRevision`. */
  readonly path: string;
  /** The leaf's text, as in the event: JSON spelling for the JSON kinds, else raw text. */
  readonly raw: string;
}

/** An event's text, cut at its leaves: `segments[0] + leaves[0].raw + segments[1] + ... + segments[n]` is the text. */
export interface Dissection {
  readonly segments: readonly string[];
  readonly leaves: readonly Leaf[];
  /** The event name (SSE `event:`), a discriminator of shapes; absent when the format or the event has none. */
  readonly event?: string | undefined;
  /** The JSON tree inside the event, where there is one; its offsets are into `jsonText`. */
  readonly json?: JsonNode | undefined;
  readonly jsonText?: string | undefined;
  /** Path of the tree's root inside the event (`data`); absent where the event is the tree. */
  readonly jsonPath?: string | undefined;
}

export interface DissectOptions {
  /** Path patterns (array indices open: `data.a[].b`) where an object or array is one leaf of kind `json`. */
  readonly opaque?: ReadonlySet<string> | undefined;
  /** Path patterns where a scalar is a leaf of kind `scalar`. */
  readonly nullable?: ReadonlySet<string> | undefined;
}

/** An event's text without the values of its holes, which stand between the segments. */
export interface EventTemplate {
  readonly segments: readonly string[];
}

/** A piece of a compiled shape: literal text, or the name of the hole that stands there and the kind of its leaf. */
export type Part = string | { readonly hole: string; readonly kind: LeafKind; readonly path: string };

/** What stands in place of a leaf in a shape: the leaf's raw text as a constant, or a hole's name. */
export type Filling = { readonly raw: string } | { readonly hole: string };

/** One place where two events of one format differ; `path` is inside the event (empty: the event as a whole). */
export interface EventDifference {
  readonly path: string;
  readonly kind: "missing" | "extra" | "type" | "value" | "encoding";
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

/**
 * Gives meaning to message frames. An event is held as *event text*: a string that has all its bytes' meaning, in which the
 * leaves can be cut out. For SSE it is the frame itself, for gRPC the message as proto JSON in wire order, for bodies the body.
 */
export interface Codec {
  /**
   * Event text of a message frame. Never throws: bytes that mean nothing to the format become text all the same
   * (`textFromBytes`), so that nothing is lost.
   */
  decode(frame: Uint8Array): string;
  /**
   * `decode`, and whether `encode` of the text gives the frame's bytes again, where the codec can say so for less than encoding takes;
   * undefined where it cannot for this frame.
   */
  prove?(frame: Uint8Array): { readonly text: string; readonly isExact: boolean } | undefined;
  /** Bytes of an event text; `encode(decode(b))` is b wherever the format's encoding is canonical. Throws WraithError MODEL_INVALID. */
  encode(text: string): Uint8Array;
  /**
   * Bytes of the event that a template and the raw values of its holes make: `encode` of their text, for less. Undefined where only the
   * text tells them, or what is wrong with it; absent in codecs that have nothing to gain. The template is compiled once, `values` are not kept.
   */
  encodeEvent?(template: EventTemplate, values: readonly string[]): Uint8Array | undefined;
  /**
   * Whether two frames say the same where equal bytes cannot be asked for (a compressed message, which every library packs in its own
   * way): absent in codecs where only equal bytes are the same.
   */
  sameBytes?(a: Uint8Array, b: Uint8Array): boolean;
  /** Cuts an event text into segments and leaves, in the order of the text. Never throws. */
  dissect(text: string, options?: DissectOptions): Dissection;
  /**
   * A shape as it stands in `symbols.json`: the text of a JSON object (readable, holes as `{"$hole": "name"}`, keys that begin
   * with `$` doubled), from an event's dissection and what to put for each leaf. `indent` is the indentation of its line.
   */
  formatShape(dissection: Dissection, filling: readonly Filling[], indent: string): string;
  /**
   * Compiles a shape read from `symbols.json` (edited by hand, perhaps). `parts` joined give the event text.
   * Throws WraithError MODEL_INVALID with `field` set to the place inside the shape.
   */
  compileShape(shape: JsonNode): readonly Part[];
  /** All places where two event texts differ, smallest places, in the order of the expected text; empty when equal. */
  difference(expected: string, actual: string): readonly EventDifference[];
  /** The event as one JSON text for people and JSON output: SSE `{"event":..,"data":..}`, gRPC the message. */
  view(text: string): string;
}

/** What a request says, for guards, echoes and equality. */
export interface RequestPayload {
  readonly kind: "none" | "json" | "form" | "parts" | "text" | "bytes";
  /** The body as a JSON tree (`json`; a form is an object of strings or arrays of them, and so are parts, see `readRequestPayload`; in gRPC the first message). */
  readonly json?: JsonNode | undefined;
  /** The body as sent, for `text`; absent for the others. */
  readonly text?: string | undefined;
}

/** Whose bytes a codec or framer reads, and in which exchange. `response` is absent while it is not known yet. */
export interface CodecContext {
  readonly request: RequestHead;
  readonly response?: ResponseHead | undefined;
  readonly direction: "client" | "server";
}

/** What came back, for the verdict on its end. */
export interface EndEvidence {
  readonly response?: ResponseHead | undefined;
  readonly trailers?: HeaderList | undefined;
  /** How the transport ended, as recorded. */
  readonly close: Termination;
}

/** A body that was read at once. */
export interface WholeBody {
  /** Text of each frame, as the codec decodes it. */
  readonly texts: readonly string[];
  /** For each frame the offset behind its last byte, with which it was complete. */
  readonly ends: readonly number[];
  /** Numbers of the frames that are filler, rising; the others are messages. */
  readonly filler: readonly number[];
}

/** A wire format: all that is particular to it. Found by `formatFor`; no other pure folder knows one by name. */
export interface Format {
  readonly id: string;
  /** Path of event n, or of the only one: `events[3]`, `body`. */
  eventPath(index: number): string;
  /** True where a response is one event (a body) and not a stream of them. */
  readonly unary: boolean;
  /** Whether this format speaks in this exchange; asked in the order of the list in `formats/index`. */
  recognises(request: RequestHead, response: ResponseHead): boolean;
  createFramer(context: CodecContext): Framer;
  createCodec(context: CodecContext): Codec;
  /**
   * Reads the body of a response at once, where that is faster than frame by frame and gives the same. Undefined where the body is
   * none that can be read so; absent in formats that have nothing to gain.
   */
  readWhole?(body: Uint8Array): WholeBody | undefined;
  /** The request's meaning, from its whole body (gRPC: the first message). Never throws. */
  requestPayload(request: RequestHead, body: Uint8Array): RequestPayload;
  /** How the response ended in the format's own terms (gRPC without trailers is truncated). */
  termination(evidence: EndEvidence): Termination;
  /** Part of a variant's identity beyond status and streaming (gRPC: grpc-status of an answer without messages); empty: none. */
  variantKey(response: ResponseHead, trailers: HeaderList | undefined, eventCount: number): string;
  /** Headers and trailers (lower case) that a live answer is held to, beside content-type (gRPC: grpc-status, grpc-message). */
  readonly liveHeaders: readonly string[];
  /**
   * True where a client may never end its side, so that a server acts on the request's first message (gRPC). Then the request's
   * payload is that message, and times count from it; else from the request's last byte.
   */
  readonly actsOnFirstMessage: boolean;
  /** An answer of wraith's own where the twin knows none: HTTP 501 with JSON that has `details`, gRPC UNIMPLEMENTED. */
  refusal(message: string, details: Readonly<Record<string, unknown>>): OwnAnswer;
  /**
   * How an answer with these headers has to change for a client that cannot read it as recorded (gRPC: a message encoding that
   * the request does not accept). Undefined where all is well, and for formats in which nothing can be wrong.
   */
  adapt(request: RequestHead, headers: HeaderList): Adaptation | undefined;
}

/** A whole answer that was not recorded. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  /** Bytes of the body; empty where the head is all there is. */
  readonly body: Uint8Array;
}

/** What a client gets that cannot read an answer as recorded. */
export interface Adaptation {
  readonly headers: HeaderList;
  /** Bytes of one message frame, adapted. */
  frame(bytes: Uint8Array): Uint8Array;
}

/** The formats of this run, schemas included. */
export interface Formats {
  readonly all: readonly Format[];
  /** The format of an exchange; always finds one (a body). */
  find(request: RequestHead, response: ResponseHead): Format;
  /** The format that reads requests of this kind. */
  findForRequest(request: RequestHead): Format;
  byId(id: string): Format | undefined;
  /**
   * A message of no known type, as binary metadata holds them, with its texts rewritten (the inside of JSON strings); lengths follow.
   * Undefined where no text became another one, or the bytes cannot be written so.
   */
  rewriteTexts(message: Uint8Array, rewrite: (inner: string) => string): Uint8Array | undefined;
}

/** Where formats get schemas from: proto files and descriptor sets, as the workspace holds them. */
export interface SchemaSources {
  /** `.proto` files: path (for messages and imports) and text. */
  readonly protoFiles: readonly { readonly path: string; readonly text: string }[];
  /** Serialized FileDescriptorSets, the most trusted first. */
  readonly descriptorSets: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** A message above this many bytes is malformed (SPEC section 9; default 10 MiB). */
  readonly maxMessageBytes: number;
}
