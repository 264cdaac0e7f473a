import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FLOW_FORMAT } from '../../server/flow/document/flow.ts'
import { flowSchema } from '../../server/flow/document/flow-schema.ts'
import { scanJson } from '../../server/flow/schema/json.ts'
import type { Problem } from '../../server/flow/schema/problem.ts'
import { readFlow } from '../../server/flow/document/read.ts'
import { UPGRADES, upgrade } from '../../server/flow/document/upgrade.ts'
import { flowOf, goodFlow, node } from './fixtures.ts'

const problemsOf = (text: string): readonly Problem[] => {
  const result = readFlow(text)
  return result.ok ? [] : result.problems
}
const changed = (change: object) => JSON.stringify({ ...goodFlow(), ...change })
const withNode = (change: object) => changed({ nodes: [{ ...node('a', 'map'), ...change }], edges: [] })
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

test('a flow reads back as it was written', () => {
  expect(readFlow(JSON.stringify(goodFlow(), null, 2))).toEqual({ ok: true, flow: goodFlow() })
})

test('a file with a byte order mark is read', () => {
  expect(readFlow(`\uFEFF${JSON.stringify(goodFlow())}`)).toEqual({ ok: true, flow: goodFlow() })
})

test('what has a default may be left out', () => {
  const { description: _, capture: __, ...rest } = goodFlow()
  const edges = goodFlow().edges.map(({ input: ___, ...edge }) => edge)
  expect(readFlow(JSON.stringify({ ...rest, edges }))).toEqual({ ok: true, flow: goodFlow() })
})

test('a half-drawn flow reads: its graph is judged by validate', () => {
  expect(problemsOf(JSON.stringify(flowOf([node('a', 'nothing-of-the-kind')], ['a b'])))).toEqual([])
})

describe('readFlow refuses', () => {
  test.each<[string, string, Partial<Problem>[], RegExp]>([
    ['3 MB', ' '.repeat(3_000_000), [{ code: 'FLOW_TOO_LARGE' }], /more than 2,000,000 bytes.*split the flow/],
    [
      '2 MB of letters that take two bytes',
      withNode({ note: 'é'.repeat(1_200_000) }),
      [{ code: 'FLOW_TOO_LARGE' }],
      /2,000,000/,
    ],
    ['65 levels', nested(65), [{ code: 'TOO_DEEP', position: 64 }], /Line 1, column 65: .* more than 64 deep/],
    [
      '65 levels in the settings',
      withNode({ settings: { a: 0 } }).replace('"a":0', `"a":${nested(61)}`),
      [{ code: 'TOO_DEEP' }],
      /more than 64 deep/,
    ],
    ['a million levels', nested(900_000), [{ code: 'TOO_DEEP', position: 64 }], /make it flatter/],
    [
      'no text',
      '',
      [{ code: 'JSON_MALFORMED', position: 0 }],
      /Line 1, column 1: expected a value, but the document ends/,
    ],
    [
      'a comma too many',
      '{\n  "format": 1,\n  "nodes": [1,],\n}',
      [{ code: 'JSON_MALFORMED', position: 31 }],
      /Line 3, column 15: expected a value, but “]” stands here/,
    ],
    ['a missing colon', '{"a" 1}', [{ code: 'JSON_MALFORMED', position: 5 }], /expected “:” after the name of a field/],
    ['a missing comma', '{"a":1 "b":2}', [{ code: 'JSON_MALFORMED', position: 7 }], /expected “,” or “}”/],
    ['single quotes', "{'a':1}", [{ code: 'JSON_MALFORMED', position: 1 }], /expected a name in “"” or “}”, but “'”/],
    ['a second document', '{} {}', [{ code: 'JSON_MALFORMED', position: 3 }], /expected nothing after the end/],
    ['a text without its end', '["a', [{ code: 'JSON_MALFORMED', position: 3 }], /expected “"” at the end of the text/],
    ['a name twice', '{"a":1,"a":2}', [{ code: 'JSON_MALFORMED', position: 7 }], /each name once; "a" stands twice/],
    [
      '__proto__ in the settings, in disguise',
      withNode({ settings: { a: 0 } }).replace('"a":0', '"\\u005f_proto__":{"admin":true}'),
      [{ code: 'KEY_FORBIDDEN', field: 'nodes.0.settings.__proto__' }],
      /may not be called “__proto__”/,
    ],
    [
      'constructor as a field',
      changed({ constructor: {} }),
      [{ code: 'KEY_FORBIDDEN', field: 'constructor' }],
      /rename it/,
    ],
    [
      'constructor as an id',
      withNode({ id: 'constructor' }),
      [{ code: 'KEY_FORBIDDEN', field: 'nodes.0.id' }],
      /A node may not/,
    ],
    ['a list', '[]', [{ code: 'FORMAT_UNKNOWN' }], /A flow is an object .* not a list of 0/],
    ['no format', '{}', [{ code: 'FORMAT_UNKNOWN', field: 'format' }], /and is missing/],
    ['format 0', changed({ format: 0 }), [{ code: 'FORMAT_UNKNOWN' }], /whole number from 1 to 1, not the number 0/],
    [
      'a newer format, whatever else it holds',
      '{"format":2,"boxes":[]}',
      [{ code: 'FORMAT_TOO_NEW', field: 'format' }],
      /made by a newer version \(format 2\); this one reads up to 1/,
    ],
    [
      '501 nodes',
      JSON.stringify(
        flowOf(
          Array.from({ length: 501 }, (_, index) => node(`n${index}`, 'map')),
          [],
        ),
      ),
      [{ code: 'TOO_MANY_NODES', field: 'nodes' }],
      /501 nodes and may have 500/,
    ],
    [
      '2001 edges',
      changed({ edges: Array.from({ length: 2001 }, (_, index) => ({ ...goodFlow().edges[0], id: `e${index}` })) }),
      [{ code: 'FIELD_INVALID', field: 'edges' }],
      /has 2001 elements and may have 2000/,
    ],
    [
      'a field missing',
      changed({ name: undefined }),
      [{ code: 'FIELD_MISSING', field: 'name' }],
      /“name” is missing; give a text/,
    ],
    [
      'a field that is not known',
      changed({ nodez: [] }),
      [{ code: 'FIELD_UNKNOWN', field: 'nodez' }],
      /“nodez” is not known here; did you mean “nodes”\?/,
    ],
    [
      'a field of a node that is not known',
      withNode({ setings: {} }),
      [{ code: 'FIELD_UNKNOWN', field: 'nodes.0.setings' }],
      /“nodes\.0\.setings” .* \(known: id, operation, name, slot, settings, note, disabled\)/,
    ],
    [
      'a field of the wrong type',
      withNode({ name: 5 }),
      [{ code: 'FIELD_INVALID', field: 'nodes.0.name' }],
      /a text, not the number 5/,
    ],
    [
      'an empty name',
      changed({ name: '' }),
      [{ code: 'FIELD_INVALID', field: 'name' }],
      /“name” is empty; give a text/,
    ],
    [
      'an unknown choice',
      changed({ capture: 'fulll' }),
      [{ code: 'FIELD_INVALID', field: 'capture' }],
      /must be “full” or “sample”, not the text “fulll” \(did you mean “full”\?\)/,
    ],
    [
      'a slot with a name that cannot be',
      changed({ slots: { 'a b': { connector: 'x', title: 'X' } } }),
      [{ code: 'FIELD_UNKNOWN', field: 'slots.a b' }],
      /it must match/,
    ],
    [
      'an id twice',
      changed({ nodes: [node('a', 'map'), node('a', 'map')], edges: [] }),
      [{ code: 'ID_DUPLICATE', field: 'nodes.1.id' }],
      /“a” at “nodes\.1” stands already at “nodes\.0”/,
    ],
  ])('%s', (_, text, finds, words) => {
    const problems = problemsOf(text)
    expect(problems).toMatchObject(finds)
    expect(problems).toHaveLength(finds.length)
    expect(problems[0]?.message).toMatch(words)
  })

  test('a document full of mistakes with at most a hundred problems', () => {
    const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, index]))
    expect(problemsOf(changed(fields))).toHaveLength(100)
    expect(problemsOf(withNode({ settings: fields })).length).toBe(0)
    const forbidden = `[${Array(1000).fill('{"__proto__":1}').join()}]`
    expect(problemsOf(withNode({ settings: { a: 0 } }).replace('"a":0', `"a":${forbidden}`))).toHaveLength(100)
  })

  test('nodes without ids as such, not as nodes with the same id', () => {
    const codes = problemsOf(changed({ nodes: [{}, {}], edges: [] })).map(({ code }) => code)
    expect(new Set(codes)).toEqual(new Set(['FIELD_MISSING']))
  })
})

