import { describe, expect, it } from "vitest";
import { parseJson } from "../../base/json.ts";
import type { SchemaSources } from "../format.ts";
import { bytesFromBase64 } from "./base64.ts";
import { decodeMessage } from "./decode-message.ts";
import { bytesFromFile, fileFromBytes, joinDescriptorSet } from "./descriptor-bytes.ts";
import { encodeMessage } from "./encode-message.ts";
import { frameFromMessage } from "./framer.ts";
import { createReflection, type Reflection } from "./reflection.ts";
import { REFLECTION_REQUEST, REFLECTION_RESPONSE, reflectionTypes } from "./reflection-schema.ts";
import { createWireWriter, takeWritten } from "./wire-writer.ts";

const PROTO = `syntax = "proto2"; package p; import "google/protobuf/timestamp.proto"; import "missing/options.proto";
  message A { optional google.protobuf.Timestamp t = 1; extensions 100 to max; message In { optional int32 x = 1; } enum E { ZERO = 0; } }
  extend A { optional string ext = 120; optional int32 other = 101; }
  service S { rpc M(A) returns (A); }`;
const sources: SchemaSources = {
  protoFiles: [{ path: "dir/p.proto", text: PROTO }],
  descriptorSets: [],
  maxMessageBytes: 1000,
};

interface Response {
  readonly validHost?: string;
  readonly originalRequest: object;
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly string[] };
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly allExtensionNumbersResponse?: object;
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage: string };
}

function ask(reflection: Reflection, request: object): Response {
  const types = reflectionTypes();
  const w = createWireWriter();
  encodeMessage(w, parseJson(JSON.stringify(request))!, types.message(REFLECTION_REQUEST), false, types);
  const answer = reflection.answer(frameFromMessage(takeWritten(w), false));
  return JSON.parse(decodeMessage(answer.subarray(5), types.message(REFLECTION_RESPONSE), types).text) as Response;
}

const filesOf = (response: Response): string[] =>
  (response.fileDescriptorResponse?.fileDescriptorProto ?? []).map(
    (text) => fileFromBytes(bytesFromBase64(text)!)!.name,
  );

describe("reflection", () => {
  const reflection = createReflection(sources)!;

  it("is there where a schema has a service", () => {
    expect(createReflection({ ...sources, protoFiles: [] })).toBeUndefined();
    expect(createReflection({ ...sources, protoFiles: [{ path: "a.proto", text: "message A {}" }] })).toBeUndefined();
    for (const version of ["v1", "v1alpha"])
      expect(reflection.handles(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`)).toBe(true);
    expect(reflection.handles("/p.S/M")).toBe(false);
  });

  it("lists services, its own included, and repeats the request", () => {
    const response = ask(reflection, { host: "h", listServices: "*" });
    expect(response.listServicesResponse?.service.map((s) => s.name)).toEqual([
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "p.S",
    ]);
    expect([response.validHost, response.originalRequest]).toEqual(["h", { host: "h", listServices: "*" }]);
  });

  it.each(["p.S", ".p.S", "p.S.M", "p.A", "p.A.In", "p.A.E", "p.A.t", "p.A.ZERO", "p.ext"])(
    "finds the file of %s, with its imports",
    (fileContainingSymbol) => {
      const response = ask(reflection, { fileContainingSymbol });
      expect(filesOf(response)).toEqual(["p.proto", "google/protobuf/timestamp.proto"]);
      // What nobody has is not promised.
      expect(
        fileFromBytes(bytesFromBase64(response.fileDescriptorResponse!.fileDescriptorProto[0]!)!)!.dependency,
      ).toEqual(["google/protobuf/timestamp.proto"]);
    },
  );

  it("finds files by name and extensions by number", () => {
    expect(filesOf(ask(reflection, { fileByFilename: "google/protobuf/timestamp.proto" }))).toEqual([
      "google/protobuf/timestamp.proto",
    ]);
    expect(
      filesOf(ask(reflection, { fileContainingExtension: { containingType: "p.A", extensionNumber: 120 } }))[0],
    ).toBe("p.proto");
    expect(ask(reflection, { allExtensionNumbersOfType: "p.A" }).allExtensionNumbersResponse).toEqual({
      baseTypeName: "p.A",
      extensionNumber: [101, 120],
    });
    expect(filesOf(ask(reflection, { fileContainingSymbol: "grpc.reflection.v1.ServerReflection" }))).toEqual([
      "grpc/reflection/v1/reflection.proto",
    ]);
  });

  it.each([
    [{ fileByFilename: "nope.proto" }, 5],
    [{ fileContainingSymbol: "p.Nope" }, 5],
    [{ fileContainingSymbol: "" }, 5],
    [{ fileContainingExtension: { containingType: "p.A", extensionNumber: 7 } }, 5],
    [{ allExtensionNumbersOfType: "p.S" }, 5],
    [{ host: "h" }, 12],
  ])("answers %j with an error", (request, code) => {
    expect(ask(reflection, request).errorResponse?.errorCode).toBe(code);
  });

  it("answers what is no request with an error, whatever it is", () => {
    for (const bytes of [Uint8Array.of(), Uint8Array.of(1, 0, 0, 0, 0), Uint8Array.of(0, 0, 0, 0, 2, 0x3a, 0xff)]) {
      const { text } = decodeMessage(
        reflection.answer(bytes).subarray(5),
        reflectionTypes().message(REFLECTION_RESPONSE),
        reflectionTypes(),
      );
      expect((JSON.parse(text) as Response).errorResponse).toBeDefined();
    }
  });

  it("gives files of descriptor sets as they came", () => {
    const file = bytesFromFile({
      name: "x.proto",
      package: "x",
      syntax: "proto3",
      messageType: [{ name: "M" }],
      service: [{ name: "S", method: [{ name: "R", inputType: ".x.M", outputType: ".x.M" }] }],
    });
    const withMore = Uint8Array.from([...file, 0xfa, 0x7f, 0x01, 0x41]);
    const given = createReflection({
      protoFiles: [],
      descriptorSets: [{ path: "s", bytes: joinDescriptorSet([withMore]) }],
      maxMessageBytes: 1000,
    })!;
    const [text] = ask(given, { fileContainingSymbol: "x.S" }).fileDescriptorResponse!.fileDescriptorProto;
    expect(Buffer.from(text!, "base64").equals(withMore)).toBe(true);
  });
});
