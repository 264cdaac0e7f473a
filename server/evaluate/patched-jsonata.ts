import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The text of jsonata 2.2.2 as the children run it. The library evaluates with one promise per syntax node, although
 * nothing in it ever waits; without them it is 3 to 5 times as fast (docs/expressions.md has the figures) and an
 * evaluation cannot mix with another. The changes below are all there are, for exactly that file (SHA-256), and
 * test/evaluate/answers.test.ts holds the result against the untouched library.
 */
const JSONATA_2_2_2 = '9c2a35f4d895797f123f65c7f9a4ce16b3a295d209e0f3f225a0c3bae1bd9049'

type Change = { readonly why: string; readonly find: RegExp | string; readonly replace: string }

const CHANGES: readonly Change[] = [
  { why: 'nothing waits: lists of promises become lists', find: /await Promise\.all\(/g, replace: '(' },
  { why: 'nothing waits', find: /\basync (?=function\b|\()/g, replace: '' },
  { why: 'nothing waits', find: /\bawait /g, replace: '' },
  {
    why: 'debugger hooks, looked up twice per syntax node; nobody sets them',
    find: /var (entryCallback|exitCallback|framePushCallback) = [^;]*;/g,
    replace: 'var $1;',
  },
  {
    why: 'the guard against loops and deep recursion is ours: clock and depth, cheap enough for every syntax node',
    find: 'environment.base.guardrails();',
    replace: 'if (--guards.fuel < 0) guards.refuel(); if (environment.base.depth > guards.maxDepth) guards.tooDeep();',
  },
  {
    why: 'the limit of list lengths holds for append and range; a closure per list would cost too much',
    find: 'if (options && options.sequence) {',
    replace: 'if (false) {',
  },
  {
    why: 'an empty list of the record must not grow an element by being grouped',
    find: 'input.push(undefined);',
    replace: 'input = focus.createSequence(undefined);',
  },
  {
    why: 'calling a field of the record as if it were a function must not write into the record',
    find: "if(typeof proc === 'object') {",
    replace: "if(typeof proc === 'object' && isFunction(proc)) {",
  },
  {
    why: 'a transform defines fields: an assignment could meet a built-in of the same name, which is frozen',
    find: 'match[prop] = update[prop];',
    replace:
      'Object.defineProperty(match, prop, { value: update[prop], writable: true, enumerable: true, configurable: true });',
  },
  {
    why: 'a date picture becomes a regular expression: it must run in linear time too',
    find: "new RegExp(fullRegex, 'i')",
    replace: "new guards.RegExp(new RegExp(fullRegex, 'i'))",
  },
  {
    why: 'the merge of a sort calls itself once per element and copies the rest each time',
    find: /var merge_iter = function \(result, left, right\) \{[\s\S]*?\n {12}\};\n {12}var merged = \[\];\n {12}merge_iter\(merged, l, r\);/g,
    replace:
      'var merged = [], i = 0, j = 0;' +
      'while (i < l.length && j < r.length) merged.push(comp(l[i], r[j]) ? r[j++] : l[i++]);' +
      'while (i < l.length) merged.push(l[i++]);' +
      'while (j < r.length) merged.push(r[j++]);',
  },
]

/** CommonJS text whose export takes the guards and gives `jsonata`. Only text here: the host never runs it. */
export const patchedJsonata = (): string => {
  const file = createRequire(import.meta.url).resolve('jsonata')
  const original = readFileSync(file, 'utf8')
  const hash = createHash('sha256').update(original).digest('hex')
  if (hash !== JSONATA_2_2_2) {
    throw new Error(
      `The installed jsonata is not the 2.2.2 that server/evaluate/patched-jsonata.ts was written for (SHA-256 ${hash}). ` +
        'Install the version of package-lock.json, or review the changes there against the new one.',
    )
  }
  let text = original
  for (const { why, find, replace } of CHANGES) {
    const before = text
    text = text.replaceAll(find, replace)
    if (text === before) throw new Error(`jsonata: found no place for the change “${why}”.`)
  }
  return `module.exports = (guards) => { const module = { exports: {} }, exports = module.exports;\n${text}\nreturn module.exports }`
}
