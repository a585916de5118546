import { WraithError, type Place } from "../base/errors.ts";

/**
 * Checks the base URL of an upstream and gives it back as it was written. Throws WraithError BASE_URL_INVALID for anything but
 * an absolute http or https URL, and for credentials, query or fragment: they belong in the client's requests.
 */
export function checkBaseUrl(text: string, place: Place = {}): string {
  const refuse = (reason: string): WraithError =>
    new WraithError(
      "BASE_URL_INVALID",
      `The base URL ${JSON.stringify(shown(text))} ${reason.replace(/[^?]$/, "$&.")}`,
      place,
    );
  if (!/^https?:\/\//i.test(text))
    throw refuse(
      /^[\w.-]+(:\d+)?(\/|$)/.test(text)
        ? `has no scheme; did you mean http://${text}?`
        : "is not an http:// or https:// URL",
    );
  if (/[\s\\]/.test(text)) throw refuse("has white space or a backslash in it");
  if (!URL.canParse(text)) throw refuse("cannot be read as a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refuse("has a user name or password in it");
  if (text.includes("?")) throw refuse("has a query");
  if (text.includes("#")) throw refuse("has a fragment");
  return text;
}

/** A password that was refused is not printed for the next one to read. */
function shown(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/?#]*@/, "$1***@");
}
