import type { Failure } from './program.ts'

/**
 * jsonata's error codes in plain words. Its own messages quote values of the record, so none is passed on; names of
 * functions and operators are, for they stand in the expression.
 */

type Words = readonly [message: string, hint?: string]

const name = (token: unknown): string =>
  typeof token === 'string' && /^[A-Za-z]\w{0,40}$/.test(token) ? `$${token}` : 'a function'
const sign = (token: unknown): string => (typeof token === 'string' && token.length <= 20 ? `“${token}”` : 'this sign')

const WORDS: { readonly [code: string]: (token: unknown, error: { readonly [field: string]: unknown }) => Words } = {
  S0101: () => ['A text is not closed.', 'Put the missing quote at the end of the text.'],
  S0102: () => ['The number is too large.'],
  S0103: () => ['The text has an unknown escape after a backslash.', 'Write \\\\ for a backslash.'],
  S0104: () => ['\\u needs four hexadecimal digits.'],
  S0105: () => ['A quoted field name is not closed.', 'Put the missing backquote (`) at its end.'],
  S0106: () => ['A comment is not closed.', 'End it with */.'],
  S0201: (token) => [`${sign(token)} does not belong here.`, 'Look for a missing operator or comma before it.'],
  S0202: (token, { value }) => [`Expected ${sign(value)}, found ${sign(token)}.`],
  S0203: (_, { value }) => [
    `The expression ends before ${sign(value)}.`,
    'Close every bracket, brace and parenthesis.',
  ],
  S0204: (token) => [`${sign(token)} is not an operator.`],
  S0205: (token) => [`${sign(token)} does not belong here.`],
  S0206: (token) => [`${sign(token)} does not belong here.`],
  S0207: () => ['The expression ends too early.', 'Something is missing after the last sign.'],
  S0208: () => ['A parameter of a function must be a name that starts with $.'],
  S0211: (token) => [`${sign(token)} needs something before it.`],
  S0212: () => ['Left of := there must be a name that starts with $.'],
  S0213: () => ['A plain value cannot be a step of a path.'],
  S0214: () => ['After @ or # there must be a name that starts with $.'],
  S0301: () => ['A regular expression may not be empty.'],
  S0302: () => ['A regular expression is not closed.', 'Put the missing / at its end.'],
  T0410: (token, { index }) => [
    `Argument ${Number(index) || 1} of ${name(token)} is of the wrong kind.`,
    'Convert it with $string or $number, or test with $exists whether the field is there.',
  ],
  T0411: (token) => [`${name(token)} does not fit the value it is applied to.`],
  T0412: (token) => [`${name(token)} needs a list whose elements are all of one kind.`],
  D1001: () => ['A number became too large.', 'Look for a division by zero.'],
  D1002: () => ['Only a number can be negated.'],
  T1003: () => ['The key of an object must be a text.', 'Wrap it in $string(…).'],
  D1004: () => ['The regular expression matches the empty text, over and over.'],
  T1005: (token) => ['This is not a function.', `Functions start with $: ${name(token)}.`],
  T1006: () => ['What is called here is not a function.', 'Look for a misspelt function name.'],
  T1007: () => ['What is called here is not a function.', 'Functions start with $.'],
  T1008: () => ['What is called here is not a function.'],
  D1009: () => ['Two keys of the object are equal.'],
  D1011: () => [
    'Functions call themselves too deeply.',
    'Make the call the last thing the function does, or use $reduce.',
  ],
  D1013: () => ['Keys that start with _jsonata_ are reserved.'],
  T2001: (token) => [`The left side of ${sign(token)} is not a number.`, 'Convert it with $number(…).'],
  T2002: (token) => [`The right side of ${sign(token)} is not a number.`, 'Convert it with $number(…).'],
  T2003: () => ['The left side of .. must be a whole number.'],
  T2004: () => ['The right side of .. must be a whole number.'],
  T2006: () => ['The right side of ~> must be a function.'],
  T2007: () => ['The order-by clause compares numbers with texts.'],
  T2008: () => ['The order-by clause needs numbers or texts.'],
  T2009: (token) => [`The two sides of ${sign(token)} are not of one kind.`, 'Convert one with $string or $number.'],
  T2010: (token) => [
    `${sign(token)} compares numbers or texts only.`,
    'Test with $exists whether both sides are there.',
  ],
  T2011: () => ['The update of a transform must be an object.'],
  T2012: () => ['What a transform deletes must be a list of field names.'],
  D2014: () => ['The list would be too long.'],
  D2015: () => ['The list would have more than 1000000 elements.'],
  D3001: () => ['$string cannot write this number.'],
  D3030: () => ['$number cannot read this as a number.', 'Test it first, or clean it with $replace.'],
  D3050: () => ['$reduce needs a function of at least two parameters.'],
  D3060: () => ['$sqrt does not work on negative numbers.'],
  D3061: () => ['$power gives a number that is too large.'],
  D3070: () => ['$sort needs numbers or texts, or a function that compares.'],
  D3110: () => [
    '$toMillis cannot read this date.',
    'Give the picture as second argument: $toMillis(date, "[Y0001]-[M01]-[D01]").',
  ],
  D3136: () => ['The date picture lacks parts that are needed.'],
  D3138: () => ['$single found more than one match.'],
  D3139: () => ['$single found no match.'],
  NO_EVAL: () => ['$eval is not available: expressions come from the flow, never from data.'],
  MONEY: (token, { message }) => [
    `${name(token)} ${String(message)}`,
    'Convert texts with $number, and leave out fields that are not there.',
  ],
  CAP: (token, { message }) => [`${name(token)} ${String(message)}`],
}

