import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MOST_USED } from './most-used-passwords.ts'

/** Digits and signs that people hang onto a word until it is long enough: “dragon12345!”, “dragon1984-12”. */
const MOST_HUNG_ON = 8

/**
 * Whether guessing programs try it early: it stands in our own list or in that of the package (some 49,000 passwords
 * from breaches, in lower case), is one of those over and over, or one with a few digits and signs hung on.
 *
 * The file is read for each question and not kept: passwords are set seldom, reading half a megabyte takes less than
 * the hashing that follows, and a table of it would take 8 MB for good.
 */
export function isBreached(password: string): boolean {
  const plain = password.toLowerCase()
  if (MOST_USED.has(plain)) return true
  const list = readFileSync(fileURLToPath(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json')), 'utf8')
  // The list is one JSON array without spaces: between its quotes an entry stands whole or not at all.
  return [plain, ...onceOf(plain), ...bareOf(plain)].some((text) => list.includes(JSON.stringify(text)))
}

function onceOf(plain: string): string[] {
  const once = /^(.{3,64}?)\1+$/su.exec(plain)?.[1]
  return once === undefined ? [] : [once]
}

/** It without its last digits and signs, one after the other, as long as more of it is kept than taken off. */
function bareOf(plain: string): string[] {
  const hung = /[^\p{L}]*$/u.exec(plain)?.[0].length ?? 0
  const most = Math.min(hung, MOST_HUNG_ON, Math.floor(plain.length / 2))
  return Array.from({ length: most }, (_, index) => plain.slice(0, plain.length - index - 1))
}
