/** Lengths of card numbers by the digits they begin with (ISO/IEC 7812 and the issuers' own pages). */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [16, 19]], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]], // Discover
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]], // JCB
  [/^(?:30[0-5]|3[689])/, [14, 15, 16, 17, 18, 19]], // Diners Club
  [/^62/, [16, 17, 18, 19]], // UnionPay
  [/^220[0-4]/, [16, 17, 18, 19]], // Mir
  [/^(?:50|5[6-8]|63|67|60(?!11))/, [14, 15, 16, 17, 18, 19]], // Maestro and its kin
];

/** Whether digits are the number of a card: of a known issuer, of a length it gives out, with the right check digit. */
export function isCardNumber(digits: string): boolean {
  return (
    passesLuhn(digits) && ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))
  );
}

/** The check digit of ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
