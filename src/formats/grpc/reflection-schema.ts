import { createTypeIndex, type TypeIndex } from "./message-plan.ts";
import { linkProtos } from "./proto-linker.ts";
import type { FileDescriptor } from "./descriptor.ts";

/** Versions of the reflection service; they differ in their package only. */
export const REFLECTION_VERSIONS = ["v1", "v1alpha"] as const;

export type ReflectionVersion = (typeof REFLECTION_VERSIONS)[number];

/** Full name of the service. */
function reflectionService(version: ReflectionVersion): string {
  return `grpc.reflection.${version}.ServerReflection`;
}

/** Path of the one method. */
export function reflectionPath(version: ReflectionVersion): string {
  return `/${reflectionService(version)}/ServerReflectionInfo`;
}

const protoOf = (version: ReflectionVersion): string => `syntax = "proto3"; package grpc.reflection.${version};
service ServerReflection { rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse); }
message ServerReflectionRequest { string host = 1; oneof message_request { string file_by_filename = 3; string file_containing_symbol = 4;
  ExtensionRequest file_containing_extension = 5; string all_extension_numbers_of_type = 6; string list_services = 7; } }
message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
message ServerReflectionResponse { string valid_host = 1; ServerReflectionRequest original_request = 2; oneof message_response {
  FileDescriptorResponse file_descriptor_response = 4; ExtensionNumberResponse all_extension_numbers_response = 5;
  ListServiceResponse list_services_response = 6; ErrorResponse error_response = 7; } }
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServiceResponse { string name = 1; }
message ErrorResponse { int32 error_code = 1; string error_message = 2; }
`;

/** Descriptors of the service's own files. */
export function reflectionFiles(): readonly FileDescriptor[] {
  return REFLECTION_VERSIONS.map((version) => {
    const name = `grpc/reflection/${version}/reflection.proto`;
    const [file] = linkProtos([{ path: name, text: protoOf(version) }], { symbols: new Map(), fileNames: new Set() });
    return { ...file!, name };
  });
}

/** Full names of its messages, of the version whose bytes stand for both. */
export const REFLECTION_REQUEST = "grpc.reflection.v1.ServerReflectionRequest";
export const REFLECTION_RESPONSE = "grpc.reflection.v1.ServerReflectionResponse";

let types: TypeIndex | undefined;

export function reflectionTypes(): TypeIndex {
  types ??= createTypeIndex(reflectionFiles());
  return types;
}
