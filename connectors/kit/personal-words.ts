/** Stands where a value is, so that what is missing can still be told from what is hidden. */
export const HIDDEN = '[hidden]'

/** Fields that hold a person’s name or address, as systems call them; the value beside them in quotes goes. */
const FIELD =
  '(?:contact|customer|first|last|full|given|family|middle)?[ _-]?name|surname|e[_-]?mail(?:[_-]?address)?|(?:phone|mobile|fax|telephone)(?:[_-]?number)?|address(?:[_-]?line)?[_-]?\\d?|street|city|region|postal[_-]?code|zip(?:code)?|birth(?:day|date)|date[_-]of[_-]birth|contact|recipient'
/** Without quotes only those that hold nothing else: “name: must be a text” is about a field. */
const SURE_FIELD =
  '(?:contact|customer|first|last|full|given|family|middle)[ _-]?name|surname|(?:phone|mobile|fax|telephone)(?:[_-]?number)?|birth(?:day|date)|date[_-]of[_-]birth'

/** What stands before a value and stays, and the value. */
const NAMED: readonly RegExp[] = [
  // {"Name": "Ada"}, name='Ada', \"Name\":\"Ada\" within a text that was quoted once more
  new RegExp(
    `(?<=(?<![\\p{L}\\p{N}])(?:${FIELD})\\\\?["']?\\s{0,3}[:=]\\s{0,3}\\\\?(["']))(?:(?!\\1)[^\\\\\\n]){1,200}`,
    'giu',
  ),
  new RegExp(`(?<=(?<![\\p{L}\\p{N}])(?:${SURE_FIELD}|contact|customer|recipient) “)[^”\\n]{1,200}`, 'giu'),
  new RegExp(
    `(?<=(?<![\\p{L}\\p{N}])(?:${SURE_FIELD})\\s{0,3}[:=]\\s{0,3})(?!["'\\s\\\\])[^,;&|{}[\\]\\n]{1,120}`,
    'giu',
  ),
  // Xero: “The contact name Ada Byron is already assigned to another contact.”
  /(?<=\bcontact name )(?!must\b|is\b)[^\n]{1,200}?(?= is already assigned\b)/giu,
]

const MAIL = /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]{1,254}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/giu

/** With a country’s number; with its own area’s, unless that is a day; as North America writes them. */
const PHONES: readonly RegExp[] = [
  /(?<![\p{L}\p{N}+.,])(?:\+|%2B)[1-9](?:[ ()/.-]{0,3}\d){7,14}(?![\p{L}\p{N}])/giu,
  /(?<![\p{L}\p{N}.,-])00[1-9]\d{0,2}[ /-](?:[ ()/.-]{0,3}\d){6,12}(?![\p{L}\p{N}])/gu,
  /(?<![\p{L}\p{N}.,:/-])(?!\d{2}[-/]\d{1,2}[-/]\d{2,4})\(?0[1-9]\d{0,3}\)?[ /-]\d(?:[ /-]?\d){4,9}(?![\p{L}\p{N}:-])/gu,
  /(?<![\p{L}\p{N}.-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\p{L}\p{N}-])/gu,
]

/** Beginnings and lengths of cards in use (ISO/IEC 7812). Their last digit is looked at as well: others have as many. */
const CARD = /(?<![\p{L}\p{N}.-])(?:4|5[1-5]|2[2-7]|3[0478]|35|6[05])\d?(?:[ -]?\d){11,17}(?![\p{L}\p{N}-])/gu

/**
 * Words of another system as they may be seen without a reason: without addresses and telephone numbers of people, numbers of
 * cards, and what stands in fields that hold names and addresses. Numbers of documents, days and amounts stay.
 */
export function maskedWords(text: string): string {
  const named = NAMED.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), text)
  const carded = named.replace(MAIL, HIDDEN).replace(CARD, (found) => (isCard(found) ? HIDDEN : found))
  return PHONES.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), carded)
}

/** By Luhn’s sum (ISO/IEC 7812-1, annex B). */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  if (digits.length < 13 || digits.length > 19) return false
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
