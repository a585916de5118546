/** Header blocks up to this size are taken; more is answered 431 (h1) or refused (h2). */
export const MAX_HEADER_BYTES = 256 * 1024;
