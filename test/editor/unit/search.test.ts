import { expect, test } from 'vitest'
import { MIN_PASSWORD } from '../../../editor/people/min-password.ts'
import * as search from '../../../editor/search.ts'
import { MIN_PASSWORD as CONTRACT_MIN_PASSWORD } from '../../../server/contract/people.ts'
import { Desk, ExceptionState } from '../../../server/contract/exceptions.ts'
import { RunCause, RunState } from '../../../server/contract/runs.ts'

test('what is not known in an address is dropped, so that the page still opens', () => {
  expect(search.runs({ state: 'exploded', flow: 'f', more: 1 })).toEqual({ flow: 'f' })
  expect(search.run({ batch: '-1', step: 7, show: '' })).toEqual({ step: '7' })
})

test('a list of which an address chooses nothing is whole', () => {
  for (const read of [search.runs, search.exceptions, search.unknowns]) {
    expect(search.isNarrowed(read({ state: 'exploded', more: 1 }))).toBe(false)
    expect(search.isNarrowed(read({ flow: 'f' }))).toBe(true)
  }
})

test('the filters offer exactly the states of the contract', () => {
  expect([...search.RUN_STATES]).toEqual([...RunState.enum])
  expect([...search.RUN_CAUSES]).toEqual([...RunCause.enum])
  expect([...search.EXCEPTION_STATES]).toEqual([...ExceptionState.enum])
  expect([...search.DESKS]).toEqual([...Desk.enum])
  expect(MIN_PASSWORD).toBe(CONTRACT_MIN_PASSWORD)
})

test('signing in leads back into the app and never to another site', () => {
  expect(search.signIn({ to: '/w/1/runs?state=failed' })).toEqual({ to: '/w/1/runs?state=failed' })
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
    expect(search.signIn({ to })).toEqual({})
  }
})