test('64 levels are read', () => {
  expect(problemsOf(withNode({ settings: { a: 0 } }).replace('"a":0', `"a":${nested(60)}`))).toEqual([])
})

describe('the scanner before JSON.parse', () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }

  test('lets pass all JSON', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => scanJson(text, 64) === undefined))
  })

  test('agrees with JSON.parse on text that is nearly JSON', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n-+.eE019tfn/u\u0001é',
      'true',
      'null',
      '"a"',
      '"b":',
      '\\u00e9',
      '1.5e3',
    )
    const damaged = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.nat(3), piece).map(([text, at, gone, put]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + put + text.slice(start + gone)
    })
    const texts = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      damaged,
    )
    fc.assert(
      fc.property(texts, (text) => {
        const fault = scanJson(text, 64)
        // JSON.parse takes a name twice, the scanner does not.
        if (fault?.message.includes('stands twice')) return
        expect(fault === undefined).toBe(parses(text))
      }),
      { numRuns: 2000 },
    )
  })
})

test('whatever text comes in, readFlow answers', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => problemsOf(text).length > 0))
})

describe('older formats', () => {
  const renameTitle = ({ title, ...rest }: { readonly [name: string]: unknown }) => ({ ...rest, name: title })
  const addNote = (document: object) => ({ ...document, note: 'new in 3' })

  test('pass through each upgrade after theirs, in order', () => {
    const steps = [renameTitle, addNote]
    expect(upgrade({ format: 1, title: 'A' }, 1, steps, 3)).toEqual({ format: 3, name: 'A', note: 'new in 3' })
    expect(upgrade({ format: 2, name: 'A' }, 2, steps, 3)).toEqual({ format: 3, name: 'A', note: 'new in 3' })
    expect(upgrade({ format: 3, name: 'A' }, 3, steps, 3)).toEqual({ format: 3, name: 'A' })
  })

  test('cannot be skipped: there is one upgrade for each of them', () => {
    expect(UPGRADES).toHaveLength(FLOW_FORMAT - 1)
    expect(() => upgrade({}, 1, [addNote], 3)).toThrow('2 upgrades lead to flow format 3, not 1')
  })
})

test('the schema of the format is plain data that names every field', () => {
  expect(JSON.parse(JSON.stringify(flowSchema))).toEqual(flowSchema)
  expect(flowSchema).toMatchObject({ $schema: expect.stringContaining('2020-12'), additionalProperties: false })
  expect(Object.keys(Object(flowSchema.properties)).sort()).toEqual(
    [...Object.keys(goodFlow()), 'form', 'layout', 'order', 'parts'].sort(),
  )
})