/** Longest part of a message that an expression gives by itself, in characters. */
const MAX_OWN_MESSAGE = 200

const isFailure = (error: object): error is Failure =>
  'code' in error &&
  typeof error.code === 'string' &&
  /^(EXPRESSION_|UNSAFE_|INVALID_|SET_ASIDE$)/.test(error.code) &&
  'message' in error

/** Makes a failure of whatever was thrown. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof RangeError && /call stack/i.test(error.message)) return failureOf({ code: 'D1011' })
  if (error instanceof SyntaxError) return { code: 'EXPRESSION_FAILED', message: 'A regular expression is not valid.' }
  if (error instanceof RangeError && /string length/i.test(error.message)) {
    return { code: 'EXPRESSION_OUTPUT_TOO_LARGE', message: 'The expression makes a text that is too long.' }
  }
  if (typeof error !== 'object' || error === null) {
    return { code: 'EXPRESSION_FAILED', message: 'The expression failed.' }
  }
  if (isFailure(error)) return error
  // Fields that jsonata puts on what it throws; each is checked below before it is used.
  const { code, token, position, ...rest } = error as { readonly [field: string]: unknown }
  const place = typeof position === 'number' ? { position } : {}
  if (code === 'D1012') {
    return {
      code: 'EXPRESSION_TIMEOUT',
      message: 'The expression took too long for this record.',
      hint: 'Look for a function that never stops calling itself, or a list joined with itself.',
      ...place,
    }
  }
  if ((code === 'D3137' || code === 'D3141') && 'message' in error && typeof error.message === 'string') {
    // What an expression sets aside by itself is no fault of the expression.
    return { code: 'SET_ASIDE', message: error.message.slice(0, MAX_OWN_MESSAGE), ...place }
  }
  const [message, hint] =
    WORDS[String(code)]?.(token, { ...rest, message: 'message' in error ? error.message : '' }) ??
    wordsFor(String(code), token)
  return { code: 'EXPRESSION_FAILED', message, ...(hint ? { hint } : {}), ...place }
}

const wordsFor = (code: string, token: unknown): Words => {
  if (/^D30[89]/.test(code)) return ['$formatNumber cannot use this picture.', 'A picture looks like "#,##0.00".']
  if (/^D313/.test(code))
    return ['The picture of a number or date is not understood.', 'A date picture looks like "[Y0001]-[M01]-[D01]".']
  if (code === 'D3140') return [`${name(token)} cannot read this address.`]
  if (/^D3/.test(code)) return [`${name(token)} cannot work with these arguments.`]
  if (/^S/.test(code)) return ['This is not an expression.', 'Look at the sign where it stops.']
  return ['The expression failed on this record.', 'Try it on this record in the editor.']
}
